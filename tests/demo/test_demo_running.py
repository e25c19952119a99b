"""A running demonstration: used, witnessed, and mended by itself where a part of it is killed."""

import os
import re
import signal
import socket
from collections.abc import Iterator

import pytest
from running_demo import Running, children_of, status_of

BASE_PORT = 18900


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all: no test here stops it, and a start costs more than all that they ask."""
    one = Running(tmp_path_factory.mktemp("demonstration"), BASE_PORT, "--workers", "2")
    one.ready()
    yield one
    one.end()


def test_its_journal_is_sealed_witnessed_and_verified(running):
    def is_followed() -> bool:
        return len(re.findall("witness [a-z]+: at [1-9][0-9]*, follows", running.journal("status").stdout)) == 2

    running.wait_for(is_followed, 40)
    verified = running.journal("verify")

    assert (verified.returncode, verified.stderr) == (0, "")
    assert f"Compared with {running.data}/checkpoints, demonstration." in verified.stdout


def test_a_killed_worker_site_or_database_comes_back(running):
    before = running.ready()["pids"]
    killed = ("worker", "worker-2", "portal", "database")

    for name in killed:
        os.kill(before[name], signal.SIGKILL)

    running.wait_for(lambda: all(running.ready()["pids"][name] != before[name] for name in killed), 20)
    assert "worker runs again" in running.output.read_text()


def test_a_killed_server_process_comes_back_and_its_site_never_stops(running):
    site = running.ready()["pids"]["staff"]
    before = children_of(site)

    os.kill(before[0], signal.SIGKILL)

    running.wait_for(lambda: before[0] not in children_of(site) and len(children_of(site)) == len(before), 20)
    assert set(before[1:]) < set(children_of(site))
    assert running.ready()["pids"]["staff"] == site


def test_slow_callers_keep_no_counter_waiting(running):
    url = running.ready()["addresses"]["staff"]
    head = "POST /api/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    slow = [socket.create_connection(("127.0.0.1", BASE_PORT), timeout=10) for _ in range(60)]
    for connection in slow:
        connection.sendall(f"{head}Content-Length: 16000\r\n\r\ngrant_type=".encode())

    assert status_of(f"{url}/healthz") == 200

    # They are dropped after twenty seconds: who answers while all of them are held waits for none of them.
    assert [connection for connection in slow if is_ended(connection)] == []
    for connection in slow:
        connection.close()


def is_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    return True


def test_accounts_are_readable_by_us_alone(running):
    running.ready()

    modes = {path.name: path.stat().st_mode & 0o077 for path in (running.data / "keys").iterdir()}

    assert set(modes.values()) == {0}
    assert running.ready_file.stat().st_mode & 0o077 == 0
