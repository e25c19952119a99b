"""Counting a pharmacy's days, and counting again those that changed: always what a recount from scratch gives.

A day's row counts the tests that were first signed on that day, each by the version that stands. The hour of a
signature stands in clear, and a test never leaves the day of its first one. Each row has a mark of all versions signed
on its day. Where the mark of a day is another now, versions were added or erased:

- the tests first signed on that day are counted again, and
- where later versions were signed on it, so are the days on which their tests were first signed.

A test that is erased takes all of its versions with it, its first one too, and so changes the mark of its own day.
Nothing depends on who wrote the change, on the order of commits or on a former count having come to its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.crypto.sealed import open_value, seal_value
from temoin.journal.unreadable import each_opened
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.zones import bounds_of_day, today_in
from temoin.pharmacies.models import Pharmacy
from temoin.surveillance.counts import DayCounts
from temoin.surveillance.models import CountedDay
from temoin.testing.models import RecordVersion

KEPT_DAYS = 35  # for which a day is counted: longer than its figures may still change (decision 0157)
RECENT_DAYS = 3  # nothing is signed on an older day any more: it changes by an erasure alone
TRIES = 20
WORKER = "worker"

_MARKS = """
SELECT (signed_at AT TIME ZONE %(zone)s)::date, count(*)::text || ':' || sum(hashtextextended(id::text, 0))::text
  FROM testing_record_version WHERE pharmacy_id = %(pharmacy)s AND signed_at >= %(since)s GROUP BY 1
"""
_FIRST_DAYS = """
SELECT DISTINCT (first.signed_at AT TIME ZONE %(zone)s)::date
  FROM testing_record_version AS later
  JOIN testing_record_version AS first
    ON first.pharmacy_id = %(pharmacy)s AND first.record_id = later.record_id AND first.number = 1
 WHERE later.pharmacy_id = %(pharmacy)s AND later.number > 1
   AND later.signed_at >= %(begins)s AND later.signed_at < %(ends)s AND first.signed_at >= %(since)s
"""
_TESTS = """
SELECT first.record_id, first.id, first.signed_by, first.signed_at, first.sealed,
       latest.number, latest.id, latest.signed_by, latest.signed_at, latest.sealed
  FROM testing_record_version AS first
  JOIN LATERAL (
       SELECT number, id, signed_by, signed_at, sealed FROM testing_record_version
        WHERE pharmacy_id = %(pharmacy)s AND record_id = first.record_id ORDER BY number DESC LIMIT 1) AS latest ON true
 WHERE first.pharmacy_id = %(pharmacy)s AND first.number = 1
   AND first.signed_at >= %(begins)s AND first.signed_at < %(ends)s
"""
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_FORGET = "DELETE FROM surveillance_counted_day WHERE pharmacy_id = %(pharmacy)s AND day = ANY(%(days)s)"
_PUT = """
INSERT INTO surveillance_counted_day (pharmacy_id, id, day, mark, sealed) VALUES (%s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Differing:
    """A day whose stored counts are not what a recount gives, and in how many cells."""

    day: date
    cells: int


def count_pharmacy(pharmacy: Pharmacy, *, days: int = KEPT_DAYS) -> int:
    """Count again each of its last days that changed, in one transaction; return how many days that were."""
    since = _first_day(pharmacy, days)
    with tenant_scope(pharmacy.id):
        take_turn()
        marks, stored = marks_of(pharmacy, since), _stored_marks(since)
        changed = {day for day in marks.keys() | stored.keys() if marks.get(day) != stored.get(day)}
        again = changed | _first_days(pharmacy, changed)
        if earlier := [day for day in again if day < since]:  # nothing is signed on these days any more
            marks = {**marks_of(pharmacy, min(earlier)), **marks}
        _execute(_FORGET, {"pharmacy": current_pharmacy(), "days": list(again)})
        for day in sorted(again & marks.keys()):
            _put(day, marks[day], count_day(pharmacy, day))
    return len(again)


def recount_pharmacy(pharmacy: Pharmacy) -> list[Differing] | None:
    """Count what changed, then return the days whose counts differ from a recount from the records.

    Signatures go on meanwhile: where one came between, both are done again; None where one always does.
    """
    for _try in range(TRIES):
        count_pharmacy(pharmacy)
        found = compare_pharmacy(pharmacy)
        if found is not None:
            return found
    return None


def compare_pharmacy(pharmacy: Pharmacy) -> list[Differing] | None:
    """Return the days that differ from a recount; None while something is not counted yet."""
    since = _first_day(pharmacy, KEPT_DAYS)
    with tenant_scope(pharmacy.id):
        take_turn()
        marks = marks_of(pharmacy, since)
        if marks != _stored_marks(since):
            return None
        stored = stored_counts(since)
        found = []
        for day in sorted(marks):
            cells = count_day(pharmacy, day).differs_from(stored.get(day, DayCounts()))
            if cells:
                found.append(Differing(day, cells))
        return found if marks_of(pharmacy, since) == marks else None


def forget_days(pharmacy: Pharmacy, days: Iterable[date]) -> None:
    """Forget what was counted of these days: the next count begins there from the records."""
    with tenant_scope(pharmacy.id):
        take_turn()
        _execute(_FORGET, {"pharmacy": current_pharmacy(), "days": list(days)})


def forget_past(pharmacy: Pharmacy) -> None:
    """Forget the days past their span: their figures change no more."""
    before = _first_day(pharmacy, KEPT_DAYS)
    with tenant_scope(pharmacy.id):
        take_turn()
        sql = "DELETE FROM surveillance_counted_day WHERE pharmacy_id = %(pharmacy)s AND day < %(before)s"
        _execute(sql, {"pharmacy": current_pharmacy(), "before": before})


def sound_counts(pharmacy: Pharmacy, since: date) -> dict[date, DayCounts]:
    """Return what was counted since a day; a day whose row does not open is counted again from its records first."""
    stored = stored_counts(since)
    broken = _stored_marks(since).keys() - stored.keys()
    if not broken:
        return stored
    forget_days(pharmacy, broken)
    count_pharmacy(pharmacy)
    return stored_counts(since)


def stored_counts(since: date) -> dict[date, DayCounts]:
    """Return what was counted since a day, by day of first signature, in the scope of the pharmacy."""
    rows = list(CountedDay.objects.filter(day__gte=since))
    return dict(each_opened(rows, lambda row: (row.day, DayCounts.from_dict(row.unseal())), origin=WORKER))


def count_day(pharmacy: Pharmacy, day: date) -> DayCounts:
    """Count the tests first signed on a day, from their records; what does not open is told and left out."""
    begins, ends = bounds_of_day(day, pharmacy.zone)
    counts = DayCounts()
    rows = _ask(_TESTS, {"begins": begins, "ends": ends})
    for told, first_signed_at in each_opened(rows, _opened, origin=WORKER):
        counts.add(told, first_signed_at)
    return counts


def marks_of(pharmacy: Pharmacy, since: date) -> dict[date, str]:
    """Return, by day, what tells the versions signed on it from any others."""
    begins = bounds_of_day(since, pharmacy.zone)[0]
    return dict(_ask(_MARKS, {"zone": pharmacy.time_zone, "since": begins}))


def _stored_marks(since: date) -> dict[date, str]:
    return dict(CountedDay.objects.filter(day__gte=since).values_list("day", "mark"))


def _first_days(pharmacy: Pharmacy, changed: Iterable[date]) -> set[date]:
    """Return the days of first signature of whatever was signed again on these days."""
    since = bounds_of_day(_first_day(pharmacy, KEPT_DAYS), pharmacy.zone)[0]
    found: set[date] = set()
    for day in changed:
        begins, ends = bounds_of_day(day, pharmacy.zone)
        values = {"zone": pharmacy.time_zone, "since": since, "begins": begins, "ends": ends}
        found |= {first for (first,) in _ask(_FIRST_DAYS, values)}
    return found


def _opened(row: tuple[Any, ...]) -> tuple[dict[str, Any], datetime]:
    record_id, *first, number, latest_id, signed_by, signed_at, sealed = row
    told = _open(record_id, number, (latest_id, signed_by, signed_at, sealed))
    signed = told if number == 1 else _open(record_id, 1, first)
    return told, datetime.fromisoformat(signed["signed_at"])


def _open(record_id: UUID, number: int, version: Any) -> dict[str, Any]:
    version_id, signed_by, signed_at, sealed = version
    bound = {"record_id": record_id, "number": number, "signed_by": signed_by, "signed_at": signed_at}
    return open_value(RecordVersion, version_id, bytes(sealed), bound)


def _put(day: date, mark: str, counts: DayCounts) -> None:
    row_id = new_id()
    sealed = seal_value(CountedDay, row_id, counts.to_dict(), {"day": day, "mark": mark})
    _execute(_PUT, [current_pharmacy(), row_id, day, mark, sealed])


def take_turn() -> None:
    """Count a pharmacy once at a time: a slower count would put older figures beside newer marks."""
    _execute(_TURN, [f"surveillance {current_pharmacy()}"])


def _first_day(pharmacy: Pharmacy, days: int) -> date:
    return today_in(pharmacy.zone) - timedelta(days=days)


def _ask(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"pharmacy": current_pharmacy(), **values})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _execute(sql: str, values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
