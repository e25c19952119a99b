"""What the `temoin` command says to whoever typed it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper


def streams_of_use() -> None:
    """Have input, output and errors be there, and take every letter: before anything is opened or said.

    A file that is opened while one of the three is closed would get its number, and what is said with it. Files and
    pipes are UTF-8, whatever the machine speaks; a terminal that lacks a letter gets its number.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def say(text: str = "") -> None:
    """Write a line for the person; a closed pipe at the other end is no reason to stop."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()


def forget_output() -> None:
    """Let what is still to be said go nowhere: its reader is gone, and Python would complain of that at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Write a line about what went wrong."""
    sys.stderr.write(f"temoin: {text}\n")
    sys.stderr.flush()


class StillStarting:
    """Tells the person now and then who is waited for: a busy machine is slow, not broken."""

    EVERY = 10.0  # seconds

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()

    def tell(self, names: str) -> None:
        """Say who is still starting, unless it was said a moment ago."""
        now = time.monotonic()
        if now - self._told < self.EVERY:
            return
        self._told = now
        say(f"\n    still starting after {now - self._began:.0f} s: {names}")


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tell that a step of the set-up begins, and how long it took."""
    began = time.monotonic()
    sys.stdout.write(f"  {name:<44}")
    sys.stdout.flush()
    try:
        yield
    except KeyboardInterrupt:
        say("stopped")
        raise
    except BaseException:
        say("failed")
        raise
    say(f"{time.monotonic() - began:5.1f} s")
