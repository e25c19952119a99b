"""Publishing: when the figures of a period are due, what they add up to, and the noise that they leave with.

What was published is kept as it left, and read from there ever after: no figure is drawn twice.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import load_kits
from temoin.catalogue.models import Lot
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, bounds_of_day, earliest_today
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import names_of
from temoin.pharmacies.models import Pharmacy
from temoin.surveillance.counting import KEPT_DAYS, sound_counts
from temoin.surveillance.counts import DayCounts
from temoin.surveillance.models import Release
from temoin.surveillance.noise import Chance, draw_noise
from temoin.surveillance.tables import TABLES, Ground, Key, PharmacySent, PublishedTable, Receipt

FLOOR = 10  # a smaller figure is noise more than anything: it is left out
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


@dataclass
class Sums:
    """What all pharmacies say together: a counter for each publication, and which lots stand where."""

    due: tuple[Due, ...]
    is_demo: bool
    found: dict[Due, Counter[Key]] = field(default_factory=dict)
    shelves: Counter[tuple[str, str]] = field(default_factory=Counter)
    open: list[date | None] = field(default_factory=list)  # the last day of each pharmacy

    def add(self, pharmacy: Pharmacy, since: date) -> None:
        """Add what one pharmacy counted."""
        with tenant_scope(pharmacy.id):
            stored = sound_counts(pharmacy, since)
            self.shelves.update(set(_lots_here()))
        self.open.append(pharmacy.closed_on)
        for day, counts in stored.items():
            self.fold(counts, day)

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


def publish_due(*, is_demo: bool) -> int:
    """Publish what is due, once; return how many publications that were."""
    due = tuple(_due(earliest_today(), _first_days(is_demo)))
    if not due:
        return 0
    sums = Sums(due, is_demo)
    since = min(one.period for one in due)
    for pharmacy in Pharmacy.objects.filter(is_demo=is_demo).order_by("id"):
        sums.add(pharmacy, since)
    ground = Ground(load_kinds(), sums.lots())
    for one in due:
        if one.table.name == "receipts":
            sums.found[one] = _receipts(one, is_demo=is_demo)
        figures = noisy(one.table, sums.found.get(one, Counter()), ground, secrets.SystemRandom())
        if one.table.name == "senders":
            figures += _silent(figures, sums.open, one.period)
        _keep(one, figures)
    return len(due)


def noisy(table: PublishedTable, found: Mapping[Key, int], ground: Ground, chance: Chance) -> list[list[Any]]:
    """Return the figures that leave: each possible key, also where nothing was found, with noise; small ones not."""
    rows = []
    for key, parts in table.domain(ground):
        figure = found.get(key, 0) + draw_noise(table.share / parts, chance)
        if figure >= FLOOR:
            rows.append([*key, figure])
    return rows


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
    for pharmacy in Pharmacy.objects.filter(is_demo=is_demo):
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


def _silent(figures: list[list[Any]], last_days: Iterable[date | None], day: date) -> list[list[Any]]:
    """Return how many of the pharmacies then open sent nothing: made of what is published, and of nothing else."""
    there = sum(last is None or last >= day for last in last_days)
    sent = sum(row[-1] for row in figures)
    return [[PharmacySent.SILENT, max(0, there - sent)]]


def _keep(one: Due, figures: list[list[Any]]) -> None:
    Release.objects.bulk_create(
        [
            Release(
                name=one.table.name,
                period=one.period,
                revision=one.revision,
                released_on=earliest_today(),
                figures=figures,
            )
        ],
        ignore_conflicts=True,
    )
