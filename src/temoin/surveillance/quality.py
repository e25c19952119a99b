"""What published figures say of those who send: silence, delays, corrections, what is not told, and odd lots.

Pure, and made of published figures alone: nobody needs a right to it, nor a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from math import sqrt
from statistics import fmean, median_low

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import load_kits
from temoin.surveillance.counts import NEGATIVE, POSITIVE
from temoin.surveillance.dataset import Publication
from temoin.surveillance.rates import NOISE, Rate, percent_positive, variance_of
from temoin.surveillance.tables import FLOOR, SUMS, TABLES, Ground, PharmacySent
from temoin.surveillance.trends import latest

DAYS, WEEKS = 14, 4  # that are shown; and over which lots are added up
FEWEST_LOTS = 3  # of two, nobody can tell which is the odd one
UNTOLD = {"homes": "", "motives": "", "sexes": "U"}  # the word of a file that says that nothing was told


@dataclass(frozen=True)
class SenderDay:
    """How many pharmacies signed something on a day, and how many nothing; `usual` on that weekday before."""

    day: date
    sent: int
    silent: int
    usual: float | None  # silent ones, mean of the same weekday of four weeks; None without them


class LotStanding(StrEnum):
    """How a lot's positivity lies to that of its kit's median lot: one bad lot does not make odd ones of all others."""

    ABOVE = "above"
    BELOW = "below"
    ALIKE = "alike"
    ALONE = "alone"  # too few lots to compare it with


@dataclass(frozen=True)
class LotQuality:
    """One lot over the last weeks; `positives` is None where each week's were left out for being few."""

    reference: str
    lot: str
    target: str
    positives: int | None
    negatives: int
    rate: Rate
    typical: Rate | None
    standing: LotStanding


def sender_days(published: Iterable[Publication]) -> list[SenderDay]:
    """Return the last days of which it was published who sent nothing, the latest first."""
    told = {day: dict(map(tuple, one.figures)) for day, one in latest(published, "senders").items()}
    known = {day: row for day, row in told.items() if len(row) == len(PharmacySent)}

    def usual(day: date) -> float | None:
        before = [known.get(day - timedelta(weeks=back)) for back in range(1, WEEKS + 1)]
        return fmean(row[PharmacySent.SILENT] for row in before if row) if all(before) else None

    return [
        SenderDay(day, row[PharmacySent.SENT], row[PharmacySent.SILENT], usual(day))
        for day, row in sorted(known.items(), reverse=True)[:DAYS]
    ]


def weekly_shares(published: Iterable[Publication], name: str) -> dict[date, dict[str, float]]:
    """Return what each word of a file of one column has of a week, in percent, the latest week first.

    A week is left out where noise could be half of it.
    """
    least, weeks = 2 * NOISE * sqrt(_noise_of_all(name)), {}
    for week, one in latest(published, name).items():
        if (total := sum(count for _word, count in one.figures)) > least:
            weeks[week] = {word: 100 * count / total for word, count in one.figures}
    return dict(sorted(weeks.items(), reverse=True)[:WEEKS])


@cache
def _noise_of_all(name: str) -> float:
    """Return the variance of the noise in all figures together that a file adds up."""
    source = next((table for table, sums in SUMS.items() if name in {into.name for into in sums}), name)
    ground = Ground(load_kinds())
    return sum(variance_of(TABLES[source].share / parts) for _key, parts in TABLES[source].domain(ground))


def lot_qualities(published: Iterable[Publication]) -> list[LotQuality]:
    """Return lots with enough tests, those that stand out first."""
    told: dict[tuple[str, str, str], dict[date, Counter[str]]] = {}
    for week, one in list(latest(published, "lots").items())[-WEEKS:]:
        for reference, lot, target, outcome, count in one.figures:
            told.setdefault((reference, lot, target), {}).setdefault(week, Counter())[outcome] = count
    found = [made for key, weeks in told.items() if (made := _quality(key, weeks.values()))]
    rates: dict[tuple[str, str], list[Rate]] = {}
    for one_lot in found:
        rates.setdefault((one_lot.reference, one_lot.target), []).append(one_lot.rate)
    judged = [_judged(one_lot, rates[one_lot.reference, one_lot.target]) for one_lot in found]
    order = list(LotStanding)
    return sorted(judged, key=lambda one: (order.index(one.standing), one.reference, one.target, one.lot))


def _quality(key: tuple[str, str, str], weeks: Iterable[Counter[str]]) -> LotQuality | None:
    """Return what a lot's weeks say, those without negatives left aside: nobody knows how many tests they had.

    Positives that were left out of a week are nine at most. The interval holds both ends of that: a lot that finds
    nobody is told by it, and one of few tests is not taken for such a lot.
    """
    known = [one for one in weeks if NEGATIVE in one]
    unknown = sum(POSITIVE not in one for one in known)
    positives, negatives = (sum(one[outcome] for one in known) for outcome in (POSITIVE, NEGATIVE))
    noise = len(known) * _noise(key[0])
    least = percent_positive(positives, negatives, noise)
    most = percent_positive(positives + unknown * (FLOOR - 1), negatives, noise)
    if least is None or most is None:
        return None
    rate = Rate(least.rate, least.low, most.high)
    return LotQuality(*key, positives if unknown < len(known) else None, negatives, rate, None, LotStanding.ALONE)


def _judged(one: LotQuality, rates: list[Rate]) -> LotQuality:
    """Return a lot with its standing: it stands out where its interval and the median lot's have nothing in common."""
    if len(rates) < FEWEST_LOTS:
        return one
    typical, standing = median_low(rates), LotStanding.ALIKE
    if one.rate.high < typical.low:
        standing = LotStanding.BELOW
    elif one.rate.low > typical.high:
        standing = LotStanding.ABOVE
    return replace(one, typical=typical, standing=standing)


def _noise(reference: str) -> float:
    """Return the variance of a week's noise in a lot's figure: of a kit that is not known any more, the greatest."""
    kinds = load_kinds()
    parts = [len(kinds[kit.kind].targets) for kit in load_kits().kits.values() if kit.reference == reference]
    known: Sequence[int] = parts or [len(kind.targets) for kind in kinds.values()]
    return variance_of(TABLES["lots"].share / max(known))
