"""Ties a process's life to that of the one that started it, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def die_with(parent: int, with_signal: signal.Signals) -> None:
    """Have the kernel send the signal when the parent's thread ends; leave at once if it already has."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(ctypes.c_ulong(PR_SET_PDEATHSIG), ctypes.c_ulong(with_signal), *[ctypes.c_ulong(0)] * 3) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl: {os.strerror(number)}")
    if os.getppid() != parent:
        raise SystemExit("the supervising process is gone")
