"""Publishing: when the figures of a period are due, what they add up to, and the noise that they leave with.

What was published is kept as it left, and read from there ever after: no figure is drawn twice. Hence it waits for the
count of every pharmacy, and after some days leaves without those that still cannot be counted, and says how many.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import load_kits
from temoin.catalogue.models import Lot
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, bounds_of_day, earliest_today
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import names_of
from temoin.outbox.set_aside import apart
from temoin.pharmacies.models import Pharmacy
from temoin.surveillance.counting import KEPT_DAYS, sound_counts
from temoin.surveillance.counts import DayCounts
from temoin.surveillance.departments import load_country
from temoin.surveillance.models import Release
from temoin.surveillance.noise import Chance, draw_noise
from temoin.surveillance.rates import incidence_rows, noise_of, positivity_rows
from temoin.surveillance.tables import FLOOR, SUMS, TABLES, Ground, Key, PharmacySent, PublishedTable, Receipt

LONGEST_WAIT = 2  # days that a publication waits for a count: its readers rather know of a gap than of nothing
PLACE = "publishing counts"
SHELVES = 5  # a lot is told of once so many pharmacies have it

# One line a test: the first acknowledgement of its first version, of whichever authority.
_RECEIPTS = """
SELECT CASE WHEN took IS NULL THEN %(waiting)s
            WHEN took < interval '5 minutes' THEN %(minutes)s
            WHEN took < interval '1 hour' THEN %(hour)s
            WHEN took < interval '1 day' THEN %(day)s ELSE %(later)s END, count(*)
  FROM (SELECT min(settled_at) FILTER (WHERE parcel.state = 'accepted') - min(posted_at) AS took
          FROM outbox_parcel AS parcel JOIN pharmacies_pharmacy AS place ON place.id = parcel.pharmacy_id
         WHERE sequence = 1 AND destination = ANY(%(authorities)s) AND place.is_demo = %(is_demo)s
           AND posted_at >= %(begins)s AND posted_at < %(ends)s
           AND (settled_at IS NULL OR settled_at >= %(begins)s)
         GROUP BY parcel.pharmacy_id, chain_id) AS test
 GROUP BY 1
"""


@dataclass(frozen=True)
class Due:
    """A publication that is due."""

    table: PublishedTable
    period: date
    revision: int

    def waited(self, today: date) -> int:
        """Return for how many days it has been due."""
        return (today - self.table.ends(self.period)).days - self.table.ages[self.revision - 1]


class Published(NamedTuple):
    """How many publications left, and which pharmacies could not be counted."""

    publications: int
    missing: frozenset[UUID]


@dataclass
class Sums:
    """What all pharmacies say together: a counter for each publication, and which lots stand where."""

    due: tuple[Due, ...]
    is_demo: bool
    found: dict[Due, Counter[Key]] = field(default_factory=dict)
    shelves: Counter[tuple[str, str]] = field(default_factory=Counter)
    open: list[date | None] = field(default_factory=list)  # the last day of each pharmacy

    def add(self, pharmacy: Pharmacy, since: date) -> None:
        """Add what one pharmacy counted, all of it or nothing."""
        own = Sums(self.due, self.is_demo)
        with tenant_scope(pharmacy.id):
            stored, lots = sound_counts(pharmacy, since), set(_lots_here())
        for day, counts in stored.items():
            own.fold(counts, day)
        for one, found in own.found.items():
            self.found.setdefault(one, Counter()).update(found)
        self.shelves.update(lots)
        self.open.append(pharmacy.closed_on)

    def fold(self, counts: DayCounts, day: date) -> None:
        """Add the counts of a day."""
        wanted = {(one.table.name, one.period): one for one in self.due}
        for table in {one.table.name: one.table for one in self.due}.values():
            for told, key, times in table.fold(counts, day):
                one = wanted.get((table.name, table.begins(date.fromisoformat(told))))
                if one is not None:
                    self.found.setdefault(one, Counter())[key] += times

    def lots(self) -> dict[tuple[str, str], str]:
        """Return the lots that stand on enough shelves, with the kind of their kit."""
        kits = load_kits().kits
        lots = {}
        for (code, number), places in sorted(self.shelves.items()):
            if places >= SHELVES and code in kits and kits[code].kind in load_kinds():
                lots[kits[code].reference, number.upper()] = kits[code].kind
        return lots


def publish_due(*, is_demo: bool, uncounted: frozenset[UUID] = frozenset()) -> Published:
    """Publish what is due, once; what waits for a pharmacy that could not be counted is done by a later round."""
    today = earliest_today()
    due = tuple(_due(today, _first_days(is_demo)))
    if not due:
        return Published(0, uncounted)
    sums, missing = _sums(due, is_demo=is_demo, uncounted=uncounted)
    ready = [one for one in due if not missing or one.waited(today) >= LONGEST_WAIT]
    ground = Ground(load_kinds(), sums.lots())
    for one in ready:
        _publish(one, sums, ground, missing=len(missing))
    return Published(len(ready), missing)


def _publish(one: Due, sums: Sums, ground: Ground, *, missing: int) -> None:
    found = sums.found.get(one, Counter())
    if one.table.name == "receipts":
        found = _receipts(one, is_demo=sums.is_demo)
    drawn = noisy(one.table, found, ground, secrets.SystemRandom())
    told = leaving(one.table, drawn, ground)
    if one.table.name == "senders":
        told["senders"] += _silent(told["senders"], sums.open, one.period)
    _keep(one, told, missing)


def _sums(due: tuple[Due, ...], *, is_demo: bool, uncounted: frozenset[UUID]) -> tuple[Sums, frozenset[UUID]]:
    """Return what the pharmacies say that were counted, and which ones were not."""
    sums, missing = Sums(due, is_demo), set()
    since = min(one.period for one in due)
    for pharmacy in Pharmacy.real.filter(is_demo=is_demo).order_by("id"):
        if pharmacy.id in uncounted:
            missing.add(pharmacy.id)
            continue
        with apart(PLACE, str(pharmacy.id)) as fate:
            sums.add(pharmacy, since)
        if fate.was_set_aside:
            missing.add(pharmacy.id)
    return sums, frozenset(missing)


Figures = list[list[Any]]


def noisy(table: PublishedTable, found: Mapping[Key, int], ground: Ground, chance: Chance) -> Figures:
    """Return a figure with noise for each possible key, also where nothing was found."""
    return [[*key, found.get(key, 0) + draw_noise(table.share / parts, chance)] for key, parts in table.domain(ground)]


def leaving(table: PublishedTable, drawn: Figures, ground: Ground) -> dict[str, Figures]:
    """Return what leaves, by file: figures, what they add up to, and the rates made of these sums."""
    told = {table.name: left(drawn)}
    for into in SUMS.get(table.name, ()):
        sums = summed(table, into, drawn)
        told[into.name] = left(sums)
        if into.name == "areas":
            told |= _rates(table, sums, ground)
    return told


def _rates(table: PublishedTable, sums: Figures, ground: Ground) -> dict[str, Figures]:
    found = {(area, target, outcome): count for area, target, outcome, count in sums}
    noise = {target: noise_of(table, ground, target) for _area, target, _outcome in found}
    return {
        "incidence": incidence_rows(found, noise, load_country().departments),
        "positivity": positivity_rows(found, noise),
    }


def left(drawn: Figures) -> Figures:
    """Return the figures that leave: small ones do not."""
    return [row for row in drawn if row[-1] >= FLOOR]


def summed(table: PublishedTable, into: PublishedTable, drawn: Figures) -> Figures:
    """Return what figures of a table add up to by the columns of another, small ones among them, and their noise."""
    at = [table.columns.index(column) for column in into.columns]
    found: Counter[Key] = Counter()
    for row in drawn:
        found[tuple(row[place] for place in at)] += row[-1]
    return [[*key, figure] for key, figure in found.items()]


def periods_due(today: date, first: date, published: Iterable[tuple[str, date, int]]) -> Iterator[Due]:
    """Yield what is due on a day of the periods that lie within what is counted, and was not published yet."""
    done = set(published)
    for table in TABLES.values():
        period = table.begins(today - timedelta(days=KEPT_DAYS))
        while period <= today:
            revision = table.revision(period, today)
            is_counted = period >= first and period >= today - timedelta(days=KEPT_DAYS)
            if revision and is_counted and (table.name, period, revision) not in done:
                yield Due(table, period, revision)
            period = table.ends(period) + timedelta(days=1)


def _due(today: date, first: date | None) -> Iterator[Due]:
    if first is not None:
        since = today - timedelta(days=2 * KEPT_DAYS)
        done = Release.objects.filter(period__gte=since).values_list("name", "period", "revision")
        yield from periods_due(today, first, done)


def _first_days(is_demo: bool) -> date | None:  # noqa: FBT001 of the site
    """Return the first day of which anything was counted."""
    found = []
    for pharmacy in Pharmacy.real.filter(is_demo=is_demo):
        with tenant_scope(pharmacy.id), connection.cursor() as cursor:
            cursor.execute("SELECT min(day) FROM surveillance_counted_day WHERE pharmacy_id = %s", [pharmacy.id])
            found += [day for (day,) in cursor.fetchall() if day is not None]
    return min(found, default=None)


def _lots_here() -> list[tuple[str, str]]:
    return list(Lot.objects.values_list("kit", "number"))


def _receipts(one: Due, *, is_demo: bool) -> Counter[Key]:
    begins: datetime = bounds_of_day(one.period, HOUSE)[0]
    ends: datetime = bounds_of_day(one.table.ends(one.period), HOUSE)[1]
    words = {band.name.lower(): band.value for band in Receipt}
    values: dict[str, Any] = {
        **words,
        "begins": begins,
        "ends": ends,
        "is_demo": is_demo,
        "authorities": names_of(Audience.AUTHORITY),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPTS, values)
        return Counter({(band,): count for band, count in cursor.fetchall()})


def _silent(figures: Figures, last_days: Iterable[date | None], day: date) -> Figures:
    """Return how many of the pharmacies then open sent nothing: made of what is published, and of nothing else.

    Where the number of those that sent is left out for being small, so is this one: nobody knows it.
    """
    if not figures:
        return []
    there = sum(last is None or last >= day for last in last_days)
    sent = sum(row[-1] for row in figures)
    return [[PharmacySent.SILENT, max(0, there - sent)]]


def _keep(one: Due, told: Mapping[str, Figures], missing: int) -> None:
    """Keep what leaves together, all of it or nothing."""
    rows = [
        Release(
            name=name,
            period=one.period,
            revision=one.revision,
            released_on=earliest_today(),
            figures=figures,
            missing=missing,
        )
        for name, figures in told.items()
    ]
    Release.objects.bulk_create(rows, ignore_conflicts=True)
