"""One server process: accepts callers, reads their requests, has them answered, and stops when answers are out."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from aiohttp import web

from temoin.serving.answering import Application, Desk, HttpAnswer
from temoin.serving.pace import TransferPace
from temoin.serving.reading import (
    ADMITTED,
    UNREAD,
    RefusedError,
    check_head,
    environ_of,
    is_large,
    path_of,
    read_body,
    with_body,
)
from temoin.serving.streams import TOPIC, Bell, Streams
from temoin.serving.visitors import Visitor, Waiting, Wording, plain

FILES = 128  # that a process opens besides its connections
PATIENCE = 8.0  # seconds that answers under way have when the process is told to stop


class _Request(web.BaseRequest):
    """A request whose answer does not tell what serves it."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        response.headers.popall("Server", None)


def _request(*parts: Any) -> web.BaseRequest:
    make: Any = _Request  # the library makes a request of parts of its own
    return cast("web.BaseRequest", make(*parts, asyncio.get_running_loop()))


class Server:
    """Serves one application on one listening socket."""

    def __init__(
        self,
        application: Application,
        listener: socket.socket,
        pace: TransferPace,
        *,
        bell: Bell | None = None,
        wording: Wording | None = None,
    ) -> None:
        self._listener = listener
        self._pace = pace
        self._wording: Wording = wording or (lambda _path, _status, _words: None)
        self._waiting = Waiting(pace)
        self._threads = ThreadPoolExecutor(pace.threads, thread_name_prefix="answer")
        self._desk = Desk(application, self._threads, pace)
        self._streams = Streams(bell, pace)
        self._in_hand: Counter[str] = Counter()  # of the paths that have a bound

    async def run_until_signal(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await self.run(stop)

    async def run(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        manager = web.Server(self._answer, request_factory=_request)
        self._listener.setblocking(False)
        loop.add_reader(self._listener, self._accept, manager)
        await stop.wait()
        loop.remove_reader(self._listener)
        self._streams.end()
        manager.pre_shutdown()
        await manager.shutdown(PATIENCE)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _accept(self, manager: web.Server) -> None:
        """Take one caller; another process of the site may have been quicker."""
        self._waiting.make_room()
        try:
            connection, _address = self._listener.accept()
        except OSError:  # taken by another process, or gone already; or no file is left, and the next round makes room
            return
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        visitor = partial(Visitor, manager, waiting=self._waiting, pace=self._pace)
        welcome = loop.create_task(loop.connect_accepted_socket(visitor, connection))
        welcome.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        visitor = cast("Visitor", request.protocol)
        if self._pace.live and path_of(request) == self._pace.live and request.method in {"GET", "HEAD"}:
            return plain(200, "ok")
        try:
            check_head(request, self._pace)
            if is_large(request, self._pace):
                return await self._answer_large(request, visitor)
            with self._turn(path_of(request), self._pace.few_at.get(path_of(request))):
                body = await self._body(request, visitor)
                environ = environ_of(request, body)
                self._streams.offer(environ)
                with self._waiting.keeping(len(body)):
                    answer = await self._desk.ask(environ)
        except RefusedError as refusal:
            told = refusal.status, refusal.words
            return plain(*told, self._wording(path_of(request), *told))
        self._waiting.begin(visitor)
        if TOPIC in environ:
            return await self._follow(request, answer, environ[TOPIC])
        return await self._desk.send(request, answer, visitor.drop)

    async def _answer_large(self, request: web.BaseRequest, visitor: Visitor) -> web.StreamResponse:
        """Ask the application whether this caller may send so much, before any of it is read.

        It is held, and counts, until its answer is out, which may go on for long.
        """
        few = self._pace.large_few
        self._check_few(UNREAD, few)
        environ = environ_of(request, b"") | {UNREAD: True}
        self._waiting.end(visitor)
        answer = await self._desk.ask(environ)
        if answer.status != ADMITTED:
            self._waiting.begin(visitor)
            return await self._desk.send(request, answer, visitor.drop)
        with self._turn(UNREAD, few):
            environ = with_body(environ, await self._body(request, visitor))
            with self._waiting.keeping(int(environ["CONTENT_LENGTH"])):
                answer = await self._desk.ask(environ)
                self._waiting.begin(visitor)
                return await self._desk.send(request, answer, visitor.drop, within=self._pace.large_answer)

    @contextmanager
    def _turn(self, what: str, few: int | None) -> Iterator[None]:
        """Count a request where only a few may be in hand; one more is told so before its body is read."""
        if few is None:
            yield
            return
        self._check_few(what, few)
        self._in_hand[what] += 1
        try:
            yield
        finally:
            self._in_hand[what] -= 1

    def _check_few(self, what: str, few: int) -> None:
        if self._in_hand[what] >= few:
            raise RefusedError(503, "busy")

    async def _follow(self, request: web.BaseRequest, answer: HttpAnswer, topic: str) -> web.StreamResponse:
        try:
            return await self._streams.follow(request, answer, topic)
        except TimeoutError:
            cast("Visitor", request.protocol).drop()
            raise ConnectionResetError from None

    async def _body(self, request: web.BaseRequest, visitor: Visitor) -> bytes:
        self._waiting.begin(visitor)
        try:
            body = await read_body(request, self._pace, lambda size: self._waiting.hold(visitor, size))
            if visitor not in self._waiting:  # dropped with its last part, to make room
                raise ConnectionResetError
            return body
        finally:
            self._waiting.end(visitor)


def serve(
    application: Application,
    listener: socket.socket,
    pace: TransferPace,
    *,
    bell: Bell | None = None,
    wording: Wording | None = None,
) -> None:
    """Serve in this process until it is told to stop; what the bell tells goes to the streams that follow it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = pace.connections + FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    asyncio.run(Server(application, listener, pace, bell=bell, wording=wording).run_until_signal())


def serve_beside(application: Application, listener: socket.socket, pace: TransferPace) -> None:
    """Serve from a thread of this process, for as long as it lives, beside what else it does."""
    server = Server(application, listener, pace)
    threading.Thread(target=lambda: asyncio.run(server.run(asyncio.Event())), name="beside", daemon=True).start()
