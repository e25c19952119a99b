"""What a pharmacy's week says of it as a sender, added up of its days' counts: no outcome and no person. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from temoin.catalogue.kinds import load_kinds
from temoin.surveillance.counts import DayCounts, SignatureDelay
from temoin.surveillance.sender_rules import SenderShare
from temoin.surveillance.tables import FLOOR, Receipt
from temoin.testing.report import ReportStatus, Sex

KEPT_WEEKS = 26  # for half a year one sees whether a sender got better
SLOW_SIGNATURES = (SignatureDelay.DAY, SignatureDelay.LONGER)
SLOW_RECEIPTS = (Receipt.LATER, Receipt.WAITING)


@dataclass
class WeekTold:
    """How many tests there were, how many stand in which version, of how many what was not told, and how late."""

    tests: int = 0
    corrected: int = 0
    cancelled: int = 0
    untold_home: int = 0  # or abroad
    untold_reason: int = 0
    untold_sex: int = 0
    signed: Counter[str] = field(default_factory=Counter)  # by `SignatureDelay`, those of the counter

    @property
    def standing(self) -> int:
        """Return how many were not cancelled: what is not told is a share of them."""
        return self.tests - self.cancelled

    def to_json(self) -> dict[str, Any] | None:
        """Return it as it is kept; None of few tests, of which a figure may be one person's."""
        return None if self.tests < FLOOR else vars(self)


def add_up(days: Iterable[DayCounts]) -> WeekTold:
    """Return what days say together. A test that looks for several things is counted by the first of them."""
    firsts = {(kind.code, kind.targets[0].code) for kind in load_kinds().values() if kind.targets}
    told = WeekTold()
    for counts in days:
        for test, times in counts.tests.items():
            told.tests += times
            told.corrected += times * (test.status == ReportStatus.CORRECTED)
            told.cancelled += times * (test.status == ReportStatus.CANCELLED)
        for cell, times in counts.findings.items():
            if (cell.kind, cell.target) in firsts:
                told.untold_home += times * (not cell.area)
                told.untold_reason += times * (not cell.reason)
                told.untold_sex += times * (cell.sex == Sex.UNKNOWN)
        for delay, times in counts.delays.items():
            told.signed[delay.delay] += times
    return told


def shares_of(told: Mapping[str, Any] | None, receipts: Mapping[str, int] | None) -> dict[SenderShare, float | None]:
    """Return each share of a week in percent; None where nobody knows, or of few tests."""
    kept = WeekTold(**told) if told else WeekTold()
    acknowledged = receipts or {}
    return {
        SenderShare.UNTOLD_HOME: _percent(kept.untold_home, kept.standing),
        SenderShare.UNTOLD_REASON: _percent(kept.untold_reason, kept.standing),
        SenderShare.UNTOLD_SEX: _percent(kept.untold_sex, kept.standing),
        SenderShare.CORRECTED: _percent(kept.corrected, kept.tests),
        SenderShare.CANCELLED: _percent(kept.cancelled, kept.tests),
        SenderShare.SLOW_SIGNATURE: _percent(_of(kept.signed, SLOW_SIGNATURES), sum(kept.signed.values())),
        SenderShare.SLOW_RECEIPT: _percent(_of(acknowledged, SLOW_RECEIPTS), sum(acknowledged.values())),
    }


def _of(counts: Mapping[str, int], bands: Iterable[str]) -> int:
    return sum(counts.get(band, 0) for band in bands)


def _percent(part: int, whole: int) -> float | None:
    return None if whole < FLOOR else 100 * part / whole
