"""What the pages for auditors claim: each requirement once, nothing without a proof, and every proof exists."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "compliance"
ASVS = tomllib.loads((FOLDER / "asvs.toml").read_text("utf-8"))
CLAIMS = {"met", "partly"}
NO_CLAIMS = {"not met", "does not apply"}
PROOF = re.compile(r"`((?:tests|drill|tools|src|docs|bench)/[\w./-]+(?:::\w+)?)`")


def proofs() -> Iterator[tuple[str, str]]:
    """Yield who names a proof, and the proof."""
    yield from ((name, proof) for name, row in ASVS.items() for proof in row.get("proof", []))
    for page in sorted(FOLDER.glob("*.md")):
        yield from ((page.name, proof) for proof in PROOF.findall(page.read_text("utf-8")))


def exists(proof: str) -> bool:
    """Tell whether a file is there and, when a test is named, defines it."""
    path, _, test = proof.partition("::")
    if not test:
        return (ROOT / path).exists()
    return (ROOT / path).is_file() and f"def {test}(" in (ROOT / path).read_text("utf-8")


def test_every_requirement_has_a_well_formed_number_and_they_stand_in_order():
    numbers = [tuple(map(int, name.split("."))) for name in ASVS]

    assert all(re.fullmatch(r"[1-9][0-9]?\.[1-9]\.[1-9][0-9]?", name) for name in ASVS)
    assert numbers == sorted(set(numbers))


def test_levels_one_and_two_are_whole():
    # As many as version 5.0.0 of the standard has.
    levels = Counter(row["level"] for row in ASVS.values())

    assert (levels[1], levels[2]) == (70, 183)
    assert set(levels) == {1, 2, 3}


@pytest.mark.parametrize("name", ASVS)
def test_nothing_is_claimed_without_a_proof(name: str):
    row = ASVS[name]

    assert set(row) <= {"level", "state", "how", "proof"}
    assert row["how"].endswith(".")
    assert row["state"] in (CLAIMS if row.get("proof") else NO_CLAIMS)


def test_every_proof_exists():
    assert [(who, proof) for who, proof in proofs() if not exists(proof)] == []


def test_the_page_is_the_one_that_the_table_makes():
    tool = runpy.run_path(str(ROOT / "tools" / "write_reference.py"))

    assert (FOLDER / "asvs.md").read_text("utf-8") == tool["asvs_page"]()


def test_every_page_is_in_the_menu():
    menu = (ROOT / "mkdocs.yml").read_text("utf-8")

    assert [page.name for page in FOLDER.glob("*.md") if f"compliance/{page.name}" not in menu] == []
