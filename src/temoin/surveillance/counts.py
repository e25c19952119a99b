"""What is counted of one day's results: cells that hold no person, and how a result falls into them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self

from temoin.catalogue.outcomes import MEASURED, NONE, load_outcomes
from temoin.testing.coarse import age_band, departement
from temoin.testing.report import COUNTER, Address, ReportStatus

UNCLEAR = "unclear"  # indeterminate, or an unsatisfactory sample
POSITIVE, NEGATIVE = "positive", "negative"
OUTCOMES = (POSITIVE, NEGATIVE, UNCLEAR)
YES = "yes"
# Why somebody was tested: the first of these questions that was answered with yes. Codes of the catalogue.
REASONS = ("symptoms", "contact", "prescription")


class SignatureDelay(StrEnum):
    """From the sample to the first signature, of tests made at the counter."""

    HALF_HOUR = "under-30-minutes"
    HOUR = "30-to-60-minutes"
    HOURS = "1-to-4-hours"
    DAY = "4-to-24-hours"
    LONGER = "over-24-hours"


_DELAYS = (
    (timedelta(minutes=30), SignatureDelay.HALF_HOUR),
    (timedelta(hours=1), SignatureDelay.HOUR),
    (timedelta(hours=4), SignatureDelay.HOURS),
    (timedelta(days=1), SignatureDelay.DAY),
)


class Cell(NamedTuple):
    """One finding's place in the table; a test that looked for three things has three."""

    day: str  # of the sample, by the pharmacy's clock
    area: str  # département of the patient's home; "" abroad and where it is not known
    age: str
    sex: str
    kind: str
    target: str
    outcome: str
    reason: str  # "" where no reason was told


class LotCell(NamedTuple):
    """One finding's place in the table of kits."""

    day: str
    reference: str  # of the kit, as its maker writes it
    lot: str
    target: str
    outcome: str


class DelayCell(NamedTuple):
    """One test's place in the table of delays."""

    day: str
    kind: str
    delay: str


class TestedCell(NamedTuple):
    """One test's place in the table of lateness."""

    day: str
    kind: str
    status: str


@dataclass
class DayCounts:
    """What was counted of the tests that a pharmacy first signed on one day, by the version that stands."""

    findings: Counter[Cell] = field(default_factory=Counter)
    lots: Counter[LotCell] = field(default_factory=Counter)
    delays: Counter[DelayCell] = field(default_factory=Counter)
    tests: Counter[TestedCell] = field(default_factory=Counter)

    def add(self, told: Mapping[str, Any], first_signed_at: datetime) -> None:
        """Count one test by what its standing version sealed; a cancelled one counts as cancelled and found nothing."""
        if any(found["outcome"] == MEASURED for found in told["findings"]):
            return  # neither positive nor negative, and nothing that spreads: a measure is in no table
        sampled = datetime.fromisoformat(told["sampled_at"])
        day, kind = sampled.date().isoformat(), told["kind"]
        self.tests[TestedCell(day, kind, told["status"])] += 1
        if told["status"] == ReportStatus.CANCELLED:
            return
        for cell in _cells(told, day):
            self.findings[cell] += 1
            self.lots[_lot(told, cell)] += 1
        if told["source"] == COUNTER:
            self.delays[DelayCell(day, kind, _delay(first_signed_at - sampled))] += 1

    def to_dict(self) -> dict[str, list[list[Any]]]:
        """Return it as it is sealed; the same counts are the same value."""
        return {name: [[*cell, count] for cell, count in sorted(told.items())] for name, told in self._tables()}

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Self:
        """Return what a sealed value holds."""
        made = cls()
        for name, shape in _SHAPES.items():
            getattr(made, name).update({shape(*row[:-1]): row[-1] for row in held[name]})
        return made

    def differs_from(self, other: DayCounts) -> int:
        """Return in how many cells two counts differ."""
        pairs = zip(self._tables(), other._tables(), strict=True)
        return sum(one[cell] != two[cell] for (_, one), (_, two) in pairs for cell in one.keys() | two.keys())

    def _tables(self) -> Iterator[tuple[str, Counter[Any]]]:
        for name in _SHAPES:
            yield name, getattr(self, name)


_SHAPES: Mapping[str, Any] = {"findings": Cell, "lots": LotCell, "delays": DelayCell, "tests": TestedCell}


def _cells(told: Mapping[str, Any], day: str) -> Iterator[Cell]:
    patient, reason = told["patient"], _reason(told)
    home = patient["address"]
    area = departement(Address(postcode=home["postcode"], country=home["country"]))
    age = age_band(date.fromisoformat(patient["birth_date"]), date.fromisoformat(day))
    for found in told["findings"]:
        outcome = _means(found["outcome"])
        yield Cell(day, area, age, patient["sex"], told["kind"], found["target"], outcome, reason)


def _lot(told: Mapping[str, Any], cell: Cell) -> LotCell:
    device = told["device"]
    return LotCell(cell.day, device["reference"], device["lot"].upper(), cell.target, cell.outcome)


def _means(code: str) -> str:
    known = load_outcomes().get(code)
    return UNCLEAR if known is None or known.means == NONE else known.means


def _reason(told: Mapping[str, Any]) -> str:
    said = {answer["question"] for answer in told["answers"] if answer["value"] == YES}
    return next((reason for reason in REASONS if reason in said), "")


def _delay(took: timedelta) -> SignatureDelay:
    return next((delay for longest, delay in _DELAYS if took < longest), SignatureDelay.LONGER)
