"""What the Debian package says of itself, without building one: `drill/install.py` builds, installs and removes it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import build_package as package
import pytest
from house.test_lock import PYTHONS

from temoin.cli.init import FOLDER, STATE

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
DEBIAN = PACKAGING / "debian"
# What a script of the package may call: nothing that starts, migrates, or deletes what is the site's.
MAY_CALL = {"systemd-sysusers", "systemd-tmpfiles", "systemctl", "/opt/temoin/bin/python3", "echo", "find"}
WORDS_OF_SHELL = {"set", "if", "then", "else", "fi", "["}


def script(name: str) -> str:
    return (DEBIAN / name).read_text(encoding="utf-8")


def test_every_file_for_a_host_has_its_place_in_the_package():
    assert {path.name for path in PACKAGING.iterdir() if path.is_dir()} == {
        *package.PLACES,
        "debian",
        "container",
    }
    assert {path.name for path in DEBIAN.iterdir()} == {"control", "copyright", "lintian-overrides", *package.SCRIPTS}


def test_each_suite_has_a_python_that_the_lock_is_for():
    assert {python for _, python in package.SUITES.values()} <= set(PYTHONS)


def test_the_launcher_is_what_the_units_start():
    started = {
        line.partition("=")[2].split()[0]
        for unit in [*PACKAGING.glob("systemd/*.service"), *PACKAGING.glob("backup/*.service")]
        for line in unit.read_text("utf-8").splitlines()
        if line.startswith("ExecStart") and "/temoin" in line.split()[0]
    }

    assert started == {f"/{package.HOME}/bin/temoin"}
    assert package.LAUNCHER.startswith(f"#!/{package.HOME}/bin/python3\n")


def test_what_builds_wheels_is_not_in_the_package_and_all_else_of_the_lock_is():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    names = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)

    kept = names.findall(package.OF_THE_BUILD.sub("", text))

    assert sorted([*kept, "setuptools"]) == sorted(names.findall(text))


@pytest.mark.parametrize("name", package.SCRIPTS)
def test_a_script_of_the_package_is_one_that_sh_takes(name: str):
    assert subprocess.run(["/bin/sh", "-n", str(DEBIAN / name)], check=False).returncode == 0
    if shellcheck := shutil.which("shellcheck"):
        told = subprocess.run([shellcheck, "-s", "sh", str(DEBIAN / name)], capture_output=True, check=False, text=True)
        assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize("name", package.SCRIPTS)
def test_a_script_starts_nothing_migrates_nothing_and_deletes_nothing_of_the_site(name: str):
    lines = [line.strip() for line in script(name).splitlines() if line.strip() and not line.startswith("#")]
    called = {line.split()[0] for line in lines if not line.startswith("#")} - WORDS_OF_SHELL
    acts = [line for line in lines if not line.startswith(("echo", "#"))]

    assert called <= MAY_CALL
    assert not re.search(r"\b(start|restart|enable|migrate|init)\b", "\n".join(acts))
    assert [line for line in acts if f"{FOLDER}" in line or f"{STATE}" in line] == []
    assert [line for line in acts if re.search(r"\brm\b|-delete", line)] == [
        line for line in acts if line.startswith("find /opt/temoin -name __pycache__")
    ]


def test_the_page_installs_the_package_of_this_version_and_every_file_that_it_names_is_there():
    page = (ROOT / "docs/install.md").read_text("utf-8")
    named = re.findall(r"/usr/share/temoin/(\S+?);", page)

    assert f"./temoin_{package.Wanted('trixie').version}_amd64.deb " in page
    assert named
    assert [name for name in named if not (PACKAGING / name).exists()] == []
