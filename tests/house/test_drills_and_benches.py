"""Drills and measurements are no part of the gate: what `make` runs of them is whole, so that none stops unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
# Run by `make scan`, or by hand beside a server of somebody else.
APART = {"drill/scanners.py", "drill/standard_server.py"}


def commands(folder: str) -> set[str]:
    """Return the scripts of a folder that say how they are run, or are run."""
    files = {path: path.read_text() for path in (HOUSE / folder).glob("*.py")}
    return {f"{folder}/{path.name}" for path, text in files.items() if 'if __name__ == "__main__"' in text}


@pytest.mark.parametrize(("target", "folder"), [("drills", "drill"), ("benches", "bench")])
def test_make_runs_each_of_them(target: str, folder: str):
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (HOUSE / "Makefile").read_text(), re.MULTILINE)

    assert recipe is not None
    assert set(re.findall(rf"{folder}/\w+\.py", recipe[1])) == commands(folder) - APART
