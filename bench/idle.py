"""Processor time of a machine room in which nothing happens: the worker, the sealer, and the database for them.

    python bench/idle.py [--seconds 60] [--base-port 9430] [--at-most 5]

Nothing waits in the outbox and nothing is to be sealed. Each line is milliseconds of processor per second, as the
kernel counts them (Linux): other work on the machine does not add to them. The database alone, before the two are
started, is what they are compared with. The last line is what worker, sealer and database take together above it, and
the command fails above `--at-most`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from full_outbox import Outbox, outbox, running

SETTLES = 45  # seconds: the first minute loads what is needed, and does every duty once
PROC = Path("/proc")


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with outbox(options.base_port, "worker") as quiet:
        database = _postmaster(quiet)
        (alone,) = spent([database], options.seconds)
        print(f"database alone: {alone:.2f} ms a second", flush=True)
        data = ["--data", str(quiet.folder)]
        with running("worker", *data) as worker, running("sealer", *data) as sealer:
            time.sleep(SETTLES)
            found = spent([worker.pid, sealer.pid, database], options.seconds)
            if worker.poll() is not None or sealer.poll() is not None:
                raise RuntimeError("one of the two has ended")
    for name, took in zip(("worker", "sealer", "database for both"), found, strict=True):
        print(f"{name}: {took:.2f} ms a second")
    above = sum(found) - alone
    print(f"{above:.2f}")
    return 0 if above <= options.at_most else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--base-port", type=int, default=9430)
    parser.add_argument("--at-most", type=float, default=float("inf"), help="milliseconds of processor a second")
    return parser.parse_args()


def _postmaster(quiet: Outbox) -> int:
    return int((quiet.server.cluster / "postmaster.pid").read_text("ascii").split()[0])


def spent(roots: list[int], seconds: float) -> list[float]:
    """Return, for each process with its descendants, milliseconds of processor per second over that long a time."""
    before, began = [_processor(root) for root in roots], time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    return [1000 * (_processor(root) - then) / took for root, then in zip(roots, before, strict=True)]


def _processor(root: int) -> float:
    """Return the seconds that a process, its children, and theirs that have ended took (proc(5), fields 14 to 17)."""
    return sum(sum(map(int, _stat(process)[11:15])) for process in _family(root)) / os.sysconf("SC_CLK_TCK")


def _family(root: int) -> Iterator[int]:
    yield root
    for process in PROC.glob("[0-9]*"):
        if _stat(int(process.name))[1:2] == [str(root)]:
            yield from _family(int(process.name))


def _stat(process: int) -> list[str]:
    """Return what follows the name of a program, or nothing once it has ended."""
    try:
        return (PROC / str(process) / "stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


if __name__ == "__main__":
    sys.exit(main())
