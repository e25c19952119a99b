"""A stream of the product's server: it hears its topic alone, holds no thread, and ends when the server does."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from patience import PATIENCE
from wire import Wire, hear

from temoin.serving.pace import TransferPace
from temoin.serving.streams import STREAMS, Streams
from temoin.serving.visitors import Visitor

THREADS = 4  # of the small application's server


def follow(wire: Wire, topic: str):
    """Open a stream, as soon as the server has room again for one more."""
    deadline = time.monotonic() + PATIENCE
    while True:
        connection = wire.connect()
        connection.sendall(f"GET /follow/{topic} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        if b"begun" in hear(connection, seconds=0.2):
            return connection
        assert time.monotonic() < deadline


def wait_for(connection, words: bytes) -> bytes:
    heard, deadline = b"", time.monotonic() + PATIENCE
    while words not in heard:
        assert time.monotonic() < deadline, heard
        heard += hear(connection, seconds=0.2)
    return heard


def test_a_stream_hears_its_topic_and_no_other(wire: Wire):
    ours, theirs = follow(wire, "ours"), follow(wire, "theirs")

    assert wire.ask(path="/ring/ours")[0] == 200

    wait_for(ours, b"data: changed\n\n")
    assert b"changed" not in hear(theirs, seconds=0.3)


def test_every_stream_hears_when_the_bell_was_deaf(wire: Wire):
    streams = [follow(wire, name) for name in ("one", "two")]

    wire.ask(path="/ring/")

    for stream in streams:
        wait_for(stream, b"data: changed\n\n")


def test_many_streams_hold_no_thread(wire: Wire):
    streams = [follow(wire, f"topic{number}") for number in range(THREADS * 5)]

    assert wire.ask()[0] == 200
    assert len(streams) > THREADS


@pytest.mark.parametrize(("room", "has_bell", "offered"), [(1, True, True), (0, True, False), (1, False, False)])
def test_a_stream_is_offered_where_there_are_a_bell_and_room(room: int, has_bell: bool, offered: bool):
    environ: dict[str, object] = {}

    Streams((lambda _ring, _stop: None) if has_bell else None, TransferPace(streams=room)).offer(environ)

    assert (STREAMS in environ) is offered


def test_a_stream_ends_after_its_time_and_is_silent_no_longer_than_a_beat(wire: Wire):
    stream = follow(wire, "long")

    heard = hear(stream, seconds=3)

    assert b": still here" in heard
    assert stream.recv(1) == b""


@pytest.mark.parametrize("rounds", [20])
def test_a_topic_told_from_many_threads_reaches_its_stream(wire: Wire, rounds: int):
    stream = follow(wire, "busy")

    callers = [threading.Thread(target=wire.ask, kwargs={"path": "/ring/busy"}) for _each in range(rounds)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert 1 <= wait_for(stream, b"changed").count(b"changed") <= rounds


def test_a_caller_who_left_before_the_answer_is_no_defect(caplog: pytest.LogCaptureFixture):
    nobody: Any = None

    with pytest.raises(ConnectionResetError):
        Visitor.handle_error(nobody, nobody, 500, ConnectionResetError())

    assert caplog.text == ""
