"""The client as its users use it, both ways, and a network between that fails where a test says so."""

from __future__ import annotations

import asyncio
import http.client
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from patience import PATIENCE

from temoin.lib.clock import now
from temoin_client import AsyncTemoin, ClientOptions, KeyFile, Temoin
from temoin_client.models import NewPatient, ReadingBody, SampleBody, WholeResult


@dataclass(frozen=True)
class Place:
    """Where a program comes in, and as whom."""

    address: str
    client_id: str
    sign: KeyFile


@dataclass(frozen=True)
class World:
    """What stands at the place."""

    finess: str
    notice: str
    lot_id: UUID

    def sample(self) -> SampleBody:
        taken = now() - timedelta(minutes=17)
        return SampleBody(specimen="nasopharyngeal-swab", lot_id=self.lot_id, sampled_at=taken)

    def whole(self, number: str, **changes: object) -> WholeResult:
        told = {"number": number, "patient": somebody(), "kind": "covid19-ag", "notice_version": self.notice}
        return WholeResult(**{**told, "sample": self.sample(), "reading": reading(), **changes})


def reading(outcome: str = "negative") -> ReadingBody:
    return ReadingBody(outcomes={"sars-cov-2": outcome})


def somebody() -> NewPatient:
    """An invented person whom nobody has registered so far."""
    letters = "".join(chr(ord("A") + byte % 26) for byte in uuid4().bytes)
    return NewPatient(birth_family_name=letters, birth_given_names=letters[::-1], sex="F", birth_date=date(1984, 2, 29))


class Blocking:
    """One client for all tests, as a program has it; one of its own for a test with other options."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.client = self.open()

    def open(self, **options: Any) -> Temoin:
        place, told = self._place, ClientOptions(**{"language": "en", **options})
        return Temoin(place.address, client_id=place.client_id, sign=place.sign, options=told)

    def __call__(self, use: Callable[[Any], Any], *, fresh: bool = False, **options: Any) -> Any:
        """Use a client; what is iterated comes as a list. A `fresh` one has no token yet."""
        if not options:
            return heard(use(self.client))
        with self.open(**options) as client:
            hand_on(self.client, client, fresh)
            return heard(use(client))

    def close(self) -> None:
        self.client.close()


def hand_on(old: Temoin | AsyncTemoin, new: Temoin | AsyncTemoin, fresh: bool) -> None:
    """Hand a token on: a program gets sixty a minute, and the tests would ask for more."""
    if not fresh:
        new._book._token, new._book._until = old._book._token, old._book._until


def heard(told: Any) -> Any:
    return list(told) if isinstance(told, Iterator) else told


class Awaited:
    """The same in an event loop."""

    def __init__(self, place: Place) -> None:
        self._place, self._runner = place, asyncio.Runner()
        self.client = self.open()

    def open(self, **options: Any) -> AsyncTemoin:
        place, told = self._place, ClientOptions(**{"language": "en", **options})
        return AsyncTemoin(place.address, client_id=place.client_id, sign=place.sign, options=told)

    def __call__(self, use: Callable[[Any], Any], *, fresh: bool = False, **options: Any) -> Any:
        return self._runner.run(self._used(use, fresh, options))

    async def _used(self, use: Callable[[Any], Any], fresh: bool, options: dict[str, Any]) -> Any:
        if not options:
            return await awaited(use(self.client))
        async with self.open(**options) as client:
            hand_on(self.client, client, fresh)
            return await awaited(use(client))

    def close(self) -> None:
        self._runner.run(self.client.aclose())
        self._runner.close()


async def awaited(told: Any) -> Any:
    return [one async for one in told] if isinstance(told, AsyncIterator) else await told


class Between:
    """A proxy. What it does with the next requests of an address stands in `plan`; with all others it passes them on.

    `cut` lets the server do everything and loses the answer; `drop` loses the request; a number is answered in the
    server's place, with the headers beside it.
    """

    def __init__(self) -> None:
        self.plan: dict[str, deque[Any]] = {}
        self.seen: list[tuple[str, str]] = []  # path and key
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                between.handle(self)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.proxy = f"http://127.0.0.1:{self._server.server_port}"

    def then(self, path: str, *steps: Any) -> None:
        self.plan[path] = deque(steps)

    def keys(self, path: str) -> list[str]:
        return [key for seen, key in self.seen if seen == path]

    def handle(self, asked: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(asked.path)
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        self.seen.append((parts.path, asked.headers.get("Idempotency-Key", "")))
        planned = self.plan.get(parts.path)
        step = planned.popleft() if planned else "pass"
        asked.close_connection = True
        if step == "drop":
            return
        if step in ("pass", "cut"):
            status, headers, content = forwarded(asked, parts, body)
            if step == "cut":
                return
        else:
            status, headers, content = step
        asked.send_response(status)
        for name, value in headers.items():
            asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def forwarded(asked: BaseHTTPRequestHandler, parts: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
    upstream = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        upstream.request(asked.command, path, body, dict(asked.headers))
        answer = upstream.getresponse()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in LEFT_OUT}
        return answer.status, told, answer.read()
    finally:
        upstream.close()


LEFT_OUT = {"content-length", "transfer-encoding", "connection", "date", "server"}
