"""What tells that the database is away: everybody's trouble, never one parcel's or one item's; and how it is told.

Down is normal (law 8): a page says so and tries again, a loop waits a second, and the log has one line a second,
however many requests and loops meet it.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final, cast

import psycopg
from django.db import InterfaceError, OperationalError
from django.db.transaction import TransactionManagementError
from django.http import HttpResponse

log = logging.getLogger("temoin.database")

DATABASE_AWAY = (OperationalError, InterfaceError)
AGAIN: Final = 5  # seconds after which whoever was turned away may ask again: the answer's Retry-After

# SQLSTATEs, by class, by group or whole, that say "not now" of the server and nothing of the statement. All the others
# are a statement's own matter, or a defect; `tests/lib/test_away.py` decides about each class that the driver knows.
AWAY_STATES: Final = {
    "08": "the line to it broke",
    "53": "it has no room: disk, memory or connections",
    "57P": "it stops, starts, or ended the connection",
    "58": "its machine fails it",
    "25006": "it is a standby now: another server is the primary",
}


def is_away(error: BaseException | None) -> bool:
    """Tell whether the server cannot be had now, and not only whether a statement took too long or met a lock."""
    if isinstance(error, TransactionManagementError):  # a statement after the one that met the outage
        return is_away(error.__cause__)
    told = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    if isinstance(told, psycopg.Error):
        return _says_away(told)
    return isinstance(error, DATABASE_AWAY)


def _says_away(error: psycopg.Error) -> bool:
    if error.sqlstate is not None:
        return error.sqlstate.startswith(tuple(AWAY_STATES))
    # No server told it: the connection could not be made, or broke. A pipeline that stopped repeats an earlier error.
    return isinstance(error, psycopg.OperationalError) and not isinstance(error, psycopg.errors.PipelineAborted)


def _cause(error: BaseException | None) -> str:
    """Return in words of ours why the database is away; the driver's own words may hold a value."""
    told = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    state = getattr(told, "sqlstate", None) or ""
    words = next((words for start, words in AWAY_STATES.items() if state.startswith(start)), "no server answers")
    return f"{words} ({state or type(told or error).__name__})"


def _count(*, begins: bool) -> None:
    # Not before: a site names the folder in which its processes count together before it loads Django, and this.
    from temoin.lib.measures import OUTAGE as SHOWN
    from temoin.lib.measures import OUTAGES

    SHOWN.set(1 if begins else 0)
    OUTAGES.inc(1 if begins else 0)


class Outage:
    """One outage as this process meets it: told once a second with how often it was met, and once when it is over."""

    EVERY = 1.0  # seconds between two lines
    PROBE = 0.5  # seconds after a connection that could not be made until the next is tried

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._told = float("-inf")
        self._met = 0
        self._is_refused = False
        self._is_tried = False
        self._next_try = 0.0

    def may_connect(self) -> bool:
        """Tell whether to try for a connection now; then the caller tells how it went, by `end` or by `refuse`.

        Where the last could not be made, one thread tries at a time and the others are told at once: a server that
        answers nothing would hold them all, for seconds each.
        """
        with self._lock:
            if not self._is_refused:
                return True
            if self._is_tried or time.monotonic() < self._next_try:
                return False
            self._is_tried = True
            return True

    def refuse(self) -> None:
        """Note that a connection could not be made."""
        with self._lock:
            self._is_refused, self._is_tried = True, False
            self._next_try = time.monotonic() + self.PROBE

    def note(self, error: BaseException | None) -> None:
        """Count that somebody met it; say so unless it was said within the last second."""
        moment = time.monotonic()
        with self._lock:
            if self._since is None:
                self._since = moment
                _count(begins=True)
            self._met += 1
            if moment - self._told < self.EVERY:
                return
            self._told, met, self._met = moment, self._met, 0
        log.error("the database is away: %s; met %d times since the last line", _cause(error), met)

    def end(self) -> None:
        """Note that a connection was made; say that the database is back, if it was away."""
        with self._lock:
            self._is_refused = self._is_tried = False
            if self._since is None:
                return
            lasted, met = time.monotonic() - self._since, self._met
            self._since, self._met = None, 0
            _count(begins=False)
        log.warning("the database is back after %.1f s; met %d times since the last line", lasted, met)

    @property
    def is_on(self) -> bool:
        """Tell whether the last that was heard of the database is that it is away."""
        return self._since is not None


OUTAGE: Final = Outage()


def as_turned_away(answer: HttpResponse, error: BaseException | None) -> HttpResponse:
    """Note the outage, and make the answer one that says when to ask again; Django has nothing to log of it."""
    OUTAGE.note(error)
    answer.status_code = 503
    answer["Retry-After"] = str(AGAIN)
    return as_told(answer)


def as_told(answer: HttpResponse) -> HttpResponse:
    """Mark an answer whose cause was logged where it was made: `django.request` would write the same again."""
    cast("Any", answer)._has_been_logged = True  # noqa: SLF001 the name that Django looks for
    return answer
