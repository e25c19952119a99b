"""A demonstration in a folder of its own, as drills start it, read its ready file and stop it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Demonstration:
    """One that is up; `ready` is read anew each time, since process numbers change when a process is killed."""

    file: Path

    @property
    def ready(self) -> dict[str, Any]:
        """Return what it says of itself now."""
        content: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return content

    @property
    def data(self) -> Path:
        """Return its data folder."""
        return Path(self.ready["data"])


@contextmanager
def demonstration(
    folder: Path, port: int, *, workers: int = 1, through: str = "fhir", listens: bool = False
) -> Iterator[Demonstration]:
    """Run `temoin demo` until the block ends, or the drill is told to end."""
    signal.signal(signal.SIGTERM, lambda *_told: sys.exit(128 + signal.SIGTERM))
    file = folder / "ready.json"
    words = [sys.executable, "-m", "temoin.cli.main", "demo", "--data", str(folder / "data")]
    words += ["--base-port", str(port), "--ready-file", str(file), "--workers", str(workers)]
    words += ["--through", through, *(["--listen"] if listens else [])]
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(file, process, folder / "demo.log")
        yield Demonstration(file)
    finally:
        process.terminate()
        process.wait(60)


def add_settings(running: Demonstration, lines: str, *names: str) -> None:
    """Write lines into the settings and have the processes of these names read them: ended, they are started again."""
    with (running.data / "temoin.toml").open("a", encoding="utf-8") as settings:
        settings.write(lines)
    before = {name: pid for name, pid in running.ready["pids"].items() if name.startswith(names)}
    for pid in before.values():
        os.kill(pid, signal.SIGTERM)
    while any(running.ready["pids"][name] in {pid, None} for name, pid in before.items()):
        time.sleep(0.1)


def wait_until_answers(port: int) -> None:
    """Wait until something listens at a port of this machine."""
    deadline = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    while not file.exists():
        if process.poll() is not None:
            raise RuntimeError(f"the demonstration did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.1)
