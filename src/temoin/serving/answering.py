"""Answers: made by the application in a thread, sent by the event loop, so that a slow reader holds no thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from aiohttp import HttpVersion11, web

from temoin.serving.pace import PORTION, TransferPace
from temoin.serving.reading import Environ, RefusedError

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# An application may set this key of the environment to the moment (time.monotonic) before which no answer leaves.
NOT_BEFORE = "temoin.not_before"


@dataclass
class HttpAnswer:
    """What the application said: status, headers, and a body of which the first portion is made."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: Iterable[bytes]
    parts: Iterator[bytes]
    portion: bytes = b""
    is_whole: bool = False

    def advance(self) -> None:
        """Make the next portion of the body, in a thread; whatever the application opened for it is closed again."""
        made: list[bytes] = []
        size = 0
        while size < PORTION and (part := next(self.parts, None)) is not None:
            made.append(part)
            size += len(part)
        self.portion = b"".join(made)
        if size < PORTION:
            self.close()

    def close(self) -> None:
        """Tell the application that its answer is finished, or given up."""
        if not self.is_whole:
            self.is_whole = True
            getattr(self.body, "close", lambda: None)()


def call(application: Application, environ: Environ) -> HttpAnswer:
    """Ask the application, in a thread, and return its answer with the first portion."""
    said: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        said.append((status, headers))

    body = application(environ, start_response)
    status, headers = said[-1]
    number, _space, reason = status.partition(" ")
    answer = HttpAnswer(int(number), reason, headers, body, iter(body))
    answer.advance()
    return answer


class Desk:
    """The threads of a server process, and the requests that wait for one."""

    def __init__(self, application: Application, threads: Executor, pace: TransferPace) -> None:
        self._application = application
        self._threads = threads
        self._pace = pace
        self._in_hand = 0

    async def ask(self, environ: Environ) -> HttpAnswer:
        """Return the application's answer; a queue that is too long is said, not joined."""
        if self._in_hand >= self._pace.waiting + self._pace.threads:
            raise RefusedError(503, "busy")
        self._in_hand += 1
        try:
            answer: HttpAnswer = await self._run(call, self._application, environ)
        finally:
            self._in_hand -= 1
        if NOT_BEFORE in environ:
            await asyncio.sleep(max(0.0, environ[NOT_BEFORE] - time.monotonic()))
        return answer

    async def send(
        self, request: web.BaseRequest, answer: HttpAnswer, drop: Callable[[], None], *, within: float | None = None
    ) -> web.StreamResponse:
        """Send the answer, each portion within the deadline; a caller who does not take it is dropped.

        So is one whose whole answer is not out `within` so many seconds, where that is said.
        """
        ends = time.monotonic() + within if within else None
        try:
            if answer.is_whole:
                return await self._send_whole(request, answer)
            return await self._send_in_portions(request, answer, ends)
        except TimeoutError:
            drop()
            raise ConnectionResetError from None
        finally:
            if not answer.is_whole:
                await self._run(answer.close)

    async def _send_whole(self, request: web.BaseRequest, answer: HttpAnswer) -> web.StreamResponse:
        """Send an answer in one piece, under one deadline: nearly every one is made whole."""
        response = _response(request, answer)
        async with asyncio.timeout(self._pace.send):
            await response.prepare(request)
            await response.write_eof(b"" if request.method == "HEAD" else answer.portion)
            await request.writer.drain()
        return response

    async def _send_in_portions(
        self, request: web.BaseRequest, answer: HttpAnswer, ends: float | None
    ) -> web.StreamResponse:
        response = _response(request, answer)
        await response.prepare(request)
        while request.method != "HEAD":
            if ends is not None and time.monotonic() > ends:
                raise TimeoutError
            for start in range(0, len(answer.portion), PORTION):
                async with asyncio.timeout(self._pace.send):
                    await response.write(answer.portion[start : start + PORTION])
                    await request.writer.drain()
            if answer.is_whole:
                break
            await self._run(answer.advance)
        async with asyncio.timeout(self._pace.send):
            await response.write_eof()
            await request.writer.drain()
        return response

    async def _run(self, work: Callable[..., Any], *values: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *values)


def _response(request: web.BaseRequest, answer: HttpAnswer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers:
        response.headers.add(name, value)
    if "Content-Length" not in response.headers:
        if answer.is_whole:
            response.content_length = len(answer.portion)
        elif request.version == HttpVersion11:
            response.enable_chunked_encoding()
        else:
            response.force_close()
    return response
