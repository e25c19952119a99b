"""The whole demonstration, interrupted, started, stopped, started again and killed."""

import signal
from pathlib import Path
from typing import NamedTuple

import pytest
from patience import wait_until
from running_demo import Running, alive, free_ports, journal_of, status_of


class Ended(NamedTuple):
    """A demonstration that ran and was stopped: each start costs more than all that is asked of it."""

    data: Path
    port: int
    ready: dict  # what its ready file said
    statuses: set[int]  # of its sites' first pages
    status: int  # its own, at its end


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Interrupt its set-up, let the next start go on with what is there, and stop that one."""
    folder = tmp_path_factory.mktemp("demonstration")
    port = free_ports()
    interrupted = Running(folder, port)
    interrupted.wait_for(lambda: "Tables" in interrupted.output.read_text())
    assert interrupted.stop(signal.SIGINT) == 0
    running = Running(folder, port)
    try:
        ready = running.ready()
        statuses = {status_of(f"{ready['addresses'][site]}/") for site in ("staff", "portal", "sandbox")}
        return Ended(running.data, port, ready, statuses, running.stop(signal.SIGTERM))
    finally:
        running.end()


def test_after_an_interrupted_set_up_it_runs_and_stops_whole(ended):
    assert ended.statuses == {200}
    assert ended.status == 0
    assert not any(alive(pid) for pid in ended.ready["pids"].values())


def test_a_journal_is_not_called_verified_once_its_witness_is_down(ended):
    verified = journal_of(ended.data, "verify")  # the database starts for it

    assert verified.returncode == 1
    assert "the witness does not answer" in verified.stderr


def test_started_again_it_has_the_same_data_and_nothing_outlives_its_kill(ended):
    running = Running(ended.data.parent, ended.port)
    try:
        again = running.ready()
        running.process.kill()
        running.process.wait()
    finally:
        running.end()

    assert again["accounts"] == ended.ready["accounts"]
    wait_until(lambda: not any(alive(pid) for pid in again["pids"].values()))
