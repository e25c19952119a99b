"""What a loop over foreign input (a mailbox, a folder, a page of holdings) could not take: set aside, counted, shown.

One odd item must not keep the ones behind it from being read. It is named by where it lies, never by what it says, and
stays on the list of `temoin lanes` until somebody has looked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import DATABASE_AWAY
from temoin.lib.clock import now

log = logging.getLogger("temoin.outbox")

_NOTE = """
INSERT INTO outbox_set_aside (place, item, error, first_at, last_at, times) VALUES (%s, %s, %s, %s, %s, 1)
ON CONFLICT (place, item)
DO UPDATE SET error = excluded.error, last_at = excluded.last_at, times = outbox_set_aside.times + 1
"""
_LIST = "SELECT place, count(*), max(last_at), max(error) FROM outbox_set_aside GROUP BY place ORDER BY place"


@dataclass(frozen=True)
class Aside:
    """What was set aside of one place."""

    place: str
    count: int
    last_at: datetime
    error: str  # one of the kinds of error


@dataclass
class ItemFate:
    """Whether the item of a block was set aside."""

    was_set_aside: bool = False


@contextmanager
def apart(place: str, item: str, *, passing: tuple[type[Exception], ...] = ()) -> Iterator[ItemFate]:
    """Run the block for one item, outside any transaction; what it raises sets this item aside and no other.

    Not so what says nothing of the item: a database that is away, and what `passing` names (a line that was cut).
    """
    fate = ItemFate()
    try:
        yield fate
    except DATABASE_AWAY + passing:
        raise
    except Exception as error:  # noqa: BLE001 whatever one item brings about, the others are read
        note_broken_seal(error, origin="worker")
        fate.was_set_aside = True
        note_aside(place, item, type(error).__name__)


def note_aside(place: str, item: str, error: str) -> None:
    """Write down that an item was set aside; the same again is counted."""
    log.error("%s: item %s was set aside (%s)", place, item, error)
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [place, item, error, moment, moment])


def list_aside() -> list[Aside]:
    with connection.cursor() as cursor:
        cursor.execute(_LIST)
        return [Aside(*row) for row in cursor.fetchall()]


def forget_aside(place: str) -> int:
    """Take a place off the list, once somebody has looked; return how many items it was."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_set_aside WHERE place = %s", [place])
        return int(cursor.rowcount)
