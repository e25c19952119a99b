"""Numbers that the documentation says in words or figures are those of the product."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from temoin.config.file import Process

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
RUNNING = {Process.STAFF, Process.PORTAL, Process.WORKER, Process.SEALER}
TOLD = {
    "processes that run": ("docs/operator.md", r"restart the (\w+) processes", len(RUNNING)),
    "units": ("docs/operator.md", r"One unit for each of the (\w+) processes", len(RUNNING)),
}


@pytest.mark.parametrize("what", TOLD)
def test_a_number_told_is_the_true_one(what):
    page, pattern, true = TOLD[what]

    told = re.findall(pattern, (ROOT / page).read_text(encoding="utf-8"))

    assert told
    assert set(told) == {WORDS[true]}


def test_every_process_has_its_unit():
    """Who follows the page to the letter runs the sealer, too: without it nothing is witnessed."""
    text = (ROOT / "docs/operator.md").read_text(encoding="utf-8")
    unit = text[text.index("One unit for each") : text.index("## 5. Pharmacies")]

    assert [
        process.value for process in RUNNING if f"`{'web' if process is Process.STAFF else process.value}`" not in unit
    ] == []
