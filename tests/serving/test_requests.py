"""What is taken for a request, what is refused, and what the application hears of it."""

from __future__ import annotations

import json
import os
import signal

import pytest
from patience import wait_until
from served import LARGEST
from wire import hear

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
REFUSED: dict[str, tuple[bytes, int]] = {
    "length, then coding": (POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "coding, then length": (POST + CHUNKED + b"Content-Length: 3\r\n\r\n0\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a list of lengths": (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "a signed length": (POST + b"Content-Length: +3\r\n\r\nabc", 400),
    "a negative length": (POST + b"Content-Length: -3\r\n\r\nabc", 400),
    "another coding": (POST + b"Transfer-Encoding: identity\r\n\r\nabc", 400),
    "two codings": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked twice": (POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "a coding in HTTP/1.0": (b"POST / HTTP/1.0\r\nHost: a\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "bare LF after the request line": (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
    "bare LF after a header": (b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
    "bare LF at the end": (b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
    "bare LF everywhere": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "bare LF in a chunk": (POST + CHUNKED + b"\r\n1\na\r\n0\r\n\r\n", 400),
    "bare LF after a chunk": (POST + CHUNKED + b"\r\n1\r\na\n0\r\n\r\n", 400),
    "bare CR in a header": (b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "a NUL": (b"GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "another site's address": (b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no address": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a tunnel": (b"CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "a long request line": (b"GET /" + b"a" * 8300 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a long header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 8300 + b"\r\n\r\n", 400),
    "many headers": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 120 + b"\r\n", 400),
    "a body said to be large": (POST + b"Content-Length: %d\r\n\r\n" % (LARGEST + 1), 413),
    "a body that grows": (POST + CHUNKED + b"\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n3e9\r\n" + b"x" * 1001, 413),
    "a body too large for its address": (b"POST /little HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n", 413),
    "the same, with a query": (b"POST /little?a HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n", 413),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
def test_what_could_be_read_in_two_ways_is_refused(wire, sent: bytes, status: int):
    heard = wire.say(sent)

    head, _, words = heard.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"%d" % status
    assert heard.count(b"HTTP/") == 1
    assert b"server:" not in head.lower()
    assert b"content-security-policy" in head.lower()
    assert words in {b"bad request", b"too large"}


def test_an_address_says_in_its_own_words_what_the_server_refuses(wire):
    head, _, words = wire.say(b"POST /worded HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n").partition(b"\r\n\r\n")

    assert json.loads(words) == [413, "too large"]
    assert b"content-type: application/json" in head.lower()
    assert b"content-security-policy" in head.lower()


def told(wire, sent: bytes) -> dict[str, str]:
    return json.loads(wire.say(sent).partition(b"\r\n\r\n")[2])


def test_an_answer_does_not_tell_what_serves_it(wire):
    heard = wire.say(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert b"\r\nServer:" not in heard
    assert heard.count(b"Set-Cookie:") == 2


def test_the_application_hears_the_request(wire):
    heard = told(wire, POST + b"Content-Type: text/plain\r\nContent-Length: 3\r\nCookie: a=1\r\nCookie: b=2\r\n\r\nabc")

    assert heard["body"] == "abc"
    assert (heard["CONTENT_TYPE"], heard["CONTENT_LENGTH"]) == ("text/plain", "3")
    assert (heard["HTTP_COOKIE"], heard["REMOTE_ADDR"]) == ("a=1; b=2", "127.0.0.1")


def test_a_path_is_decoded_once_and_the_query_is_not(wire):
    heard = told(wire, b"GET /a%2Fb%20c%C3%A9%2525?x=%26&y HTTP/1.1\r\nHost: a\r\n\r\n")

    assert heard["PATH_INFO"].encode("latin-1").decode() == "/a/b cé%25"
    assert heard["QUERY_STRING"] == "x=%26&y"


def test_a_chunked_body_is_heard_whole(wire):
    heard = told(wire, POST + CHUNKED + b"\r\n1;a=b\r\nx\r\n2\r\nyz\r\n0\r\n\r\n")

    assert (heard["body"], heard["CONTENT_LENGTH"]) == ("xyz", "3")


def test_an_underscore_does_not_pass_for_the_header_of_a_proxy(wire):
    heard = told(wire, b"GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 1.1.1.1\r\nProxy: http://b\r\n\r\n")

    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_PROXY"} & set(heard)


def test_what_a_proxy_adds_stands_last(wire):
    heard = told(wire, b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n\r\n")

    assert heard["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"


def test_requests_follow_each_other_on_one_connection(wire):
    connection = wire.connect()
    one = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"

    connection.sendall(one + b"x" + one + b"y")

    heard = hear(connection)
    assert heard.count(b"HTTP/1.1 200 OK") == 2
    assert heard.index(b'"body": "x"') < heard.index(b'"body": "y"')


def test_who_asks_first_whether_to_send_is_told(wire):
    connection = wire.connect()
    connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")

    assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"abc")
    assert b'"body": "abc"' in hear(connection)


def test_a_head_has_no_body(wire):
    heard = wire.say(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert heard.startswith(b"HTTP/1.1 200 OK")
    assert heard.endswith(b"\r\n\r\n")


def test_a_long_answer_comes_whole_in_http_1_0_too(wire):
    connection = wire.connect()
    connection.sendall(b"GET /endless HTTP/1.0\r\nHost: a\r\n\r\n")

    heard = b"".join(connection.recv(65_536) for _ in range(50))

    assert b"chunked" not in heard
    assert set(heard.partition(b"\r\n\r\n")[2]) == {ord("x")}


def test_an_upgrade_is_not_heard(wire):
    heard = wire.say(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")

    assert heard.startswith(b"HTTP/1.1 200 OK")


def test_a_server_process_that_dies_is_started_again(server, wire):
    child = int(_children(server.pid)[0])

    os.kill(child, signal.SIGKILL)

    wait_until(lambda: _children(server.pid) not in ([], [str(child)]))
    assert wire.ask()[0] == 200


def _children(pid: int) -> list[str]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()
