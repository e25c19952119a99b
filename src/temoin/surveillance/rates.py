"""Rates made of figures that left with noise: per 100,000 inhabitants and shares of positives, each with an interval.

Pure, and made of drawn figures and public numbers alone: whoever has the figures could compute the same. An interval
holds two kinds of chance: the noise, of which the size is known exactly, and that of a small number of cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import exp, sqrt
from typing import Any, NamedTuple

from temoin.surveillance.counts import NEGATIVE, POSITIVE
from temoin.surveillance.departments import Department
from temoin.surveillance.tables import FLOOR, Ground, PublishedTable

PER = 100_000
FEWEST_INHABITANTS = 20_000  # of fewer, ten cases are a rate that no interval makes readable
FEWEST_TESTS = 100
CASES = 1.96  # standard deviations on each side that leave out 5 % of a normal distribution
SEEN = 4.4  # standard deviations that noise alone passes once in a thousand, and less often where several are added
NOISE = 2.118  # likewise of a Laplace distribution, ln(20)/sqrt(2): of a sum of several the true one is smaller

Sums = Mapping[tuple[str, str, str], int]  # of département, target and outcome


class Rate(NamedTuple):
    """A rate and the interval that holds the true one nineteen times of twenty, rounded as they are published."""

    rate: float
    low: float
    high: float


def variance_of(epsilon: Fraction) -> float:
    """Return the variance of the noise that is drawn with an epsilon."""
    step = exp(-float(epsilon))
    return 2 * step / (1 - step) ** 2


def noise_of(table: PublishedTable, ground: Ground, target: str) -> float:
    """Return the variance of the noise in a sum over all kinds of test that look for a target."""
    return sum(
        variance_of(table.share / parts)
        for (_kind, found, outcome), parts in ground.findings()
        if found == target and outcome == POSITIVE
    )


def per_inhabitants(count: int, noise: float, inhabitants: int | None) -> Rate | None:
    """Return cases per 100,000; None where few live, or nobody knows how many."""
    if inhabitants is None or inhabitants < FEWEST_INHABITANTS:
        return None
    return _rate(count, _margin(noise, count), PER / inhabitants)


def percent_positive(positive: int, negative: int, noise: float) -> Rate | None:
    """Return the share of positives in percent; None where the tests are few, or the noise is half of them or more."""
    tests = positive + negative
    if positive < 0 or negative < 0 or tests < FEWEST_TESTS or NOISE * sqrt(2 * noise) >= tests / 2:
        return None
    share = positive / tests
    noise_in_share = noise * ((1 - share) ** 2 + share**2) / tests**2
    found = _rate(share, _margin(noise_in_share, share * (1 - share) / tests), 100)
    return Rate(found.rate, found.low, min(100.0, found.high))


def incidence_rows(sums: Sums, noise: Mapping[str, float], known: Mapping[str, Department]) -> list[list[Any]]:
    """Return a row for each département and target whose positives can be told from none at all."""
    rows: list[list[Any]] = []
    for area, target, count in _positives(sums):
        place = known.get(area)
        rate = per_inhabitants(count, noise[target], place.inhabitants if place else None)
        if place and rate and count > SEEN * sqrt(noise[target]):  # a map has a hundred places for noise to pass ten
            rows.append([area, target, count, place.inhabitants, *rate])
    return rows


def positivity_rows(sums: Sums, noise: Mapping[str, float]) -> list[list[Any]]:
    """Return a row for each département and target whose positives are not few, nor its tests."""
    rows: list[list[Any]] = []
    for area, target, count in _positives(sums):
        negative = sums.get((area, target, NEGATIVE), 0)
        if rate := percent_positive(count, negative, noise[target]):
            rows.append([area, target, count, count + negative, *rate])
    return rows


def _positives(sums: Sums) -> list[tuple[str, str, int]]:
    return [(area, target, n) for (area, target, outcome), n in sums.items() if outcome == POSITIVE and n >= FLOOR]


def _margin(noise: float, cases: float) -> float:
    return sqrt(NOISE**2 * noise + CASES**2 * max(cases, 0))


def _rate(value: float, margin: float, factor: float) -> Rate:
    return Rate(
        round(value * factor, 1), round(max(0.0, value - margin) * factor, 1), round((value + margin) * factor, 1)
    )
