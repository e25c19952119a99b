"""What the latest publications say day by day: positives, positivity, means of seven days. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from temoin.catalogue.kinds import load_kinds
from temoin.surveillance.counts import NEGATIVE, POSITIVE
from temoin.surveillance.dataset import Publication
from temoin.surveillance.departments import load_country
from temoin.surveillance.nowcast import Estimate, estimate_of, growths_of
from temoin.surveillance.rates import Rate, noise_of, per_inhabitants, percent_positive
from temoin.surveillance.tables import FILES, TABLES, Ground

SPAN = 7
SHOWN = 120  # days of a curve


@dataclass(frozen=True)
class TrendDay:
    """One day of one target; None where a figure was left out for being small."""

    day: date
    is_last: bool  # whether its figures change no more
    missing: int  # pharmacies that the figures are without
    positive: int | None
    tests: int | None  # conclusive ones
    mean: float | None  # of the positives of seven days
    incidence: Rate | None  # positives of seven days, per 100,000 inhabitants
    positivity: Rate | None  # of seven days, in percent
    expected: Estimate | None  # what `positive` will be when it is final, of a day that is not


def latest(publications: Iterable[Publication], name: str) -> dict[date, Publication]:
    """Return a table's latest publication of each period."""
    found: dict[date, Publication] = {}
    for one in publications:
        if one.name == name and (one.period not in found or found[one.period].revision < one.revision):
            found[one.period] = one
    return dict(sorted(found.items()))


def trends(publications: Iterable[Publication]) -> dict[str, list[TrendDay]]:
    """Return each target's days, the first one first, of targets of which something was published."""
    told = list(publications)
    days = latest(told, "targets")
    counts: dict[str, dict[tuple[date, str], int]] = defaultdict(lambda: defaultdict(int))
    for day, one in days.items():
        for target, outcome, count in one.figures:
            counts[target][day, outcome] += count
    growing = {target: known_by_age(told, target) for target in counts}
    shown = list(days)[-SHOWN:]
    ground = Ground(load_kinds())
    noise = {target: SPAN * noise_of(TABLES["days"], ground, target) for target in counts}
    return {
        target: _with_estimates([_trend_day(days[day], found, noise[target]) for day in shown], growing[target])
        for target, found in sorted(counts.items())
    }


def known_by_age(publications: Iterable[Publication], target: str) -> dict[date, list[int | None]]:
    """Return the reporting triangle: a target's positives by day, at each age of their publication.

    What was published without some pharmacies is none of it: it grew because they came, not because results did.
    """
    told: dict[date, list[int | None]] = {}
    for one in publications:
        if one.name == "targets" and not one.missing:
            count = next((n for own, outcome, n in one.figures if (own, outcome) == (target, POSITIVE)), None)
            told.setdefault(one.period, [None] * len(FILES["targets"].ages))[one.revision - 1] = count
    return told


def _with_estimates(days: list[TrendDay], known: Mapping[date, Sequence[int | None]]) -> list[TrendDay]:
    growths = growths_of([known[day] for day in sorted(known)[-SHOWN:]], len(FILES["targets"].ages))

    def estimate(day: TrendDay) -> Estimate | None:
        is_known = day.positive is not None and not day.missing
        return estimate_of(known[day.day], growths) if is_known and not day.is_last else None

    return [replace(day, expected=estimate(day)) for day in days]


def _trend_day(one: Publication, found: dict[tuple[date, str], int], noise: float) -> TrendDay:
    day = one.period
    positive, negative = found.get((day, POSITIVE)), found.get((day, NEGATIVE))
    span = [day - timedelta(days=back) for back in range(SPAN)]
    positives = _all_of([found.get((one, POSITIVE)) for one in span])
    negatives = _all_of([found.get((one, NEGATIVE)) for one in span])
    return TrendDay(
        day=day,
        is_last=one.revision == len(FILES["targets"].ages),
        missing=one.missing,
        positive=positive,
        tests=None if positive is None or negative is None else positive + negative,
        mean=None if positives is None else positives / SPAN,
        incidence=None if positives is None else per_inhabitants(positives, noise, load_country().inhabitants),
        positivity=None if positives is None or negatives is None else percent_positive(positives, negatives, noise),
        expected=None,
    )


def positivity(positive: int | None, negative: int | None) -> float | None:
    """Return the share of positives in percent; None where one of the two was left out for being small."""
    return None if positive is None or negative is None else 100 * positive / (positive + negative)


def _all_of(counts: list[int | None]) -> int | None:
    """Return a sum; None where one of seven is not known: a mean of the others would say too little."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
