"""The server processes of a site: forked from one that has everything loaded, and started again when one dies."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable

log = logging.getLogger("temoin.serving")

WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
YOUNG = 5.0  # seconds; one that dies sooner is not started again at once
PATIENCE = 10.0
BACKLOG = 1024
YOUNG_OBJECTS = 50_000  # made and not yet freed before the collector looks among them: some 10 MB


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def run_processes(count: int, work: Callable[[], None]) -> None:
    """Keep `count` processes at `work` until this one is told to stop; then stop them, and wait for them."""
    _settle_heap()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    running: dict[int, float] = {_start(work, before): time.monotonic() for _ in range(count)}
    try:
        while signal.sigwait(WATCHED) == signal.SIGCHLD:
            young = [time.monotonic() - running.pop(pid) < YOUNG for pid in _ended(running)]
            if any(young) and _told_to_stop(YOUNG):
                break
            running |= {_start(work, before): time.monotonic() for _one in young}
    finally:
        _stop(running)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settle_heap() -> None:
    """Put what is loaded out of the collector's sight, and let it look seldom: it took a tenth of each request.

    What a request makes is freed as it ends, without the collector, but for a few rings; the processes share what is
    loaded for longer, as nobody writes in it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)


def _start(work: Callable[[], None], mask: set[signal.Signals | int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        work()
        status = 0
    finally:
        if status:
            log.error("a server process failed", exc_info=True)
        os._exit(status)  # a thread that hangs, or what the parent meant to do at its own end, is not waited for


def _told_to_stop(seconds: float) -> bool:
    """Wait a while; tell whether we were told to stop meanwhile."""
    return signal.sigtimedwait(WATCHED - {signal.SIGCHLD}, seconds) is not None


def _ended(running: dict[int, float]) -> list[int]:
    return [pid for pid in running if os.waitpid(pid, os.WNOHANG)[0]]


def _stop(running: dict[int, float]) -> None:
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    left = set(running)
    while left and time.monotonic() < deadline:
        left -= {pid for pid in left if os.waitpid(pid, os.WNOHANG)[0]}
        time.sleep(0.02)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
