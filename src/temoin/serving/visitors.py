"""The connections of a server process: whoever keeps us waiting longest goes first when there is no more room."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from temoin.serving.pace import HEADERS, LINE, TransferPace

log = logging.getLogger("temoin.serving")

# Answers that no application made carry what keeps a browser from reading anything into them.
PLAIN = {
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


# How an address says a refusal of the server's own, from its path, status and words: content type and body.
Wording = Callable[[str, int, str], tuple[str, bytes] | None]


def plain(status: int, words: str, worded: tuple[str, bytes] | None = None) -> web.Response:
    """Return an answer of the server's own, after which the connection ends."""
    again = {"Retry-After": "5"} if status == 503 else {}
    kind, body = worded or (PLAIN["Content-Type"], words.encode())
    answer = web.Response(status=status, body=body, headers={**PLAIN, **again, "Content-Type": kind})
    answer.force_close()
    return answer


class Waiting:
    """Which connections wait for their caller, the longest first, and how much of bodies is held."""

    def __init__(self, pace: TransferPace) -> None:
        self._pace = pace
        self._held: dict[Visitor, int] = {}  # in the order in which the waiting began
        self._bytes = 0
        self.open = 0

    def begin(self, visitor: Visitor) -> None:
        """Note that a caller's next move is awaited from now on."""
        self.end(visitor)
        self._held[visitor] = 0

    def end(self, visitor: Visitor) -> None:
        """Note that it is our turn, or that the caller is gone."""
        self._bytes -= self._held.pop(visitor, 0)

    def __contains__(self, visitor: Visitor) -> bool:
        return visitor in self._held

    def hold(self, visitor: Visitor, size: int) -> None:
        """Count a part of a body; when all bodies together are too large, the oldest unfinished one is dropped."""
        if visitor in self._held:
            self._held[visitor] += size
            self._bytes += size
        while self._bytes > self._pace.bodies and (oldest := self._oldest_body()) is not None:
            self._drop(oldest)

    def _oldest_body(self) -> Visitor | None:
        return next((one for one, held in self._held.items() if held), None)

    @contextmanager
    def keeping(self, size: int) -> Iterator[None]:
        """Count a whole body until it is answered: it waits for a thread even when its caller is gone."""
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size

    def make_room(self) -> None:
        """Drop the connection that has kept us waiting longest, when there are too many."""
        if self.open >= self._pace.connections and self._held:
            self._drop(next(iter(self._held)))

    def _drop(self, visitor: Visitor) -> None:
        self.end(visitor)
        visitor.drop()


class Visitor(RequestHandler):
    __slots__ = ("_waiting", "_wire", "pace")

    def __init__(self, manager: web.Server, *, waiting: Waiting, pace: TransferPace) -> None:
        super().__init__(
            manager,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=pace.head,  # it ends an unfinished head as it ends silence
            access_log=cast("logging.Logger", None),  # paths and addresses of callers are nobody's business here
            logger=log,
            max_line_size=LINE,
            max_field_size=LINE,
            max_headers=HEADERS,
            lingering_time=0,
            auto_decompress=False,
        )
        self.pace = pace
        self._waiting = waiting
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = wire = cast("asyncio.Transport", transport)
        # Nothing waits in our memory: what was written is with the kernel, which has a deadline of its own.
        wire.set_write_buffer_limits(high=0)
        sock = wire.get_extra_info("socket")
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self.pace.send * 1000))
        self._waiting.open += 1
        self._waiting.begin(self)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._waiting.open -= 1
        self._waiting.end(self)
        super().connection_lost(exc)

    def drop(self) -> None:
        """End the connection at once, whatever was still to be sent."""
        if self._wire is not None:
            self._wire.abort()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is no request, or a defect of ours, without a word of what was sent."""
        if isinstance(exc, ConnectionResetError):
            raise exc  # the caller left before the answer: nothing failed
        if status >= 500:
            log.error("an answer failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionResetError
        return plain(status, "bad request" if status < 500 else "unavailable")

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log that a connection failed, without the caller's address."""
        log.error("a connection failed", exc_info=kw.get("exc_info"))
