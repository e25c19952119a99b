"""Whether an epidemic is there, by a rule that is reviewed data: a positivity, exceeded for some weeks on end.

A week exceeds it when its whole interval does, which holds the noise. Where the threshold lies within the interval,
nobody can tell, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from itertools import count
from math import hypot
from typing import NamedTuple

from temoin.catalogue.kinds import load_kinds
from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of
from temoin.surveillance.rates import Rate
from temoin.surveillance.trends import TrendDay

WEEK = timedelta(days=7)
SUNDAY = 6


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """From which share of positives on, over all of its targets, and for how many weeks."""

    targets: tuple[str, ...]
    percent: int
    weeks: int
    label: Label
    caveat: Label
    source: str
    address: str


@dataclass(frozen=True, slots=True)
class ThresholdBook:
    """All rules, and who reviewed them."""

    review: Review
    rules: tuple[ThresholdRule, ...]

    def rule_of(self, target: str) -> ThresholdRule | None:
        return next((rule for rule in self.rules if target in rule.targets), None)


class ThresholdStanding(StrEnum):
    """Where the latest weeks stand to a threshold."""

    ABOVE = "above"
    BELOW = "below"
    UNSURE = "unsure"  # too near to tell, or not for long enough
    UNKNOWN = "unknown"  # a week's positivity is not known


class Crossing(NamedTuple):
    """Where the latest weeks stand, and the Monday of the first one on end that is above."""

    standing: ThresholdStanding
    since: date | None = None


@cache
def load_thresholds() -> ThresholdBook:
    return build_thresholds(read_data("surveillance", "thresholds.toml"))


def build_thresholds(file: Entry) -> ThresholdBook:
    """Check and build the file: no target has two rules."""
    known = tuple({target.code for kind in load_kinds().values() for target in kind.targets})
    rules = tuple(_rule(told, known) for _code, told in file.children("rules"))
    targets = [target for rule in rules for target in rule.targets]
    if len(targets) != len(set(targets)):
        raise file.error("rules", "name a target in two rules")
    book = ThresholdBook(review_of(file), rules)
    file.finish()
    return book


def crossing_of(rule: ThresholdRule, trends: Mapping[str, Sequence[TrendDay]]) -> Crossing:
    """Return where the latest whole week, and those before it, stand to the threshold of a rule."""
    known = [{day.day: day.positivity for day in trends.get(target, ())} for target in rule.targets]
    sunday = max((day for days in known for day in days if day.weekday() == SUNDAY), default=None)
    if sunday is None:
        return Crossing(ThresholdStanding.UNKNOWN)

    def rate(back: int) -> Rate | None:
        return _together([days.get(sunday - back * WEEK) for days in known])

    latest = [rate(back) for back in range(rule.weeks)]
    above = next(back for back in count() if not _exceeds(rule, rate(back)))  # how many weeks on end
    if None in latest or not latest[0]:
        return Crossing(ThresholdStanding.UNKNOWN)
    if above >= rule.weeks:
        return Crossing(ThresholdStanding.ABOVE, sunday - timedelta(days=SUNDAY) - (above - 1) * WEEK)
    return Crossing(ThresholdStanding.BELOW if latest[0].high < rule.percent else ThresholdStanding.UNSURE)


def _together(rates: Sequence[Rate | None]) -> Rate | None:
    """Return the positivity over several targets of the same tests; who has two of them counts twice."""
    known = [rate for rate in rates if rate is not None]
    if len(known) < len(rates):
        return None
    middle, margin = sum(one.rate for one in known), hypot(*(one.high - one.rate for one in known))
    return Rate(middle, middle - margin, middle + margin)


def _exceeds(rule: ThresholdRule, rate: Rate | None) -> bool:
    return rate is not None and rate.low > rule.percent


def _rule(told: Entry, known: tuple[str, ...]) -> ThresholdRule:
    rule = ThresholdRule(
        targets=told.choices("targets", known),
        percent=told.whole("percent"),
        weeks=told.whole("weeks"),
        label=told.label("label"),
        caveat=told.label("caveat"),
        source=told.text("source"),
        address=told.text("address"),
    )
    if rule.weeks < 1 or rule.percent < 1:
        raise told.error("weeks" if rule.weeks < 1 else "percent", "must be one at least")
    told.finish()
    return rule
