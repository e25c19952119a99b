"""Two acts that meet, each on a connection of its own: both are begun before either can end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from django.db import connection
from patience import wait_until

from temoin.lib.tenant import tenant_scope
from temoin.testing.models import Record

T = TypeVar("T")
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))"  # as whoever draws a sample number does
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def both_at_once(pharmacy_id: UUID, *acts: Callable[[], T]) -> list[T]:
    """Do them while nobody can register a test here or change one, until all wait for that or for each other."""
    with ThreadPoolExecutor(len(acts)) as pool:
        with tenant_scope(pharmacy_id), connection.cursor() as cursor:
            cursor.execute(_HOLD, [f"number|{pharmacy_id}"])
            list(Record.objects.select_for_update())
            begun = [pool.submit(_done, act) for act in acts]
            wait_until(lambda: _waiting() >= len(acts))
        return [one.result() for one in begun]


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return int(cursor.fetchone()[0])


def _done(act: Callable[[], T]) -> T:
    try:
        return act()
    finally:
        connection.close()
