"""The bell: a parcel that is posted wakes the lane that sleeps, and no commit of a busy day rings it.

PostgreSQL lets commits that notify go one after the other, each with its write to disk. So a lane says in its row of
`outbox_lane` that it sleeps, only then does an act notify, and the first claim takes the word back. A ring that is lost
(an act that began before the lane slept, a connection that was cut) costs one slow look. Whatever makes a parcel due
before its time rings, and so does who closes a circuit.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

from temoin.lib.away import OUTAGE, is_away
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.handed import Handed

log = logging.getLogger("temoin.outbox")

# How to reach the server itself, where a pooler stands before it or none; None: not known.
DIRECT: Handed[Mapping[str, Any] | None] = Handed("way to the database server itself")

CHANNEL = "temoin_parcels"
LISTENS = "temoin-worker-listens"  # how the connection is seen in pg_stat_activity
AFRESH = 1.0  # seconds between tries to listen while the database is away
HEARS_STOP = 0.5  # seconds within which a listener hears that it must stop

RING = f"SELECT pg_notify('{CHANNEL}', destination) FROM outbox_lane WHERE asleep AND destination = ANY(%s)"  # noqa: S608
_SLEEP = """
INSERT INTO outbox_lane (destination, asleep) VALUES (%s, true)
ON CONFLICT (destination) DO UPDATE SET asleep = true WHERE NOT outbox_lane.asleep
"""
_WAKE = "UPDATE outbox_lane SET asleep = false WHERE destination = %s AND asleep"
_TELL = f"SELECT pg_notify('{CHANNEL}', %s)"
_PROSPECT = """
SELECT coalesce(lane.asleep, false), lane.paused_until, (
    SELECT due_at FROM outbox_parcel
    WHERE destination = asked.destination AND state IN ('waiting', 'sending', 'in_doubt') ORDER BY due_at LIMIT 1)
FROM (SELECT %s::text AS destination) asked LEFT JOIN outbox_lane lane USING (destination)
"""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a lane without work has to expect: in seconds from now, past ones below zero."""

    is_asleep: bool  # whether acts ring for it
    held: float  # until its circuit lets it try again
    due: float | None  # until a parcel is due by the clock; None when none waits


def ring(commit: Commit, destination: str) -> None:
    """Add to the act's commit that the destination's lane is woken, if it sleeps."""
    commit.ask_once(RING, destination)


def ring_now(destination: str) -> None:
    """Wake a destination's lanes, whether or not they say that they sleep."""
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [destination])


def fall_asleep(destination: str) -> None:
    """Say that the lane sleeps. Look once more after it: what was posted before the word did not ring."""
    with connection.cursor() as cursor:
        cursor.execute(_SLEEP, [destination])


def prospect_of(destination: str) -> Prospect:
    """Return what a lane without work has to expect; one read of two small indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_PROSPECT, [destination])
        ((is_asleep, paused_until, due_at),) = cursor.fetchall()
    moment = now()
    return Prospect(
        is_asleep=is_asleep,
        held=0.0 if paused_until is None else (paused_until - moment).total_seconds(),
        due=None if due_at is None else (due_at - moment).total_seconds(),
    )


def wake_up(destination: str) -> None:
    """Take the word back: a lane at work finds by itself what is posted."""
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, [destination])


class Listener:
    """Rings each lane's bell when the database tells of a parcel, and all of them when it is there again."""

    def __init__(self, bells: Mapping[str, threading.Event], stop: threading.Event, place: Mapping[str, Any]) -> None:
        self._bells = dict(bells)
        self._stop = stop
        self._place = place

    def run(self) -> None:
        """Listen until told to stop, on a connection of its own: a pooler would hand the notices to somebody else."""
        while not self._stop.is_set():
            try:
                self._listen(lambda: psycopg.connect(**self._place, autocommit=True))
            except psycopg.Error as error:
                if is_away(error):
                    OUTAGE.note(error)
                else:
                    log.error("the worker does not hear of parcels: %s; next try in a moment", type(error).__name__)
                self._stop.wait(AFRESH)
        self._ring(self._bells)

    def _listen(self, connect: Callable[[], psycopg.Connection]) -> None:
        with connect() as database:
            database.execute(f"LISTEN {CHANNEL}".encode())
            OUTAGE.end()  # which this listener alone may have met: its connection is none of Django's
            self._ring(self._bells)  # nobody heard what was told meanwhile
            while not self._stop.is_set():
                for told in database.notifies(timeout=HEARS_STOP):
                    self._ring([told.payload])

    def _ring(self, destinations: Iterable[str]) -> None:
        for destination in destinations:
            if destination in self._bells:
                self._bells[destination].set()


def listening_place() -> dict[str, Any] | None:
    """Return how to connect to the server itself; None where only a pooler is known, and lanes look by the clock."""
    direct = DIRECT()
    if direct is None:
        return None
    names = connection.settings_dict
    given = {"dbname": names["NAME"], "user": names["USER"], "password": names["PASSWORD"]}
    return {**direct, **given, "application_name": LISTENS}
