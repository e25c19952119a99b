"""What a destination holds of tests that were erased here: the events of the erasures have marks of their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.journal.events import EventKind
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.outbox.ended import LENGTH, mark_of

_ENTRIES = """
    SELECT right(entry, %(length)s) FROM journal_event, unnest(string_to_array(digest, ',')) AS entry
     WHERE pharmacy_id = %(pharmacy)s AND kind = %(kind)s AND digest <> '' AND at >= %(since)s
"""
_OF_KEYS = _ENTRIES + " AND right(entry, %(length)s) = ANY(%(marks)s)"
_OF_DAY = _ENTRIES + " AND starts_with(entry, %(day)s)"


def erased_here(pharmacies: Iterable[UUID], keys: Sequence[str], since: datetime) -> set[str]:
    """Return which of these keys are of tests that were erased here since a moment, in whichever pharmacy."""
    marks = {mark_of(key): key for key in keys}
    found = _found(pharmacies, _OF_KEYS, since, marks=list(marks)) if keys else set()
    return {marks[mark] for mark in found}


def accepted_and_erased(pharmacies: Iterable[UUID], day: date, since: datetime) -> set[str]:
    """Return the marks of what was accepted on a day and is erased here."""
    return _found(pharmacies, _OF_DAY, since, day=f"{day}:")


def _found(pharmacies: Iterable[UUID], sql: str, since: datetime, **values: object) -> set[str]:
    found: set[str] = set()
    asked: dict[str, Any] = {**values, "since": since, "kind": EventKind.RECORD_ERASED.value, "length": LENGTH}
    for pharmacy_id in pharmacies:
        with tenant_scope(pharmacy_id), connection.cursor() as cursor:
            cursor.execute(sql, {**asked, "pharmacy": current_pharmacy()})
            found.update(row[0] for row in cursor.fetchall())
    return found
