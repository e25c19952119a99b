"""What `make` runs of drills and measurements is whole, and what the gate installs for the tests: none stops unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
# Run by `make scan` and `make install-drill`, or by hand beside a server of somebody else.
APART = {"drill/scanners.py", "drill/standard_server.py", "drill/install.py", "bench/race_hapi.py"}


def commands(folder: str) -> set[str]:
    """Return the scripts of a folder that say how they are run, or are run."""
    files = {path: path.read_text() for path in (HOUSE / folder).glob("*.py")}
    return {f"{folder}/{path.name}" for path, text in files.items() if 'if __name__ == "__main__"' in text}


@pytest.mark.parametrize(("target", "folder"), [("drills", "drill"), ("benches", "bench")])
def test_make_runs_each_of_them(target: str, folder: str):
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (HOUSE / "Makefile").read_text(), re.MULTILINE)

    assert recipe is not None
    assert set(re.findall(rf"{folder}/\w+\.py", recipe[1])) == commands(folder) - APART


# The package that brings a program of another name.
BRINGS = {"nginx": "nginx-light", "node": "nodejs", "psql": "postgresql", "systemd-analyze": "systemd"}


def test_the_gate_installs_each_program_that_a_test_needs():
    files = [path for path in (HOUSE / "tests").rglob("*.py") if "node_modules" not in path.parts]
    needed = {name for path in files for name in re.findall(r"\bneed\(\"([\w-]+)", path.read_text("utf-8"))}
    installed = set(re.findall(r"[\w-]+", (HOUSE / ".ci" / "run").read_text("utf-8")))

    assert len(needed) > 8
    assert sorted(name for name in needed if BRINGS.get(name, name) not in installed) == []
