"""The whole demonstration, started, stopped, killed and started again."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_demo import Running, alive, status_of

BASE_PORT = 18600


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all: a signal interrupted its set-up, and each start goes on with what is there."""
    folder = tmp_path_factory.mktemp("demonstration")
    first = Running(folder, BASE_PORT)
    first.wait_for(lambda: "Tables" in first.output.read_text(), 300)
    assert first.stop(signal.SIGTERM) == 0
    return folder


@pytest.fixture
def start(interrupted: Path) -> Iterator[Callable[[], Running]]:
    started: list[Running] = []

    def start_one() -> Running:
        started.append(Running(interrupted, BASE_PORT))
        return started[-1]

    yield start_one
    for running in started:
        running.end()


def test_after_an_interrupted_set_up_it_runs_stops_and_goes_on_with_the_same_data(start):
    first = start()
    before = first.ready()
    assert {status_of(f"{before['addresses'][site]}/") for site in ("staff", "portal", "sandbox")} == {200}

    assert first.stop(signal.SIGTERM) == 0

    assert not any(alive(pid) for pid in before["pids"].values())
    second = start()
    after = second.ready()
    assert after["accounts"] == before["accounts"]
    assert second.stop(signal.SIGINT) == 0


def test_a_journal_is_not_called_verified_once_its_witness_is_down(start):
    running = start()
    running.ready()
    assert running.stop(signal.SIGTERM) == 0

    verified = running.journal("verify")  # the database starts for it

    assert verified.returncode == 1
    assert "the witness does not answer" in verified.stderr


def test_nothing_outlives_a_killed_demonstration(start):
    running = start()
    pids = running.ready()["pids"]

    running.process.kill()
    running.process.wait()

    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [name for name, pid in pids.items() if alive(pid)]
