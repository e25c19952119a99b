"""What a day's figure will be when it is final, from how earlier days grew: chain ladder with Mack's interval. Pure.

A day is published at several ages. From one age to the next, days grow by the ratio of their sums; a day that is still
young is carried on by these ratios. The spread of earlier days around them is the interval's: it holds late results,
corrections, weekdays and the noise of every publication, for all of these are in the figures that it is made of.
T. Mack, "Distribution-free calculation of the standard error of chain ladder reserve estimates" (1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

FEWEST_DAYS = 14  # two weeks: each weekday twice
MOST_UNSURE = 0.5  # of an estimate, on each side: what is wider is not shown
ERRORS = 2.16  # standard errors on each side that leave out 5 %, with the fewest days (Student, 13 degrees of freedom)

Known = Sequence[int | None]  # what was told of a day at each age in turn; None where nothing was


class Estimate(NamedTuple):
    """What a figure is likely to be in the end, and the interval that holds it nineteen times of twenty."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Growth:
    """How days grew from one age to the next."""

    ratio: float
    spread: float  # variance of a day's own growth, for a figure of one
    total: int  # of the figures at the earlier age


def growths_of(days: Iterable[Known], ages: int) -> list[Growth | None]:
    """Return the growth between each two ages; None where too few days are known at both."""
    rows = list(days)
    return [_growth([_pair(row, age) for row in rows]) for age in range(ages - 1)]


def estimate_of(known: Known, growths: Sequence[Growth | None]) -> Estimate | None:
    """Carry a young day on to its last age; None where nothing is known of it, or too little to say anything."""
    age = max((age for age, count in enumerate(known) if count is not None), default=None)
    if age is None or age >= len(growths):
        return None
    value = float(known[age] or 0)
    relative = 0.0  # variance, as a share of the square
    for growth in growths[age:]:
        if growth is None or value <= 0 or growth.ratio <= 0:
            return None
        relative += growth.spread / growth.ratio**2 * (1 / value + 1 / growth.total)
        value *= growth.ratio
    margin = ERRORS * sqrt(relative) * value
    return Estimate(value, max(0.0, value - margin), value + margin) if margin <= MOST_UNSURE * value else None


def _pair(known: Known, age: int) -> tuple[int, int] | None:
    before, after = (known[at] if at < len(known) else None for at in (age, age + 1))
    return None if not before or after is None else (before, after)


def _growth(pairs: Iterable[tuple[int, int] | None]) -> Growth | None:
    both = [pair for pair in pairs if pair is not None]
    if len(both) < FEWEST_DAYS:
        return None
    total = sum(before for before, _after in both)
    ratio = sum(after for _before, after in both) / total
    spread = sum(before * (after / before - ratio) ** 2 for before, after in both) / (len(both) - 1)
    return Growth(ratio, spread, total)
