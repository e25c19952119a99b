"""A small application behind the product's server, for tests that speak to it over bare connections.

Run as `python served.py PORT`, it serves with short deadlines until it is told to stop.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from temoin.serving.pace import TransferPace
from temoin.serving.processes import listen, run_processes
from temoin.serving.server import serve

SECONDS = 2.0
LARGEST = 2000
PACE = TransferPace(
    head=SECONDS,
    body=SECONDS,
    send=SECONDS,
    largest_body=LARGEST,
    largest_at={"/upload": 300_000, "/little": 16, "/gate": 300_000, "/worded": 16},
    few_at={"/few": 2},
    large_at={"/large": 300_000},
    large_body=SECONDS,
    large_answer=SECONDS,
    cookie_at={"/signed-in": "session"},
    bodies=1_000_000,
    connections=200,
    threads=4,
    waiting=100,
    live="/livez",
    streams=25,
    stream=SECONDS,
    beat=0.5,
)
closed: list[float] = []
told: queue.Queue[str] = queue.Queue()
gate = threading.Event()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Tell what was heard, or send without end, or take time."""
    if environ["PATH_INFO"].startswith("/follow/"):
        return _followed(environ["PATH_INFO"].removeprefix("/follow/"), environ, start_response)
    match environ["PATH_INFO"]:
        case path if path.startswith("/ring/"):
            said: Any = told.put(path.removeprefix("/ring/"))
        case "/large":
            return _large(environ, start_response)
        case "/endless":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return _endless()
        case "/closed":
            said = len(closed)
        case "/gate" | "/few" | "/open" | "/shut" | "/slow" as path:
            said = _at_gate(path)
        case "/held":
            environ["temoin.not_before"] = time.monotonic() + 1
            said = "held"
        case _:
            said = {name: value for name, value in environ.items() if isinstance(value, str)}
            said["body"] = environ["wsgi.input"].read().decode("latin-1")
    body = json.dumps(said).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [body]


def _at_gate(path: str) -> bool:
    """Wait until somebody opens, or open or shut."""
    if path == "/open":
        gate.set()
    elif path == "/shut":
        gate.clear()
    elif path == "/slow":
        time.sleep(0.2)
    else:
        gate.wait(SECONDS * 4)
    return gate.is_set()


def _followed(topic: str, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if "temoin.streams" not in environ:
        start_response("204 No Content", [])
        return []
    environ["temoin.topic"] = topic
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    return [b"data: begun\n\n"]


def bell(ring: Callable[[str], None], stop: threading.Event) -> None:
    """Ring for each topic that was asked for."""
    while not stop.is_set():
        with suppress(queue.Empty):
            ring(told.get(timeout=0.1))


def _large(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Admit who has a note; count what they send."""
    if "temoin.unread" in environ:
        environ["temoin.noted"] = environ.get("HTTP_X_NOTE", "")
        start_response("204 No Content" if environ["temoin.noted"] else "401 Unauthorized", [])
        return []
    start_response("200 OK", [])
    told = f"{environ.get('temoin.noted', '')}{len(environ['wsgi.input'].read())} "
    return _repeated(told.encode() * 20_000, slowly="HTTP_X_SLOWLY" in environ)


def _repeated(portion: bytes, *, slowly: bool) -> Iterator[bytes]:
    yield portion
    if slowly:
        gate.wait(SECONDS * 4)
    yield portion


def _endless() -> Iterator[bytes]:
    try:
        for _ in range(100_000):
            yield b"x" * 10_000
    finally:
        closed.append(time.monotonic())


def wording(path: str, status: int, words: str) -> tuple[str, bytes] | None:
    return ("application/json", json.dumps([status, words]).encode()) if path == "/worded" else None


if __name__ == "__main__":
    listener = listen("127.0.0.1", int(sys.argv[1]))
    run_processes(1, lambda: serve(application, listener, PACE, bell=bell, wording=wording))
