"""The weeks of each sender, written by the worker: tests a day as they come, the rest with each whole round."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.lib.clock import now
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.zones import today_in
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import names_of
from temoin.pharmacies.models import Pharmacy
from temoin.surveillance.counting import KEPT_DAYS, sound_counts, take_turn
from temoin.surveillance.sender_rules import load_sender_rules
from temoin.surveillance.sender_shares import KEPT_WEEKS, add_up, shares_of
from temoin.surveillance.tables import FLOOR, Receipt

WEEK = timedelta(weeks=1)

Receipts = Mapping[tuple[UUID, date], Mapping[str, int]]

# One line a test: the first acknowledgement of its first version, of whichever authority.
_RECEIPTS = """
SELECT pharmacy_id, week,
       CASE WHEN took IS NULL AND posted < %(yesterday)s THEN %(waiting)s WHEN took IS NULL THEN ''
            WHEN took < interval '5 minutes' THEN %(minutes)s
            WHEN took < interval '1 hour' THEN %(hour)s
            WHEN took < interval '1 day' THEN %(day)s ELSE %(later)s END, count(*)
  FROM (SELECT parcel.pharmacy_id, min(posted_at) AS posted,
               date_trunc('week', min(posted_at) AT TIME ZONE place.time_zone)::date AS week,
               min(settled_at) FILTER (WHERE parcel.state = 'accepted') - min(posted_at) AS took
          FROM outbox_parcel AS parcel JOIN pharmacies_pharmacy AS place ON place.id = parcel.pharmacy_id
         WHERE sequence = 1 AND destination = ANY(%(authorities)s) AND posted_at >= %(begins)s
           AND (settled_at IS NULL OR settled_at >= %(begins)s)
         GROUP BY parcel.pharmacy_id, chain_id, place.time_zone) AS test
 GROUP BY 1, 2, 3
"""
_PUT_DAYS = """
INSERT INTO surveillance_sender_week (pharmacy_id, id, week, days) VALUES (%s, %s, %s, %s)
ON CONFLICT (pharmacy_id, week) DO UPDATE SET days = excluded.days
"""
_PUT = """
INSERT INTO surveillance_sender_week (pharmacy_id, id, week, days, quality, receipts, alarms)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_FORGET = "DELETE FROM surveillance_sender_week WHERE pharmacy_id = %s AND (week < %s OR week >= %s)"


def receipts_by_week() -> Receipts:
    """Return how long the tests of each pharmacy's weeks waited for a receipt, of all pharmacies in one question.

    A test of the last day without one is nobody's fault yet, and is left out.
    """
    begins = now() - timedelta(days=KEPT_DAYS)
    bands: dict[str, Any] = {band.name.lower(): band.value for band in Receipt}
    told: dict[str, Any] = {
        "begins": begins,
        "yesterday": now() - timedelta(days=1),
        "authorities": names_of(Audience.AUTHORITY),
    }
    found: dict[tuple[UUID, date], dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPTS, {**bands, **told})
        for pharmacy_id, week, band, count in cursor.fetchall():
            if band:
                found.setdefault((pharmacy_id, week), {})[band] = count
    return found


def note_days(pharmacy: Pharmacy) -> None:
    """Write how many tests the days of this week and of the last one had."""
    this = monday_of(today_in(pharmacy.zone))
    with tenant_scope(pharmacy.id):
        take_turn()
        counts = sound_counts(pharmacy, this - WEEK)
        for week in (this - WEEK, this):
            days = _tests(counts[day].tests.values() if day in counts else () for day in _days_of(week))
            if any(days):
                _execute(_PUT_DAYS, [current_pharmacy(), new_id(), week, days])


def note_weeks(pharmacy: Pharmacy, receipts: Receipts) -> None:
    """Write all weeks of which every day is still counted, and forget those past their span."""
    today = today_in(pharmacy.zone)
    first, this = monday_of(today - timedelta(days=KEPT_DAYS)) + WEEK, monday_of(today)
    with tenant_scope(pharmacy.id):
        take_turn()
        _execute(_FORGET, [current_pharmacy(), this - KEPT_WEEKS * WEEK, first])
        counts = sound_counts(pharmacy, first)
        for week in {monday_of(day) for day in counts if day >= first}:
            days = [counts.get(day) for day in _days_of(week)]
            told = add_up(day for day in days if day is not None).to_json()
            seen = _enough(receipts.get((pharmacy.id, week)))
            alarms = load_sender_rules().exceeded(shares_of(told, seen))
            tests = _tests(() if day is None else day.tests.values() for day in days)
            values = [_json(told), _json(seen), [alarm.value for alarm in alarms]]
            _execute(_PUT, [current_pharmacy(), new_id(), week, tests, *values])


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _days_of(week: date) -> list[date]:
    return [week + timedelta(days=number) for number in range(7)]


def _tests(days: Iterable[Iterable[int]]) -> list[int]:
    return [sum(day) for day in days]


def _enough(counts: Mapping[str, int] | None) -> Mapping[str, int] | None:
    return counts if counts and sum(counts.values()) >= FLOOR else None


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def _execute(sql: str, values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
