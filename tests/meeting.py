"""Two acts that meet, each on a connection of its own: both are begun before either can end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from patience import wait_until
from roles import take_role

from temoin.lib.tenant import tenant_scope
from temoin.testing.models import Record

T = TypeVar("T")
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))"  # as whoever draws a sample number does
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def both_at_once(pharmacy_id: UUID, *acts: Callable[[], T], unwritten: type[Model] | None = None) -> list[T]:
    """Do them while nobody can register a test here or change one, until all wait for that or for each other.

    With `unwritten` they wait until they write there: each has read by then what it goes by.
    """
    with ThreadPoolExecutor(len(acts)) as pool:
        with tenant_scope(pharmacy_id):
            _hold(f"number|{pharmacy_id}") if unwritten is None else _hold_back_writers(unwritten)
            begun = [pool.submit(_done, act) for act in acts]
            wait_until(lambda: _waiting() >= len(acts))
        return [one.result() for one in begun]


def _hold(number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [number])
        list(Record.objects.select_for_update())


def _hold_back_writers(model: type[Model]) -> None:
    with take_role("temoin_keeper"), connection.cursor() as cursor:  # who may delete may lock
        cursor.execute(f"LOCK TABLE {model._meta.db_table} IN SHARE MODE")


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return int(cursor.fetchone()[0])


def _done(act: Callable[[], T]) -> T:
    try:
        return act()
    finally:
        connection.close()
