"""The counter's bell: whoever looks at a pharmacy's list hears that something of it changed, and nothing else.

An act does not notify in its own transaction: PostgreSQL lets commits that notify go one after the other, each with its
write to disk (decision 0113). A thread gathers what was stirred and tells it a tenth of a second later, in a
transaction without a write of its own, which waits for no disk. What is lost with a process costs its screens the slow
look that they take all the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from temoin.lib.away import OUTAGE, is_away
from temoin.lib.stirring import tell_stirs_to
from temoin.outbox.bell import AFRESH, HEARS_STOP, listening_place

log = logging.getLogger("temoin.outbox")

CHANNEL = "temoin_counter"
RINGS = "temoin-counter-bell"  # how the connections are seen in pg_stat_activity
GATHERED = 0.1  # seconds
_ASYNCHRONOUS = "SET LOCAL synchronous_commit TO off"
_TELL = f"SELECT pg_notify('{CHANNEL}', topic) FROM unnest(%s::text[]) AS topic"  # noqa: S608


def topic_of(pharmacy_id: UUID) -> str:
    """Return what stands for a pharmacy in a notification, which every role of the database may hear."""
    return sha256(b"counter" + pharmacy_id.bytes).hexdigest()[:32]


class Ringer:
    """Gathers whose counters were stirred in this process, and tells them."""

    def __init__(self, place: dict[str, Any]) -> None:
        self._place = place
        self._due: set[str] = set()
        self._lock = threading.Lock()
        self._is_due = threading.Event()
        self._database: psycopg.Connection | None = None

    def stir(self, pharmacy_id: UUID) -> None:
        """Note a pharmacy; the act that stirred it waits for nothing."""
        with self._lock:
            self._due.add(topic_of(pharmacy_id))
        self._is_due.set()

    def run(self) -> None:
        """Tell without end."""
        stop = threading.Event()
        while self._is_due.wait():
            stop.wait(GATHERED)
            self.tell()

    def tell(self) -> None:
        """Tell what was gathered; screens look by the clock where the database is away."""
        self._is_due.clear()
        with self._lock:
            due, self._due = sorted(self._due), set()
        try:
            self._notify(due)
            OUTAGE.end()
        except psycopg.Error as error:
            _tell("the counter's bell does not ring", error)
            self.close()

    def close(self) -> None:
        """Give the connection up; the next ring opens another."""
        if self._database is not None:
            self._database.close()
        self._database = None

    def _notify(self, topics: list[str]) -> None:
        if self._database is None:
            self._database = psycopg.connect(**self._place, autocommit=True)
        with self._database.transaction():
            self._database.execute(_ASYNCHRONOUS)
            self._database.execute(_TELL.encode(), [topics])


def start_ringing() -> None:
    """Have this process tell what it stirs, from now on; after a fork, in each process anew."""
    names = connection.settings_dict
    place = {name: names[key] for name, key in _NAMES.items() if names[key]}
    ringer = Ringer({**place, **_limits(names["OPTIONS"]), "application_name": RINGS})
    threading.Thread(target=ringer.run, name="counter-bell", daemon=True).start()
    tell_stirs_to(ringer.stir)


def _limits(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return how long this process's own connections bear silence, and of which server."""
    return {name: value for name, value in options.items() if name in LIMITS}


LIMITS = frozenset(
    {
        "connect_timeout",
        "tcp_user_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "target_session_attrs",
    }
)
_NAMES = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}


def counter_bell() -> Callable[[Callable[[str], None], threading.Event], None] | None:
    """Return what hears for the server's streams; None where only a pooler is known, and screens look by the clock."""
    place = listening_place()
    if place is None:
        return None
    given = {**place, "application_name": RINGS}
    return lambda ring, stop: hear(ring, stop, given)


def hear(ring: Callable[[str], None], stop: threading.Event, place: dict[str, Any]) -> None:
    """Ring for each topic told, and for all when the database is there again: nobody heard what was told meanwhile."""
    while not stop.is_set():
        try:
            _hear(ring, stop, place)
        except psycopg.Error as error:
            _tell("the counter's bell is not heard; next try in a moment", error)
            stop.wait(AFRESH)


def _tell(what: str, error: Exception) -> None:
    if is_away(error):
        OUTAGE.note(error)
    else:
        log.error("%s: %s", what, type(error).__name__)


def _hear(ring: Callable[[str], None], stop: threading.Event, place: dict[str, Any]) -> None:
    with psycopg.connect(**place, autocommit=True) as database:
        database.execute(f"LISTEN {CHANNEL}".encode())
        OUTAGE.end()
        ring("")
        while not stop.is_set():
            for told in database.notifies(timeout=HEARS_STOP):
                ring(told.payload)
