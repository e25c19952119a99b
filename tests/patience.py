"""For how long a test waits for what a busy machine does late; nothing that comes is ever too late for its test."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

PATIENCE = 120.0  # seconds, which only a test that fails waits for


def wait_until(
    happens: Callable[[], object], *, of: subprocess.Popen[bytes] | None = None, told: Callable[[], str] = str
) -> None:
    """Wait for something to happen, while the process that it is expected of lives; `told` says why it may not."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert of is None or of.poll() is None, told()
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)
