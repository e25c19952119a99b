"""Open streams: an answer that goes on each time its topic is told of. The event loop holds it, no thread does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aiohttp import web

from temoin.serving.answering import HttpAnswer
from temoin.serving.pace import TransferPace
from temoin.serving.reading import Environ

# What rings: run in a thread of its own, it calls its first argument with each topic told, "" for all of them, until
# the event is set.
Bell = Callable[[Callable[[str], None], threading.Event], None]

STREAMS = "temoin.streams"  # set for an application that may answer with a stream now
TOPIC = "temoin.topic"  # set by an application whose answer is one: what it follows

CHANGED = b"data: changed\n\n"
BEAT = b": still here\n\n"


class Streams:
    """The streams of one server process."""

    def __init__(self, bell: Bell | None, pace: TransferPace) -> None:
        self._bell = bell
        self._pace = pace
        self._open: dict[str, set[asyncio.Event]] = {}
        self._count = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def offer(self, environ: Environ) -> None:
        """Tell the application that it may answer with a stream, while there is a bell and room."""
        if self._bell is not None and self._count < self._pace.streams and not self._stop.is_set():
            environ[STREAMS] = True

    def end(self) -> None:
        """End every stream: the process is told to stop, and browsers ask another one."""
        self._stop.set()
        self._wake("")

    async def follow(self, request: web.BaseRequest, answer: HttpAnswer, topic: str) -> web.StreamResponse:
        """Send the answer's beginning, then a line each time the topic is told, and one now and then all the same.

        The stream ends after a while: its browser asks again, and whether it may is judged anew.
        """
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.headers.popall("Content-Length", None)
        response.force_close()
        with suppress(ConnectionResetError), self._listening(topic) as told:  # its browser may leave at any time
            await self._send(request, response, answer.portion)
            ends = asyncio.get_running_loop().time() + self._pace.stream
            while not self._stop.is_set() and (left := ends - asyncio.get_running_loop().time()) > 0:
                await self._send(request, response, await self._next(told, min(left, self._pace.beat)))
        return response

    async def _next(self, told: asyncio.Event, seconds: float) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                await told.wait()
        except TimeoutError:
            return BEAT
        told.clear()
        return CHANGED

    async def _send(self, request: web.BaseRequest, response: web.StreamResponse, portion: bytes) -> None:
        async with asyncio.timeout(self._pace.send):
            if not response.prepared:
                await response.prepare(request)
            await response.write(portion)
            await request.writer.drain()

    @contextmanager
    def _listening(self, topic: str) -> Iterator[asyncio.Event]:
        self._begin()
        told = asyncio.Event()
        self._open.setdefault(topic, set()).add(told)
        self._count += 1
        try:
            yield told
        finally:
            self._count -= 1
            self._open[topic].discard(told)
            if not self._open[topic]:
                del self._open[topic]

    def _begin(self) -> None:
        """Start to hear the bell with the first stream: a site that shows none has no connection for it."""
        if self._thread is None and self._bell is not None:
            loop = asyncio.get_running_loop()

            def ring(topic: str) -> None:
                loop.call_soon_threadsafe(self._wake, topic)

            self._thread = threading.Thread(target=self._bell, args=(ring, self._stop), name="bell", daemon=True)
            self._thread.start()

    def _wake(self, topic: str) -> None:
        followed: Any = self._open.values() if not topic else [self._open.get(topic, set())]
        for streams in followed:
            for told in streams:
                told.set()
