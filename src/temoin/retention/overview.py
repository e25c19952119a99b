"""What is kept until when, what goes tomorrow, and what stays although its day is past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.keeping.acts import every_pharmacy
from temoin.keeping.ending import keys_back
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import day_of
from temoin.pharmacies.models import Pharmacy
from temoin.retention.classes import EXCHANGES, RESULTS, load_classes
from temoin.retention.questions import ASKED_ABOUT, HELD_RECORD, ON_ITS_WAY
from temoin.retention.reaping import day_before, values_of
from temoin.retention.rounds import DECIDED

_RESULTS = f"""
    WITH kept AS (
        SELECT greatest(record.registered_at, max(version.signed_at)) AS since,
               {HELD_RECORD} OR {ASKED_ABOUT} AS is_held, {ON_ITS_WAY} AS is_moving
          FROM testing_record AS record
          LEFT JOIN testing_record_version AS version
            ON version.pharmacy_id = record.pharmacy_id AND version.record_id = record.id
         WHERE record.pharmacy_id = %(pharmacy)s
         GROUP BY record.pharmacy_id, record.id
    )
    SELECT count(*), min(since), count(*) FILTER (WHERE is_held),
           count(*) FILTER (WHERE since < %(before)s AND NOT is_held AND is_moving),
           count(*) FILTER (WHERE since < %(tomorrow)s AND NOT is_held AND NOT is_moving)
      FROM kept
"""  # noqa: S608
_SIDES = """
    SELECT count(*), min(at), count(*) FILTER (WHERE at < %(tomorrow)s) FROM outbox_sides
     WHERE pharmacy_id = %(pharmacy)s
"""


@dataclass(frozen=True)
class KeptRows:
    """What a pharmacy keeps of a class, and the first day on which some of it goes; None where nobody decided."""

    code: str
    count: int
    first_day: date | None
    tomorrow: int
    held: int = 0  # by a hold, or by a request that nobody has answered
    moving: int = 0  # past its day, and still on its way to somebody


@dataclass(frozen=True)
class Standing:
    """How one pharmacy stands."""

    finess: str
    kept: tuple[KeptRows, ...]
    keys_back: tuple[UUID, ...]


def retention_standings() -> list[Standing]:
    """Return how each pharmacy stands, in the order of their public numbers."""
    return [_standing(pharmacy) for pharmacy in Pharmacy.objects.filter(id__in=every_pharmacy()).order_by("finess")]


def keys_everywhere_back() -> list[tuple[str, UUID]]:
    """Return each key that was destroyed and is there again, with the public number of its pharmacy."""
    return [(one.finess, key) for one in Pharmacy.objects.order_by("finess") for key in keys_back(one.id)]


def _standing(pharmacy: Pharmacy) -> Standing:
    with tenant_scope(pharmacy.id):
        kept = (_results(pharmacy), _sides(pharmacy))
    return Standing(pharmacy.finess, kept, tuple(keys_back(pharmacy.id)))


def _results(pharmacy: Pharmacy) -> KeptRows:
    days = load_classes().days_of(RESULTS, DECIDED())
    count, oldest, held, moving, tomorrow = _ask(_RESULTS, pharmacy, days)
    if days is None:
        return KeptRows(RESULTS, count, None, 0, held)
    return KeptRows(RESULTS, count, _last_day(pharmacy, oldest, days), tomorrow, held, moving)


def _sides(pharmacy: Pharmacy) -> KeptRows:
    days = load_classes().days_of(EXCHANGES, DECIDED())
    count, oldest, tomorrow = _ask(_SIDES, pharmacy, days)
    return KeptRows(EXCHANGES, count, _last_day(pharmacy, oldest, days or 0), tomorrow)


def _last_day(pharmacy: Pharmacy, oldest: Any, days: int) -> date | None:
    """Return the day on which a row of an instant goes: the one after its last."""
    return None if oldest is None else day_of(oldest, pharmacy.zone) + timedelta(days=days + 1)


def _ask(sql: str, pharmacy: Pharmacy, days: int | None) -> Any:
    before = day_before(pharmacy, days or 0)
    values = {**values_of(pharmacy.id, before), "tomorrow": day_before(pharmacy, days or 0, ahead=1)}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()
