"""Compares each sealed row, and each account, with how the events left it: an old row put back is one of the past.

Each event tells how its act left what it wrote (`crypto.told`). A row is as it should be when an event left it so and
no later one changed it from there. No value is opened: the database makes the digests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection

from temoin.crypto.sealed import SealedModel
from temoin.journal.export import worded_lines
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.verification import EVENTS, WAITS
from temoin.pharmacies.account_events import DIGESTS, FACTOR, PERSON

NOWHERE = "00000000-0000-0000-0000-000000000000"  # the pharmacy of an account, which is told in several
# Whoever has no place has no right either, and there is no journal to tell of them.
_SEATED = "EXISTS (SELECT FROM pharmacies_member WHERE person_id = {0})"
_ACCOUNTS = {PERSON: _SEATED.format("signin_person.id"), FACTOR: _SEATED.format("mfa_authenticator.user_id")}


def told_models() -> list[type[SealedModel]]:
    """Return the models of whose rows events tell."""
    return [model for model in apps.get_models() if issubclass(model, SealedModel) and model.told]


def _live_sql() -> str:
    """Return the query of each row as it stands: table, pharmacy, id and digest. A literal per cent sign is single."""
    tables = [
        f"SELECT '{model._meta.db_table}', pharmacy_id, id::text, {model.told_sql()} FROM {model._meta.db_table}"  # noqa: S608
        for model in told_models()
    ]
    accounts = [
        f"SELECT '{table}', '{NOWHERE}'::uuid, id::text, {_digest(table)} FROM {table} WHERE {seated}"  # noqa: S608
        for table, seated in _ACCOUNTS.items()
    ]
    return " UNION ALL ".join(tables + accounts)


def _digest(account: str) -> str:
    return DIGESTS[account].replace("%%", "%")


# What the sealed events, and those that wait for their seal, tell of each row.
TOLD = f"""
    told AS MATERIALIZED (
        SELECT CASE WHEN split_part(entry, ':', 1) IN ('{PERSON}', '{FACTOR}') THEN '{NOWHERE}'::uuid
                    ELSE event.pharmacy_id END AS pharmacy_id,
               event.id AS event_id, split_part(entry, ':', 1) AS place, split_part(entry, ':', 2) AS row_id,
               split_part(entry, ':', 3) AS former, split_part(entry, ':', 4) AS now
          FROM {EVENTS}, unnest(string_to_array(event.wrote, ',')) AS entry
         WHERE event.wrote <> '' AND (leaf.index IS NOT NULL OR {WAITS})
    )
"""  # noqa: S608
_DIFFERENT = f"""
    WITH {TOLD}, live (place, pharmacy_id, row_id, now) AS ({{live}}), last AS (
        SELECT place, pharmacy_id, row_id, now, min(event_id::text) AS event_id FROM told
         WHERE now <> '' AND place = ANY(ARRAY[{{places}}])
           AND NOT EXISTS (SELECT FROM told AS later WHERE later.place = told.place
                              AND later.pharmacy_id = told.pharmacy_id AND later.row_id = told.row_id
                              AND (later.former = told.now OR later.now = ''))
         GROUP BY place, pharmacy_id, row_id, now
    )
    SELECT coalesce(last.place, live.place), coalesce(last.pharmacy_id, live.pharmacy_id)::text,
           coalesce(last.row_id, live.row_id), coalesce(min(last.event_id), ''), bool_or(live.now IS NOT NULL)
      FROM last FULL JOIN live ON live.place = last.place AND live.pharmacy_id = last.pharmacy_id
       AND live.row_id = last.row_id AND live.now = last.now
     WHERE last.now IS NULL OR live.now IS NULL
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608


def exported_rows() -> Iterator[bytes]:
    """Yield what an export says of each row."""
    yield from worded_lines("row", f"SELECT * FROM ({_live_sql()}) AS live (place, pharmacy, id, now) ORDER BY 1, 2, 3")  # noqa: S608


def compare_rows() -> Iterator[JournalFinding]:
    """Yield each row that is not as the last event about it left it."""
    places = ", ".join(f"'{place}'" for place in [*(model._meta.db_table for model in told_models()), *_ACCOUNTS])
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENT.format(live=_live_sql(), places=places))
        for row in cursor.fetchall():
            yield _finding(*row)


def _finding(place: str, pharmacy_id: str, row_id: str, /, *rest: Any) -> JournalFinding:
    event_id, is_there = rest
    where = "" if pharmacy_id == NOWHERE else f" of pharmacy {pharmacy_id}"
    fault = "is not as the last event about it left it" if is_there else "is gone, or was put back as it had been"
    return JournalFinding(Fault.RECORD, None, event_id, pharmacy_id, f"{place} {row_id}{where} {fault}")
