"""The loops of this process and when each last turned: a supervisor is told that they turn, not that we live."""

from __future__ import annotations

import time

_turned: dict[str, float] = {}


def beat(loop: str) -> None:
    """Note that a loop turned."""
    _turned[loop] = time.monotonic()


def end_beat(loop: str) -> None:
    """Note that a loop ended, as it was told to: nobody waits for its next turn."""
    _turned.pop(loop, None)


def longest_silence() -> float:
    """Return for how many seconds the slowest loop has not turned."""
    return max((time.monotonic() - at for at in _turned.values()), default=0.0)
