"""Duties: what the worker does by the clock, once among all workers.

A room announces its duties when Django starts. Whichever worker comes first takes a duty that is due by a lease; if it
dies, another takes it when the lease is over. A duty may therefore be done twice, and must bear it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import OUTAGE, is_away
from temoin.lib.clock import now

log = logging.getLogger("temoin.outbox")

SLOW = 30.0  # seconds between looks all the same: another worker may have died, a clock may have been set
AGAIN = 1.0  # seconds after an error of the look itself, and between looks at a duty that somebody else is taking
AFTER_FAILURE = timedelta(minutes=5)


@dataclass(frozen=True)
class Duty:
    """Something to do every so often; `do` gives up early when the event it is handed is set."""

    name: str
    every: timedelta
    do: Callable[[threading.Event], None]
    longest: timedelta = timedelta(minutes=10)  # the lease: nobody else does it meanwhile


_duties: dict[str, Duty] = {}


def register_duty(duty: Duty) -> None:
    """Announce a duty; the last one of a name counts."""
    _duties[duty.name] = duty


def duties() -> dict[str, Duty]:
    return dict(_duties)


_TAKE = """
UPDATE outbox_duty SET held_until = %(until)s
WHERE name = %(name)s AND due_at <= %(now)s AND (held_until IS NULL OR held_until < %(now)s)
"""
# Since when it fails is kept: `temoin lanes` shows a duty that is done again and again and never well.
_END = """
UPDATE outbox_duty SET due_at = %(due)s, held_until = NULL, failure = %(failure)s,
    failing_since = CASE WHEN %(failure)s = '' THEN NULL ELSE coalesce(failing_since, %(now)s) END
WHERE name = %(name)s AND held_until = %(until)s
"""


# Taken, and not done for want of a database: it is due as soon as that is back, and not when the lease is over.
_GIVE_BACK = "UPDATE outbox_duty SET held_until = NULL WHERE name = %(name)s AND held_until = %(until)s"
_NEXT = "SELECT min(greatest(due_at, held_until)) FROM outbox_duty WHERE name = ANY(%s)"


class Round:
    """Does what is due, again and again, in a thread of the worker's own; between, it sleeps until its bell rings."""

    def __init__(self, todo: Iterable[Duty], stop: threading.Event, bell: threading.Event | None = None) -> None:
        self._todo = list(todo)
        self._stop = stop
        self._bell = bell or stop  # rung when the database is there again, and at the end
        self._listed = False
        self._cut_short: dict[str, datetime] = {}

    def run(self) -> None:
        """Work until told to stop; like a lane, it outlives any error (style.md, Errors)."""
        while not self._stop.is_set():
            try:
                self.make()
                pause = self._until_due()
            except Exception as error:  # noqa: BLE001 outermost loop: log the type only, wait, go on
                _tell(error)
                connection.close()
                pause = AGAIN
            if self._bell.wait(pause) and not self._stop.is_set():
                self._bell.clear()
        connection.close()

    def _until_due(self) -> float:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [[duty.name for duty in self._todo]])
            ((due_at,),) = cursor.fetchall()
        pause = SLOW if due_at is None else (due_at - now()).total_seconds()
        return min(SLOW, pause if pause > 0.0 else AGAIN)

    def make(self) -> None:
        """Do each duty that is due and that no other worker holds."""
        if not self._listed:
            _list(self._todo)
            self._listed = True
        while self._cut_short:
            name, held = next(iter(self._cut_short.items()))
            _execute(_GIVE_BACK, {"name": name, "until": held})
            del self._cut_short[name]
        for duty in self._todo:
            if not self._stop.is_set() and (until := _take(duty)) is not None:
                self._do(duty, until)

    def _do(self, duty: Duty, until: datetime) -> None:
        pause, failure = duty.every, ""
        try:
            duty.do(self._stop)
        except Exception as error:
            if is_away(error):
                self._cut_short[duty.name] = until
                raise
            note_broken_seal(error, origin="worker")
            failure = type(error).__name__
            log.error("duty %s: %s; next try later", duty.name, failure)
            pause = min(pause, AFTER_FAILURE)
        _execute(_END, {"due": now() + pause, "failure": failure, "now": now(), "name": duty.name, "until": until})


def _tell(error: Exception) -> None:
    if is_away(error):
        OUTAGE.note(error)
        return
    note_broken_seal(error, origin="worker")
    log.error("duties: %s; next look in a moment", type(error).__name__)


# What a command does by the system's own clock stands beside the duties, and is watched as they are. One that never
# went well has been due since the year dot.
_NOTE = """
INSERT INTO outbox_duty (name, due_at, failure, failing_since)
VALUES (%(name)s, %(due)s, %(failure)s, CASE WHEN %(failure)s <> '' THEN %(now)s::timestamptz END)
ON CONFLICT (name) DO UPDATE SET failure = EXCLUDED.failure,
    due_at = CASE WHEN %(failure)s = '' THEN EXCLUDED.due_at ELSE outbox_duty.due_at END,
    failing_since = CASE WHEN %(failure)s = '' THEN NULL ELSE coalesce(outbox_duty.failing_since, %(now)s) END
"""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def note_outside_duty(name: str, *, every: timedelta, failure: str = "") -> None:
    """Note how a duty went that a command did; `failure` is a type's name, "" when it went well."""
    due = _NEVER + every if failure else now() + every
    _execute(_NOTE, {"name": name, "due": due, "failure": failure, "now": now()})


@dataclass(frozen=True)
class Failing:
    """A duty that did not go well the last time."""

    name: str
    since: datetime
    failure: str


def failing_duties() -> list[Failing]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, failing_since, failure FROM outbox_duty WHERE failing_since IS NOT NULL ORDER BY name"
        )
        return [Failing(*row) for row in cursor.fetchall()]


def _list(todo: Iterable[Duty]) -> None:
    for duty in todo:
        _execute("INSERT INTO outbox_duty (name, due_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", [duty.name, now()])


def _take(duty: Duty) -> datetime | None:
    moment = now()
    until = moment + duty.longest
    return until if _execute(_TAKE, {"name": duty.name, "now": moment, "until": until}) else None


def _execute(sql: str, values: list[Any] | dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
