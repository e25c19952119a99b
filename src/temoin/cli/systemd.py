"""What systemd is told (sd_notify): that the process is at work, and that its loops turn; nothing without a socket."""

from __future__ import annotations

import os
import socket
import threading

from temoin.lib.heartbeat import longest_silence

SOCKET = "NOTIFY_SOCKET"
WATCHDOG = "WATCHDOG_USEC"


def notify(state: str) -> None:
    """Send a line of sd_notify(3), such as READY=1; a supervisor that does not listen is no reason to stop."""
    place = os.environ.get(SOCKET, "")
    if not place.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
        try:
            way.sendto(state.encode(), place.replace("@", "\0", 1) if place.startswith("@") else place)
        except OSError:
            return


def watchdog_seconds() -> float | None:
    """Return how long systemd waits for a sign before it restarts us; None when it watches nothing, or another."""
    told = os.environ.get(WATCHDOG, "")
    watched = os.environ.get("WATCHDOG_PID", "")
    if not told.isascii() or not told.isdigit() or (watched and watched != str(os.getpid())):
        return None
    return int(told) / 1_000_000 or None


def keep_watchdog(stop: threading.Event) -> None:
    """Tell systemd, in a thread, that we are well, for as long as every loop turns within the time it allows."""
    longest = watchdog_seconds()
    if longest is not None:
        threading.Thread(target=_pat, args=[stop, longest], name="watchdog", daemon=True).start()


def _pat(stop: threading.Event, longest: float) -> None:
    while not stop.is_set():
        if longest_silence() < longest / 2:
            notify("WATCHDOG=1")
        stop.wait(longest / 4)
