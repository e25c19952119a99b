"""What a process does for whoever supervises it: say that it is at work, and end when the supervisor has ended."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

from temoin.cli.systemd import notify
from temoin.lib.lifeline import die_with

SUPERVISOR = "TEMOIN_SUPERVISOR"
READY = "TEMOIN_READY_FD"


def follow_supervisor() -> None:
    """Stop when the supervising `temoin demo` is gone, even by kill -9."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor:
        die_with(int(supervisor), signal.SIGTERM)


def tell_ready() -> None:
    """Tell a supervisor, `temoin demo` or systemd, that the process is at work."""
    notify("READY=1")
    handle = os.environ.pop(READY, None)
    if handle is not None:
        os.write(int(handle), b"1")
        os.close(int(handle))


def end_by_cleaning() -> None:
    """Have a polite end of this process go by way of everything that is to be cleaned up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
