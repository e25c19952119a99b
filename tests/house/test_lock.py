"""What production installs: every version and hash, of every dependency, on every Python that is supported."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
AGAIN = "run `make lock`, and read what it changed"


def locked() -> dict[str, list[tuple[Requirement, int]]]:
    """Return the entries of the lock file by name, each with the number of its hashes."""
    text = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    found: dict[str, list[tuple[Requirement, int]]] = {}
    for line in text.splitlines():
        if line and not line.startswith(("#", " ")):
            entry = Requirement(re.sub(r"\s+--hash=\S+", "", line).strip())
            hashes = len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", line))
            found.setdefault(canonicalize_name(entry.name), []).append((entry, hashes))
    return found


def asked() -> list[Requirement]:
    """Return what pyproject.toml asks for in production, what builds the package included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lines = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["pkcs11"]]
    return [Requirement(line) for line in [*lines, *project["build-system"]["requires"]]]


def on(python: str) -> dict[str, str]:
    return {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("wanted", asked(), ids=lambda wanted: wanted.name)
def test_each_dependency_has_one_version_that_fits(wanted: Requirement, python: str):
    entries = [
        entry
        for entry, _ in locked().get(canonicalize_name(wanted.name), [])
        if entry.marker is None or entry.marker.evaluate(on(python))
    ]

    assert len(entries) == 1, AGAIN
    (version,) = entries[0].specifier
    assert version.operator == "=="
    assert wanted.specifier.contains(version.version), AGAIN


def test_every_version_has_its_hashes():
    entries = [pair for pairs in locked().values() for pair in pairs]

    assert len(entries) > 40
    assert [entry.name for entry, hashes in entries if hashes == 0 or len(entry.specifier) != 1] == []


def test_nothing_of_development_is_in_it():
    assert not {"pytest", "mypy", "ruff", "playwright", "uv"} & set(locked())
