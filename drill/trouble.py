"""What goes wrong during a drill: kill -9 of processes and of the database server at random, the authority down."""

from __future__ import annotations

import json
import os
import random
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Timer
from typing import Any

from demonstration import Demonstration

BETWEEN = 1.0  # seconds at least from one blow to the next
OUTAGE = 10.0  # seconds
# Where the blow falls, in parts of a hundred.
WORKER, SERVER, SITE = "worker", "server process of the staff site", "staff site"
SHARES = {WORKER: 50, SERVER: 30, SITE: 20}
DATABASE = "database server"


@dataclass
class Trouble:
    """Strikes while results are signed: each blow when its share of the results is signed."""

    demonstration: Demonstration
    progress: Callable[[], float]
    dice: random.Random
    stop: Event = field(default_factory=Event)
    blows: Counter[str] = field(default_factory=Counter)
    outages: list[Timer] = field(default_factory=list)
    last_at: float = 0.0

    def strike_all(self, *, kills: int, outages: int, kill_database: bool) -> None:
        """Strike until the plan is done or the drill is over."""
        plan: list[tuple[float, Callable[[], None]]] = []
        plan += [(number / kills, self.kill_one) for number in range(kills)]
        plan += [((number + 0.5) / outages, self.take_authority_down) for number in range(outages)]
        if kill_database:
            plan.append((0.5, self.kill_database))
        for share, blow in sorted(plan, key=lambda step: step[0]):
            while self.progress() < share and not self.stop.is_set():
                time.sleep(0.05)
            if self.stop.wait(BETWEEN * self.dice.uniform(1, 2)):
                break
            blow()
            self.last_at = time.monotonic()
        for outage in self.outages:
            outage.join()

    def kill_one(self) -> None:
        """Kill a worker, the staff site, or one of its server processes, whichever lives."""
        pids: dict[str, Any] = self.demonstration.ready["pids"]
        everyone = {
            WORKER: [pid for name, pid in pids.items() if name.startswith("worker")],
            SERVER: children_of(pids["staff"]),
            SITE: [pids["staff"]],
        }
        living = {where: found for where, pids in everyone.items() if (found := [pid for pid in pids if _is_ours(pid)])}
        if not living:
            self.blows["nobody: all were dead already"] += 1
            return
        where = self.dice.choices(list(living), [SHARES[where] for where in living])[0]
        os.kill(self.dice.choice(living[where]), signal.SIGKILL)
        self.blows[where] += 1

    def kill_database(self) -> None:
        """Kill the database server; its own processes follow it."""
        os.kill(self.demonstration.ready["pids"]["database"], signal.SIGKILL)
        self.blows[DATABASE] += 1

    def take_authority_down(self) -> None:
        """Have the authority cut every connection, then answer again."""
        sandbox = self.demonstration.ready["addresses"]["sandbox"]
        ask_sandbox(f"{sandbox}/faults", {"down": "close"})
        self.outages.append(Timer(OUTAGE, self._bring_authority_up, [sandbox]))
        self.outages[-1].start()
        self.blows["authority down"] += 1

    def _bring_authority_up(self, sandbox: str) -> None:
        ask_sandbox(f"{sandbox}/faults", {"down": "off"})
        self.last_at = max(self.last_at, time.monotonic())


def ask_sandbox(address: str, values: dict[str, Any] | None = None) -> Any:
    """Ask the sandbox, or tell it something, in JSON."""
    body = None if values is None else json.dumps(values).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310 our own sandbox
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 likewise
        return json.loads(answer.read())


def children_of(pid: int) -> list[int]:
    """Return the processes that this one started, none if it is dead."""
    try:
        words = [file.read_text(encoding="ascii") for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(word) for word in " ".join(words).split()]


def _is_ours(pid: int) -> bool:
    """Tell whether the process is still the one of the demonstration: numbers are used again."""
    try:
        return b"temoin" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
