"""The threads that take files in behind a page's answer, and their turns: a few at once in a server process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections

from temoin.intake.held import LEASE

AT_ONCE = 2  # files that one server process takes in: others wait for their turn
_turns = threading.BoundedSemaphore(AT_ONCE)


def start_behind(work: Callable[[], None]) -> None:
    """Do the work in a thread of its own: the page that began it is answered at once."""

    def alone() -> None:
        try:
            work()
        finally:
            connections.close_all()

    threading.Thread(target=alone, name="file", daemon=True).start()


@contextmanager
def turn(note: Callable[[], None]) -> Iterator[None]:
    """Wait for a turn; `note` says again and again that nobody else has to go on with the file, and once it begins."""
    _leave_database()
    while not _turns.acquire(timeout=LEASE / 4):
        note()
        _leave_database()
    try:
        note()
        yield
    finally:
        _turns.release()


def _leave_database() -> None:
    """Give the thread's connection back: however many files wait, two at a time hold one."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
