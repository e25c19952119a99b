"""A body larger than is ordinary: the application says who may send it, before any of it is read."""

from __future__ import annotations

from served import LARGEST
from wire import hear, is_over

LARGE = b"x" * (LARGEST * 20)
HEAD = b"POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n" % len(LARGE)


def test_what_the_application_admits_is_read_and_answered_in_portions(wire):
    status, body = wire.ask("POST", "/large", LARGE, X_Note="known")

    assert status == 200
    assert set(body.split()) == {b"known%d" % len(LARGE)}


def test_of_a_stranger_nothing_is_awaited(wire):
    connection = wire.connect()

    connection.sendall(HEAD + b"\r\n")

    assert b" 401 " in hear(connection)
    assert is_over(connection)


def test_who_asks_first_hears_go_on_once_they_are_admitted(wire):
    asking = HEAD + b"Expect: 100-continue\r\n"

    assert wire.say(asking + b"\r\n").startswith(b"HTTP/1.1 401 ")
    connection = wire.connect()
    connection.sendall(asking + b"X-Note: known\r\n\r\n")
    assert hear(connection, seconds=0.3) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(LARGE)
    assert b" 200 OK" in hear(connection)


def test_an_ordinary_body_is_asked_about_no_further(wire):
    status, _body = wire.ask("POST", "/large", b"x")

    assert status == 200


def test_what_is_larger_still_and_what_does_not_say_how_large_are_refused(wire):
    for head in (b"Content-Length: 300001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(LARGE) + LARGE):
        assert b" 413 " in wire.say(b"POST /large HTTP/1.1\r\nHost: a\r\nX-Note: known\r\n" + head)


def test_a_slow_body_is_told_so_and_only_a_few_are_in_hand(wire):
    slow = [wire.connect() for _ in range(2)]
    for connection in slow:
        connection.sendall(HEAD + b"X-Note: known\r\n\r\nx")
    assert wire.ask("GET", "/")[0] == 200

    assert b" 503 " in wire.say(HEAD + b"X-Note: known\r\n\r\n")
    assert all(b" 408 " in hear(connection, seconds=5) for connection in slow)
    assert wire.ask("POST", "/large", LARGE, X_Note="known")[0] == 200


def test_one_that_is_being_answered_is_in_hand_until_its_answer_is_out(wire):
    wire.ask(path="/shut")
    answered = [wire.connect() for _ in range(2)]
    for connection in answered:
        connection.sendall(HEAD + b"X-Note: known\r\nX-Slowly: yes\r\n\r\n" + LARGE)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")  # its answer has begun
    third = wire.say(HEAD + b"X-Note: known\r\n\r\n")
    wire.ask(path="/open")

    assert all(b"known%d" % len(LARGE) in hear(connection) for connection in answered)
    assert b" 503 " in third
