"""What systemd hears on its socket: that a process is ready, and that its loops turn; silence when one does not."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from temoin.cli.supervised import tell_ready
from temoin.cli.systemd import keep_watchdog, notify, watchdog_seconds
from temoin.lib.heartbeat import beat, end_beat, longest_silence


@pytest.fixture(params=["path", "abstract"])
def heard(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A datagram socket, as systemd has one: a file or a name that begins with a zero byte."""
    name = str(tmp_path / "notify") if request.param == "path" else f"\0temoin-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(name)
        ear.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", name.replace("\0", "@"))
        yield ear


def test_a_process_at_work_says_so(heard: socket.socket):
    tell_ready()

    assert heard.recv(100) == b"READY=1"


def test_a_heart_beats_while_the_loops_turn_and_not_when_one_hangs(heard: socket.socket, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    stop = threading.Event()
    keep_watchdog(stop)
    assert heard.recv(100) == b"WATCHDOG=1"

    beat("lane")
    while longest_silence() < 0.15:
        stop.wait(0.01)
    heard.setblocking(False)
    drained(heard)
    stop.wait(0.2)
    silent = drained(heard)
    end_beat("lane")
    heard.settimeout(60)

    assert silent == 0
    assert heard.recv(100) == b"WATCHDOG=1"
    stop.set()


def drained(ear: socket.socket) -> int:
    count = 0
    while True:
        try:
            ear.recv(100)
        except BlockingIOError:
            return count
        count += 1


@pytest.mark.parametrize(
    ("told", "process", "seconds"),
    [("30000000", "", 30.0), ("30000000", "1", None), ("0", "", None), ("soon", "", None), ("", "", None)],
)
def test_only_what_is_watched_here_is_told(monkeypatch, told, process, seconds):
    monkeypatch.setenv("WATCHDOG_USEC", told)
    monkeypatch.setenv("WATCHDOG_PID", process)

    assert watchdog_seconds() == seconds


@pytest.mark.parametrize("place", ["", "relative", "/nonexistent/notify"])
def test_without_a_listener_nothing_fails(monkeypatch, place):
    monkeypatch.setenv("NOTIFY_SOCKET", place)

    notify("READY=1")
