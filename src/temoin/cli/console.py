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
