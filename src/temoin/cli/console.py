"""What the `temoin` command says to whoever typed it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str = "") -> None:
    """Write a line for the person; a closed pipe at the other end is no reason to stop."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        return


def complain(text: str) -> None:
    """Write a line about what went wrong."""
    sys.stderr.write(f"temoin: {text}\n")
    sys.stderr.flush()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tell that a step of the set-up begins, and how long it took."""
    began = time.monotonic()
    sys.stdout.write(f"  {name:<44}")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"{time.monotonic() - began:5.1f} s")
