"""Who sends or reads slowly holds no thread: an honest request is answered at once, and the slow ones are dropped."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from patience import wait_until
from served import SECONDS
from wire import hear, is_over

HEAD = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
ONE_MORE = b"POST /few HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
MANY = 60
OF_EACH = 12  # more than there are threads, and all ways together fewer than the server holds
# What a slow caller sends at first, and then bit by bit.
SLOW: dict[str, tuple[bytes, bytes]] = {
    "says nothing": (b"", b""),
    "drips the request line": (b"GET /", b"a"),
    "drips headers": (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n"),
    "never ends the headers": (b"GET / HTTP/1.1\r\nHost: a\r\n", b""),
    "drips a body": (HEAD + b"Content-Length: 1500\r\n\r\n", b"x"),
    "sends less than said": (HEAD + b"Content-Length: 1500\r\n\r\nabc", b""),
    "drips chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "drips a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n", b"x"),
    "drips the trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "waits to be told to go on": (HEAD + b"Expect: 100-continue\r\nContent-Length: 1500\r\n\r\n", b""),
    "stops after an answer": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b""),
    "drips the next request": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"G"),
}


class Dripping:
    """Sends its part on each connection again and again, until the block ends."""

    def __init__(self, parts: dict[socket.socket, bytes]):
        self._parts = parts
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(0.2):
            for connection, part in self._parts.items():
                with suppress(OSError):
                    connection.send(part)


def test_slow_senders_of_every_way_hold_nobody_up_and_are_dropped(wire):
    slow = {way: [wire.connect() for _ in range(OF_EACH)] for way in SLOW}
    for way, connections in slow.items():
        for connection in connections:
            connection.sendall(SLOW[way][0])
    parts = {connection: SLOW[way][1] for way, connections in slow.items() for connection in connections}

    def left() -> list[str]:
        return [way for way, connections in slow.items() if not all(map(is_over, connections))]

    with Dripping(parts):
        assert [wire.ask("POST", "/", b"honest")[0] for _ in range(3)] == [200] * 3
        wait_until(lambda: not left(), told=lambda: str(left()))


def test_an_answer_that_nobody_reads_holds_no_thread_and_is_given_up(wire):
    before = int(wire.ask(path="/closed")[1])
    idle = [wire.connect(receive=4096) for _ in range(MANY)]
    for connection in idle:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")

    assert [wire.ask()[0] for _ in range(3)] == [200] * 3
    wait_until(lambda: int(wire.ask(path="/closed")[1]) == before + MANY)
    # what is on its way yet comes before the end
    wait_until(lambda: all(map(is_over, idle)))


def test_a_reader_who_leaves_ends_what_was_made_for_them(wire):
    before = int(wire.ask(path="/closed")[1])
    connection = wire.connect()
    connection.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
    connection.recv(1000)

    connection.close()

    wait_until(lambda: int(wire.ask(path="/closed")[1]) == before + 1)


def test_a_slow_body_is_told_so(wire):
    connection = wire.connect()
    connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")

    assert hear(connection, seconds=SECONDS * 2).startswith(b"HTTP/1.1 408 ")


def test_a_held_answer_holds_no_thread(wire):
    held = [wire.connect() for _ in range(MANY)]
    for connection in held:
        connection.sendall(b"GET /held HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert wire.ask()[0] == 200

    assert {hear(connection, seconds=5).split(b"\r\n")[0] for connection in held} == {b"HTTP/1.1 200 OK"}


def test_who_waits_longest_goes_first_when_there_is_no_more_room(wire):
    crowd = [wire.connect() for _ in range(300)]  # a hundred more than the server holds

    assert [wire.ask()[0] for _ in range(3)] == [200] * 3
    wait_until(lambda: all(map(is_over, crowd[:50])))
    assert not any(map(is_over, crowd[-20:]))


def test_unfinished_bodies_together_are_bounded(wire):
    said = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 290000\r\n\r\n"
    crowd = [wire.connect() for _ in range(6)]
    for connection in crowd:
        connection.sendall(said + b"x" * 280_000)

    assert wire.ask("POST", "/upload", b"x" * 290_000)[0] == 200
    wait_until(lambda: sum(map(is_over, crowd)) >= 3)
    assert not is_over(crowd[-1])  # they went to make room, not for their time


def statuses(crowd: list[socket.socket]) -> list[bytes]:
    heard = [hear(connection, seconds=SECONDS * 4) for connection in crowd]
    return [one.split(b" ")[1] for one in heard if one]


def test_whole_bodies_that_wait_are_bounded_together_with_the_unfinished(wire):
    wire.ask(path="/shut")
    said = b"POST /gate HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 290000\r\n\r\n"
    crowd = [wire.connect() for _ in range(12)]
    for connection in crowd:
        with suppress(OSError):
            connection.sendall(said + b"x" * 290_000)

    wait_until(lambda: sum(map(is_over, crowd)) == len(crowd) - 3)  # of one MB in all
    assert wire.ask(path="/open")[0] == 200
    assert statuses(crowd) == [b"200"] * 3


def test_only_a_few_are_in_hand_where_that_is_said_and_one_more_sends_no_body(wire):
    wire.ask(path="/shut")
    crowd = [wire.connect() for _ in range(2)]
    for connection in crowd:
        connection.sendall(b"POST /few HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")

    wait_until(lambda: wire.say(ONE_MORE).startswith(b"HTTP/1.1 503 "))
    wire.ask(path="/open")
    assert statuses(crowd) == [b"200"] * 2
    assert wire.ask("POST", "/few", b"abc")[0] == 200


def test_a_body_without_the_cookie_that_its_address_asks_for_is_not_awaited(wire):
    head = b"POST /signed-in HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n"

    assert wire.say(head + b"Cookie: other=1; session2=1\r\n\r\n").startswith(b"HTTP/1.1 403 ")
    assert wire.say(head + b"Cookie: other=1; session=1\r\n\r\nabc").startswith(b"HTTP/1.1 200 ")
    assert wire.ask("GET", "/signed-in")[0] == 200


def test_a_queue_that_is_too_long_is_said_at_once(wire):
    crowd = [wire.connect() for _ in range(150)]  # four threads, a hundred who wait
    for connection in crowd:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    told = [hear(connection, seconds=9).split(b" ")[1] for connection in crowd]

    assert set(told) == {b"200", b"503"}
    assert told.count(b"200") >= 104


def test_the_sign_of_life_waits_for_no_thread_and_no_application(wire):
    assert wire.ask("GET", "/livez") == (200, b"ok")
    assert wire.ask("POST", "/livez")[1] != b"ok"
