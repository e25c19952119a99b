"""The processes of a demonstration: started together, watched, restarted, stopped in order."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from temoin.cli.console import StillStarting, say
from temoin.cli.supervised import READY, SUPERVISOR
from temoin.lib.config_error import ConfigError
from temoin_demo.child_log import ChildLog

FIRST_DELAY = 0.5  # seconds before a dead process is started again; doubled each time it dies young
LONGEST_DELAY = 15.0
YOUNG = 20.0


class Child:
    """One process, its log, and how to see that it is at work."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        data: Path,
        environment: Mapping[str, str],
        probe: str | None,
    ) -> None:
        self.name = name
        self._probe = probe
        self._command = [sys.executable, "-m", "temoin.cli.main", *arguments]
        self._environment = {**os.environ, **environment, SUPERVISOR: str(os.getpid())}
        self._log = ChildLog(data / "logs" / f"{name}.log")
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: int | None = None
        self._began = 0.0
        self._delay = FIRST_DELAY
        self._restart_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Return the number of the process that is running, if any."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process; it must be called from the main thread, whose end it follows."""
        self._close_ready()
        self._ready, told = os.pipe()
        os.set_blocking(self._ready, False)
        handle = self._log.open()
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                env={**self._environment, READY: str(told)},
                pass_fds=(told,),
            )
        finally:
            os.close(handle)
            os.close(told)
        self._began = time.monotonic()
        self._restart_at = None

    def answers(self) -> bool:
        """Tell whether the process is at work: its site answers, or it said so itself."""
        if self._process is None or self._process.poll() is not None:
            return False
        if self._probe is not None:
            return _answers(self._probe)
        try:
            return self._ready is not None and os.read(self._ready, 1) == b"1"
        except BlockingIOError:
            return False

    def watch(self) -> bool:
        """Say what troubles the process, and start it again when it has died; tell whether it was started."""
        for trouble in self._log.troubles():
            say(f"{self.name}: {trouble.rstrip('.')}. Log: {self._log.path}")
        if self._restart_at is not None:
            if time.monotonic() < self._restart_at:
                return False
            self.start()
            say(f"{self.name} runs again.")
            return True
        if self._process is None or (status := self._process.poll()) is None:
            return False
        young = time.monotonic() - self._began < YOUNG
        self._delay = min(self._delay * 2, LONGEST_DELAY) if young else FIRST_DELAY
        self._restart_at = time.monotonic() + self._delay  # later each time it dies young
        say(f"{self.name} ended ({self._cause(status)}); it starts again in {self._delay:.1f} s. Log: {self._log.path}")
        return False

    def ask_to_stop(self) -> None:
        """Ask the process to end what it is doing and leave."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait_stopped(self, deadline: float) -> None:
        """Wait until the process has left; after the deadline it is killed, which no commit minds."""
        self._close_ready()
        if self._process is None:
            return
        try:
            self._process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def require_alive(self) -> None:
        """Refuse to go on when the process ended during the set-up."""
        if self._process is not None and (status := self._process.poll()) is not None:
            raise ConfigError(
                f"{self.name} did not start ({self._cause(status)}); its own words are in {self._log.path}"
            )

    def _cause(self, status: int) -> str:
        return self._log.cause().rstrip(".") or cause_of(status)

    def _close_ready(self) -> None:
        if self._ready is not None:
            os.close(self._ready)
            self._ready = None


def wait_until_answer(children: Sequence[Child], stopping: Callable[[], bool]) -> None:
    """Return once every child is at work, or as soon as we are told to stop; a child that lives is waited for."""
    waiting = list(children)
    still = StillStarting()
    while waiting and not stopping():
        for child in waiting:
            child.require_alive()
        waiting = [child for child in waiting if not child.answers()]
        if waiting:
            still.tell(", ".join(child.name for child in waiting))
            time.sleep(0.05)


def stop_children(children: Sequence[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + 15
    for child in children:
        child.wait_stopped(deadline)


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def cause_of(status: int) -> str:
    """Return how a process ended that had no word to say."""
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
