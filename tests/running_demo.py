"""A demonstration in a process of its own, for tests that use it as a newcomer and as a drill do."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from patience import PATIENCE, wait_until

from temoin_demo.ports import count


class Running:
    """A demonstration in a process of its own."""

    def __init__(self, folder: Path, base_port: int, *words: str) -> None:
        self.data = folder / "data"
        self.ready_file = folder / "ready.json"
        self.output = folder / "output.txt"
        self.ready_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "temoin.cli.main", "demo", "--data", str(self.data)]
        command += ["--base-port", str(base_port), "--ready-file", str(self.ready_file), *words]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)

    def ready(self) -> dict:
        """Wait until all is up, also what a test killed and starts again, and return what the ready file says."""
        self.wait_for(self.ready_file.exists)
        told = json.loads(self.ready_file.read_text())
        ports = [urlsplit(address).port or 80 for address in told["addresses"].values()]
        self.wait_for(lambda: not any(map(is_free, ports)))
        return told

    def wait_for(self, happens: Callable[[], object]) -> None:
        """Wait for something while it lives."""
        wait_until(happens, of=self.process, told=self.output.read_text)

    def stop(self, number: signal.Signals) -> int:
        """Send the signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def end(self) -> None:
        """Leave nothing of it, however its test ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def was_left(self) -> bool:
        """Tell whether it ended, as a test asked it to."""
        return self.process.returncode is not None

    def journal(self, verb: str) -> subprocess.CompletedProcess:
        """`temoin journal <verb>` of its data."""
        return journal_of(self.data, verb)


class SharedDemo:
    """One demonstration for all that need one running, since a start costs more than all that they ask.

    Its first set-up is interrupted, and the next start goes on with what is there. Who stops or kills it leaves it to
    the next to start it again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._port = folder, free_ports()
        self._running: Running | None = None
        self.interrupted: int | None = None  # the status of the interrupted set-up

    def running(self) -> Running:
        if self.interrupted is None:
            setting_up = self._start()
            setting_up.wait_for(lambda: "Tables" in setting_up.output.read_text())
            self.interrupted = setting_up.stop(signal.SIGINT)
        if self._running is None or self._running.was_left:
            self._running = self._start()
        self._running.ready()
        return self._running

    def _start(self) -> Running:
        return Running(self.folder, self._port, "--workers", "2")

    def end(self) -> None:
        if self._running is not None:
            self._running.end()


def journal_of(data: Path, verb: str) -> subprocess.CompletedProcess:
    """`temoin journal <verb>` of a demonstration's data, while it runs or after it."""
    command = [sys.executable, "-m", "temoin.cli.main", "journal", verb, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def free_ports() -> int:
    """Return the first of as many free ports as a demonstration takes; two runs side by side seldom choose the same."""
    while True:
        first = 20_000 + secrets.randbelow(10_000)  # below those that the system gives to whoever calls
        if all(is_free(port) for port in range(first, first + count())):
            return first


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 our own addresses
        return answer.status


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for file in files for word in file.read_text().split()]
