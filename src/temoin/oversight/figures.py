"""The pharmacy's figures of a period, counted from its signed tests: how many, what they said, and how long they took.

Nobody is named but those who signed, and nothing is kept: the tests are opened, counted and forgotten.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

from temoin.lib.zones import day_of, wall_clock
from temoin.oversight.signed_tests import LetterStands, ResultFilter, ResultSays, SignedTest, each_test
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.report import COUNTER

Tally = Counter[ResultSays]
CONCLUSIVE = (ResultSays.POSITIVE, ResultSays.NEGATIVE)


class Pause(StrEnum):
    """From one step of a test to the next."""

    SIGNATURE = "signature"  # from the sample to the first signature, of tests made at the counter
    ACKNOWLEDGEMENT = "acknowledgement"  # from there to the last authority's first acknowledgement


@dataclass(frozen=True)
class Spread:
    """How long something took: half of the tests at most `median`, nine of ten at most `ninth`."""

    count: int
    median: timedelta
    ninth: timedelta


@dataclass
class Figures:
    """What was counted; each test is once in each, save `targets`, where it is once for each thing it looked for."""

    tests: int = 0
    corrected: int = 0
    days: dict[date, Tally] = field(default_factory=lambda: defaultdict(Counter))
    hours: dict[int, Tally] = field(default_factory=lambda: defaultdict(Counter))
    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Counter))
    targets: dict[str, Tally] = field(default_factory=lambda: defaultdict(Counter))
    people: dict[str, Tally] = field(default_factory=lambda: defaultdict(Counter))  # by the signer's member id
    names: dict[str, str] = field(default_factory=dict)  # of these, as they last signed
    kits: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Counter))  # manufacturer and name
    letters: Counter[LetterStands] = field(default_factory=Counter)
    waits: dict[Pause, list[timedelta]] = field(default_factory=lambda: defaultdict(list))

    @property
    def says(self) -> Tally:
        """Return what all tests said."""
        return sum(self.kinds.values(), Counter())

    @property
    def void(self) -> int:
        """Return how many were cancelled."""
        return self.says[ResultSays.VOID]

    @property
    def spreads(self) -> dict[Pause, Spread]:
        """Return how long each step took, of those that some test went through."""
        return {wait: spread_of(self.waits[wait]) for wait in Pause if self.waits.get(wait)}

    def add(self, test: SignedTest, zone: ZoneInfo) -> None:
        """Count a test."""
        says, signed = test.says, wall_clock(test.first_signed_at, zone)
        device, signer = test.told["device"], test.told["signer"]
        self.tests += 1
        self.corrected += test.is_corrected
        self.days[day_of(test.first_signed_at, zone)][says] += 1
        self.hours[signed.hour][says] += 1
        self.kinds[test.told["kind"]][says] += 1
        self.people[signer["member_id"]][says] += 1
        self.names.setdefault(signer["member_id"], f"{signer['given_name']} {signer['family_name']}")
        self.kits[device["manufacturer"], device["name"]][says] += 1
        self.letters[test.letter] += 1
        for target, found in test.found.items():
            if found is not ResultSays.MEASURED:  # it has no positivity
                self.targets[target][found] += 1
        self._add_waits(test)

    def _add_waits(self, test: SignedTest) -> None:
        if test.told["source"] != COUNTER:
            return  # a file's result is signed at its import, whenever it was found
        sampled = datetime.fromisoformat(test.told["sampled_at"])
        self.waits[Pause.SIGNATURE].append(test.first_signed_at - sampled)
        if test.acknowledged_at is not None:
            self.waits[Pause.ACKNOWLEDGEMENT].append(max(test.acknowledged_at - test.first_signed_at, timedelta(0)))


def read_figures(*, by: Seat, wanted: ResultFilter) -> Figures:
    """Return the figures of the filter's days; InvalidError for the days. No patient is shown: it is no look."""
    check_right(by=by, right=Right.READ_FIGURES)
    wanted.check()
    return count_tests(each_test(by=by, wanted=wanted), wanted)


def count_tests(tests: Iterable[SignedTest], wanted: ResultFilter) -> Figures:
    """Count tests; each day of the period is there, those without any test too."""
    figures = Figures()
    for offset in range(wanted.days):
        figures.days[wanted.since + timedelta(days=offset)] = Counter()
    for test in tests:
        figures.add(test, wanted.zone)
    return figures


def spread_of(took: list[timedelta]) -> Spread:
    """Return median and ninth decile, the latter by nearest rank: the least time that nine of ten kept to."""
    in_order = sorted(took)
    middle = timedelta(seconds=median(one.total_seconds() for one in in_order))
    return Spread(len(in_order), middle, in_order[-(-9 * len(in_order) // 10) - 1])


def positivity(tally: Mapping[ResultSays, int]) -> float | None:
    """Return the positives among what was conclusive; None where nothing was."""
    conclusive = sum(tally.get(says, 0) for says in CONCLUSIVE)
    return tally.get(ResultSays.POSITIVE, 0) / conclusive if conclusive else None
