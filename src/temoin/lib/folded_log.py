"""Lines of the log that others can bring about as often as they like: one a minute, with how many there were."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

EVERY: Final = 60.0  # seconds between two lines of one kind
MOST_NAMED: Final = 5  # reasons in one line


class FoldedLog:
    """One kind of line; the first is written at once, and the next tells what came meanwhile."""

    def __init__(self, log: logging.Logger, words: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._words, self._clock = log, words, clock
        self._lock = threading.Lock()
        self._told = float("-inf")
        self._met = 0
        self._reasons: dict[str, None] = {}

    def note(self, *reasons: str) -> None:
        """Count one more, and write a line unless one was written within the last minute."""
        with self._lock:
            self._met += 1
            for reason in reasons:
                if len(self._reasons) <= MOST_NAMED:
                    self._reasons[reason] = None
            if self._clock() - self._told < EVERY:
                return
            met, named = self._met, list(self._reasons)
            self._told, self._met, self._reasons = self._clock(), 0, {}
        more = ", …" if len(named) > MOST_NAMED else ""
        self._log.warning("%s: %s%s (%d since the last line)", self._words, ", ".join(named[:MOST_NAMED]), more, met)
