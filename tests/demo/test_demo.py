"""The whole demonstration, interrupted, started, stopped, started again and killed."""

import signal
from pathlib import Path
from typing import NamedTuple

import pytest
from patience import wait_until
from running_demo import SharedDemo, alive, journal_of, status_of


class Ended(NamedTuple):
    """The demonstration that ran and was stopped."""

    data: Path
    interrupted: int | None  # the status of its first set-up
    ready: dict  # what its ready file said
    statuses: set[int]  # of its sites' first pages
    status: int  # its own, at its end


@pytest.fixture(scope="module")
def ended(shared_demo: SharedDemo) -> Ended:
    running = shared_demo.running()
    ready = running.ready()
    statuses = {status_of(f"{ready['addresses'][site]}/") for site in ("staff", "portal", "sandbox")}
    return Ended(running.data, shared_demo.interrupted, ready, statuses, running.stop(signal.SIGTERM))


def test_after_an_interrupted_set_up_it_runs_and_stops_whole(ended):
    assert ended.interrupted == 0
    assert ended.statuses == {200}
    assert ended.status == 0
    assert not any(alive(pid) for pid in ended.ready["pids"].values())


def test_a_journal_is_not_called_verified_once_its_witness_is_down(ended):
    verified = journal_of(ended.data, "verify")  # the database starts for it

    assert verified.returncode == 1
    assert "the witness does not answer" in verified.stderr


def test_started_again_it_has_the_same_data_and_nothing_outlives_its_kill(ended, shared_demo):
    running = shared_demo.running()
    again = running.ready()
    running.process.kill()
    running.process.wait()

    assert again["accounts"] == ended.ready["accounts"]
    wait_until(lambda: not any(alive(pid) for pid in again["pids"].values()))
