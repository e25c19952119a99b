"""The tables that are published: what each tells, how often, and its share of what a test may give away. Pure.

Decision 0158 has the argument. Every figure is published at fixed ages and never otherwise, with noise of its own; a
test's share of noise over all tables, columns and ages is `WHOLE` at most. A figure's key never depends on who was
tested: each table has every combination that the catalogue allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import chain, product

from temoin.catalogue.kinds import Kind
from temoin.surveillance.counts import OUTCOMES, REASONS, DayCounts, SignatureDelay
from temoin.testing.report import ReportStatus, Sex

Key = tuple[str, ...]
FLOOR = 10  # a smaller figure is noise more than anything: it is left out
WHOLE = Fraction(1)  # of one test, over all that is ever published of it
AREAS = (
    *(f"{number:02d}" for number in range(1, 20)),
    *("2A", "2B"),
    *(f"{number}" for number in range(21, 96)),
    *("971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988"),
    "",  # abroad, or not known
)
AGES = (*(f"{first}-{first + 9}" for first in range(0, 90, 10)), "90+")


class PeriodStep(StrEnum):
    """What one period of a table is."""

    DAY = "day"
    WEEK = "week"  # from Monday, as in ISO 8601


class DaysLate(StrEnum):
    """How many days after the day of its sample a result was signed here."""

    SAME = "0"
    NEXT = "1"
    DAYS = "2-3"
    WEEK = "4-7"
    LATER = "8-28"


class Receipt(StrEnum):
    """From a signature to the first acknowledgement of an authority."""

    MINUTES = "under-5-minutes"
    HOUR = "5-to-60-minutes"
    DAY = "1-to-24-hours"
    LATER = "over-24-hours"
    WAITING = "not-yet"


class PharmacySent(StrEnum):
    """Whether a pharmacy signed anything on a day."""

    SENT = "sent"
    SILENT = "silent"


@dataclass(frozen=True)
class Ground:
    """What figures there may be: the catalogue, and the lots that stand on several shelves."""

    kinds: Mapping[str, Kind]
    lots: Mapping[tuple[str, str], str] = field(default_factory=dict)  # reference and number: the kit's kind

    def findings(self) -> Iterator[tuple[Key, int]]:
        """Yield kind, target and outcome of every possible finding, and how many findings its test has."""
        for kind in self.kinds.values():
            targets = () if kind.is_measured else kind.targets  # what is measured is not counted
            for target, outcome in product(targets, OUTCOMES):
                yield (kind.code, target.code, outcome), len(kind.targets)


Folded = Iterable[tuple[str, Key, int]]  # day, key, and how many
Fold = Callable[[DayCounts, date], Folded]
Domain = Callable[[Ground], Iterable[tuple[Key, int]]]


@dataclass(frozen=True)
class PublishedTable:
    """One table: `ages` are the days after the end of a period at which its figures are published, each once."""

    name: str
    step: PeriodStep
    ages: tuple[int, ...]
    thousandths: int  # of WHOLE, each time
    columns: tuple[str, ...]
    fold: Fold
    domain: Domain
    measures: tuple[str, ...] = ("count",)  # what a row tells behind its key; a count is the last of a drawn figure

    @property
    def share(self) -> Fraction:
        """Return what one publication takes of what a test may give away."""
        return WHOLE * Fraction(self.thousandths, 1000)

    def begins(self, day: date) -> date:
        """Return the first day of the period in which a day lies."""
        return day if self.step is PeriodStep.DAY else day - timedelta(days=day.weekday())

    def ends(self, period: date) -> date:
        """Return the last day of a period."""
        return period if self.step is PeriodStep.DAY else period + timedelta(days=6)

    def revision(self, period: date, today: date) -> int:
        """Return which publication of a period is due on a day, 0 before the first."""
        old = (today - self.ends(period)).days
        return sum(old >= age for age in self.ages)


def _findings(*names: str) -> Fold:
    def fold(counts: DayCounts, _day: date) -> Folded:
        for cell, times in counts.findings.items():
            yield cell.day, tuple(getattr(cell, name) for name in names), times

    return fold


def _areas(counts: DayCounts, _day: date) -> Folded:
    for cell, times in counts.findings.items():
        area = cell.area if cell.area in AREAS else ""
        yield cell.day, (area, cell.kind, cell.target, cell.outcome), times


def _lots(counts: DayCounts, _day: date) -> Folded:
    for cell, times in counts.lots.items():
        yield cell.day, (cell.reference, cell.lot, cell.target, cell.outcome), times


def _delays(counts: DayCounts, _day: date) -> Folded:
    for cell, times in counts.delays.items():
        yield cell.day, (cell.delay,), times


def _statuses(counts: DayCounts, _day: date) -> Folded:
    for cell, times in counts.tests.items():
        yield cell.day, (cell.status,), times


def _lateness(counts: DayCounts, day: date) -> Folded:
    for cell, times in counts.tests.items():
        late = (day - date.fromisoformat(cell.day)).days
        band = next((name for most, name in _LATE if late <= most), DaysLate.LATER)
        yield cell.day, (band,), times


_LATE = ((0, DaysLate.SAME), (1, DaysLate.NEXT), (3, DaysLate.DAYS), (7, DaysLate.WEEK))


def _senders(counts: DayCounts, day: date) -> Folded:
    if counts.tests:
        yield day.isoformat(), (PharmacySent.SENT,), 1


def _nothing(_counts: DayCounts, _day: date) -> Folded:
    return ()  # counted from parcels, which stand in clear: see `releasing`


def _across(*more: Iterable[str]) -> Domain:
    def domain(ground: Ground) -> Iterable[tuple[Key, int]]:
        findings = list(ground.findings())
        for first in product(*more):
            for key, targets in findings:
                yield (*first, *key), targets

    return domain


def _lots_known(ground: Ground) -> Iterable[tuple[Key, int]]:
    for (reference, lot), kind in ground.lots.items():
        targets = () if ground.kinds[kind].is_measured else ground.kinds[kind].targets
        for target, outcome in product(targets, OUTCOMES):
            yield (reference, lot, target.code, outcome), len(targets)


def _words(words: Iterable[str]) -> Domain:
    known = tuple(words)
    return lambda _ground: (((word,), 1) for word in known)


_FOUND = ("kind", "target", "outcome")
TABLES = {
    table.name: table
    for table in (
        PublishedTable("days", PeriodStep.DAY, (2, 9, 28), 80, _FOUND, _findings(*_FOUND), _across()),
        PublishedTable("departments", PeriodStep.WEEK, (3, 21), 140, ("department", *_FOUND), _areas, _across(AREAS)),
        PublishedTable(
            "ages",
            PeriodStep.WEEK,
            (3, 21),
            80,
            ("age", "sex", *_FOUND),
            _findings("age", "sex", *_FOUND),
            _across(AGES, [sex.value for sex in Sex]),
        ),
        PublishedTable(
            "reasons",
            PeriodStep.WEEK,
            (3, 21),
            40,
            ("reason", *_FOUND),
            _findings("reason", *_FOUND),
            _across((*REASONS, "")),
        ),
        PublishedTable(
            "lots", PeriodStep.WEEK, (3, 21), 50, ("reference", "lot", "target", "outcome"), _lots, _lots_known
        ),
        PublishedTable("delays", PeriodStep.WEEK, (21,), 20, ("delay",), _delays, _words(SignatureDelay)),
        PublishedTable("lateness", PeriodStep.WEEK, (21,), 20, ("days_late",), _lateness, _words(DaysLate)),
        PublishedTable("statuses", PeriodStep.WEEK, (21,), 20, ("status",), _statuses, _words(ReportStatus)),
        PublishedTable("receipts", PeriodStep.WEEK, (3,), 20, ("receipt",), _nothing, _words(Receipt)),
        PublishedTable("senders", PeriodStep.DAY, (1,), 60, ("sender",), _senders, _words((PharmacySent.SENT,))),
    )
}
# What tables add up to with all of their noise, before small figures are left out of them: made of them alone, a sum
# takes no share of its own. A sum of those that were not left out would lean upwards.
SUMS = {
    "days": (replace(TABLES["days"], name="targets", columns=("target", "outcome")),),
    "departments": (
        replace(TABLES["departments"], name="areas", columns=("department", "target", "outcome")),
        replace(TABLES["departments"], name="homes", columns=("department",)),
    ),
    "ages": (replace(TABLES["ages"], name="sexes", columns=("sex",)),),
    "reasons": (replace(TABLES["reasons"], name="motives", columns=("reason",)),),
}
# What such sums are divided by, at the moment of their publication: a rate is kept as it left, like any figure.
RATES = {
    name: replace(
        TABLES["departments"], name=name, columns=("department", "target"), measures=(*measures, "low", "high")
    )
    for name, measures in (
        ("incidence", ("count", "inhabitants", "per_100000")),
        ("positivity", ("count", "tests", "percent")),
    )
}
FILES = {**TABLES, **{table.name: table for table in (*chain(*SUMS.values()), *RATES.values())}}
