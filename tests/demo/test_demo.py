"""The whole demonstration, as a newcomer and as a drill use it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BASE_PORT = 18600


class Running:
    """A demonstration in a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.data = folder / "data"
        self.ready_file = folder / "ready.json"
        self.output = folder / "output.txt"
        self.ready_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "temoin.cli.main", "demo", "--data", str(self.data)]
        command += ["--base-port", str(BASE_PORT), "--ready-file", str(self.ready_file), *words]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)

    def ready(self) -> dict:
        """Wait until all is up, and return what the ready file says."""
        self.wait_for(self.ready_file.exists, 600)  # while it lives: a busy machine is slow
        return json.loads(self.ready_file.read_text())

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)

    def stop(self, number: signal.Signals) -> int:
        """Send the signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: a demonstration goes on with what another, stopped or killed, left there."""
    return tmp_path_factory.mktemp("demonstration")


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start_one(*words: str, within: Path = folder) -> Running:
        started.append(Running(within, *words))
        return started[-1]

    yield start_one
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 our own addresses
        return answer.status


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for file in files for word in file.read_text().split()]


def test_it_runs_stops_and_goes_on_with_the_same_data(start):
    first = start()
    before = first.ready()
    assert {status_of(f"{before['addresses'][site]}/") for site in ("staff", "portal", "sandbox")} == {200}

    assert first.stop(signal.SIGTERM) == 0

    assert not any(alive(pid) for pid in before["pids"].values())
    second = start()
    after = second.ready()
    assert after["accounts"] == before["accounts"]
    assert second.stop(signal.SIGINT) == 0


def test_its_journal_is_sealed_witnessed_and_verified(start):
    running = start()
    running.ready()

    def journal(verb: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "temoin.cli.main", "journal", verb, "--data", str(running.data)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def is_followed() -> bool:
        return len(re.findall("witness [a-z]+: at [1-9][0-9]*, follows", journal("status").stdout)) == 2

    running.wait_for(is_followed, 40)
    verified = journal("verify")

    assert (verified.returncode, verified.stderr) == (0, "")
    assert f"Compared with {running.data}/checkpoints, demonstration." in verified.stdout
    assert running.stop(signal.SIGTERM) == 0
    assert journal("verify").returncode == 1  # the database starts for it, the witness is down
    assert "the witness does not answer" in journal("verify").stderr


def test_a_killed_worker_site_or_database_comes_back(start):
    running = start("--workers", "2")
    before = running.ready()["pids"]
    killed = ("worker", "worker-2", "portal", "database")

    for name in killed:
        os.kill(before[name], signal.SIGKILL)

    running.wait_for(lambda: all(running.ready()["pids"][name] != before[name] for name in killed), 20)
    assert "worker runs again" in running.output.read_text()
    assert running.stop(signal.SIGTERM) == 0


def test_a_killed_server_process_comes_back_and_its_site_never_stops(start):
    running = start()
    site = running.ready()["pids"]["staff"]
    before = children_of(site)

    os.kill(before[0], signal.SIGKILL)

    running.wait_for(lambda: before[0] not in children_of(site) and len(children_of(site)) == len(before), 20)
    assert set(before[1:]) < set(children_of(site))
    assert running.ready()["pids"]["staff"] == site
    assert running.stop(signal.SIGTERM) == 0


def test_slow_callers_keep_no_counter_waiting(start):
    url = start().ready()["addresses"]["staff"]
    head = "POST /api/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    slow = [socket.create_connection(("127.0.0.1", BASE_PORT), timeout=10) for _ in range(60)]
    for connection in slow:
        connection.sendall(f"{head}Content-Length: 16000\r\n\r\ngrant_type=".encode())

    began = time.monotonic()
    assert status_of(f"{url}/healthz") == 200

    assert time.monotonic() - began < 3
    for connection in slow:
        connection.close()


def test_nothing_outlives_a_killed_demonstration(start):
    running = start()
    pids = running.ready()["pids"]

    running.process.kill()
    running.process.wait()

    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [name for name, pid in pids.items() if alive(pid)]


def test_a_signal_during_the_set_up_stops_it_and_the_next_start_begins_again(start, tmp_path):
    first = start(within=tmp_path)
    first.wait_for(lambda: "Tables" in first.output.read_text(), 300)
    assert first.stop(signal.SIGTERM) == 0

    second = start(within=tmp_path)

    assert second.ready()["accounts"]
    assert second.stop(signal.SIGTERM) == 0


def test_accounts_are_readable_by_us_alone(start):
    running = start()
    running.ready()

    modes = {path.name: path.stat().st_mode & 0o077 for path in (running.data / "keys").iterdir()}

    assert set(modes.values()) == {0}
    assert running.ready_file.stat().st_mode & 0o077 == 0
    assert running.stop(signal.SIGTERM) == 0
