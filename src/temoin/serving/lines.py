"""Open lines: connections that programs and instruments hold open, and on which messages are answered one by one.

It knows no format and no room: a `Talk` turns bytes into messages, and what takes a message runs in a thread. No peer
holds up another: each has a few lines, a part of the threads, and a time for each thing it begins; and whoever has not
proved who they are yet makes room for the next.
"""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from temoin.serving.line_book import LineBook


@dataclass(frozen=True, kw_only=True)
class LinePace:
    """The deadlines, in seconds, and the bounds of one listening process."""

    handshake: float = 10
    message: float = 60  # from the first byte of a message to its last
    idle: float = 900  # between two messages
    send: float = 20
    again: float = 10  # for which a message that cannot be taken now is kept and tried again, before that is said
    pause: float = 1  # between two such tries
    finish: float = 20  # that messages in hand have when the process is told to stop
    unproved: int = 64  # connections that have not said who they are yet
    lines: int = 256
    each: int = 4  # lines of one peer; one more ends the one that was silent longest
    threads: int = 8  # each keeps one database connection
    at_once: int = 2  # threads that one peer may hold


class LineReply(Protocol):
    """What became of a message."""

    @property
    def answer(self) -> bytes: ...

    @property
    def is_later(self) -> bool:
        """Tell whether it may be taken a little later as it is."""
        ...

    @property
    def ends(self) -> bool:
        """Tell whether nothing more is taken on this line."""
        ...


class Talk(Protocol):
    """The rules by which one line is spoken on: bytes in, messages and signs out. It knows no socket."""

    @property
    def is_begun(self) -> bool:
        """Tell whether part of a message is here, and the rest is waited for."""
        ...

    def came(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Yield what to do, in order: a message to take (true), or bytes to send; ValueError ends the line."""
        ...

    def answered(self, told: Any) -> bytes:
        """Return what is sent when a message was taken, or refused."""
        ...


@dataclass(frozen=True, kw_only=True)
class LinePort:
    """A port, who may come in by it, how they speak, and what takes their messages."""

    name: str  # of its kind, for those who count
    listener: socket.socket
    context: ssl.SSLContext | None
    admit: Callable[[str, bytes], Hashable | None]  # by address and certificate; None turns them away
    talk: Callable[[], Talk]
    take: Callable[[Any, bytes], LineReply]  # in a thread
    # Seconds for which a peer waits for what became of a message; told later, it is taken for the answer to the next.
    patience: float = math.inf


class CountsLines(Protocol):
    """Who is told how many lines there are, and why one was closed on its peer."""

    def opened(self, name: str, change: int) -> None: ...

    def closed(self, name: str, reason: str) -> None: ...

    def failed(self, kind: str) -> None: ...

    def turned(self) -> None: ...


@dataclass(eq=False)
class OpenLine:
    """One connection of a peer that is known."""

    port: LinePort
    who: Hashable
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    task: asyncio.Task[None]
    is_busy: bool = False  # with a message: nothing ends it then
    silent_since: float = field(default_factory=time.monotonic)


class LineServer:
    """Listens at ports until it is told to stop."""

    def __init__(
        self, ports: list[LinePort], pace: LinePace, counts: CountsLines, crowd_of: Callable[[str], str]
    ) -> None:
        self._ports, self._crowd_of = ports, crowd_of
        self._pace = pace
        self._counts = counts
        self._threads = ThreadPoolExecutor(pace.threads, thread_name_prefix="take")
        self._book: LineBook[OpenLine] = LineBook(pace.lines, pace.each, pace.at_once)
        self._unproved: dict[asyncio.Task[None], str] = {}  # by whom they are counted as, the oldest first
        self._stops = False

    async def run(self, stop: asyncio.Event) -> None:
        """Listen; when told to stop, let the messages in hand be answered."""
        loop = asyncio.get_running_loop()
        for port in self._ports:
            port.listener.setblocking(False)
            loop.add_reader(port.listener, self._accept, port)
        while not stop.is_set():
            self._counts.turned()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await stop.wait()
        for port in self._ports:
            loop.remove_reader(port.listener)
            port.listener.close()
        await self._finish()

    async def _finish(self) -> None:
        self._stops = True
        lines, strangers = list(self._book), list(self._unproved)
        for task in [*strangers, *(line.task for line in lines if not line.is_busy)]:
            task.cancel()
        if ending := [*strangers, *(line.task for line in lines)]:
            await asyncio.wait(ending, timeout=self._pace.finish)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _accept(self, port: LinePort) -> None:
        """Take one connection, though it may have to make room for another at once."""
        try:
            connection, address = port.listener.accept()
        except OSError:  # gone already; or no file is left, and the next round makes room
            return
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        task = asyncio.get_running_loop().create_task(self._welcome(port, connection, str(address[0])))
        self._unproved[task] = self._crowd_of(str(address[0]))
        task.add_done_callback(partial(self._over, connection))
        if len(self._unproved) > self._pace.unproved:
            self._end_a_stranger()

    def _end_a_stranger(self) -> None:
        """End the oldest of those who have not said who they are, of the caller who has most of them."""
        crowd, _ = Counter(self._unproved.values()).most_common(1)[0]
        oldest = next(task for task, caller in self._unproved.items() if caller == crowd)
        del self._unproved[oldest]
        asyncio.get_running_loop().call_soon(oldest.cancel)  # once its connection is one that a cancelled task closes

    def _over(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        connection.close()  # a task that is cancelled before its first step has taken nothing over
        self._unproved.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._counts.failed(type(error).__name__)

    async def _welcome(self, port: LinePort, connection: socket.socket, address: str) -> None:
        """Have a peer prove who they are, and talk with them."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        seconds = self._pace.handshake if port.context else None
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=port.context, ssl_handshake_timeout=seconds
            )
        except OSError:
            self._counts.closed(port.name, "handshake")
            return
        shown = transport.get_extra_info("ssl_object")
        who, task = None, asyncio.current_task()
        try:
            who = port.admit(address, (shown.getpeercert(binary_form=True) if shown else None) or b"")
        finally:  # a certificate on which it fails is no way to keep a connection either
            if who is None:
                transport.abort()
        if who is None or task is None:
            self._counts.closed(port.name, "stranger")
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        await self._hold(OpenLine(port, who, reader, writer, task))

    async def _hold(self, line: OpenLine) -> None:
        self._unproved.pop(line.task, None)
        crowd = self._book.enter(line)
        if crowd is not None:
            crowd.task.cancel()
            self._counts.closed(line.port.name, "crowd")
        if crowd is line:
            line.writer.transport.abort()
            return
        self._counts.opened(line.port.name, 1)
        try:
            if reason := await self._ended(line):
                self._counts.closed(line.port.name, reason)
        finally:
            self._counts.opened(line.port.name, -1)
            self._book.leave(line)
            await _close(line.writer)

    async def _ended(self, line: OpenLine) -> str:
        """Talk to the end; return what was wrong, "" for nothing."""
        try:
            await self._converse(line)
        except TimeoutError:
            return "slow"
        except ValueError:
            return "broken"
        except OSError:
            return "cut"
        return ""

    async def _converse(self, line: OpenLine) -> None:
        talk = line.port.talk()
        until = 0.0
        while not self._stops:
            until = (until or time.monotonic() + self._pace.message) if talk.is_begun else 0.0
            line.silent_since = time.monotonic()
            async with asyncio.timeout(until - time.monotonic() if until else self._pace.idle):
                data = await line.reader.read(65_536)
            if not data:
                return
            for content, is_message in talk.came(data):
                if not is_message:
                    await self._send(line, content)
                elif not await self._take(line, talk, content):
                    return
                until = 0.0

    async def _take(self, line: OpenLine, talk: Talk, content: bytes) -> bool:
        """Have a message taken and send what is answered; tell whether the line goes on."""
        line.is_busy, began = True, time.monotonic()
        try:
            told = await self._told(line, content)
            if time.monotonic() - began > line.port.patience:
                raise TimeoutError  # the line ends: what was taken is known when it comes again
            await self._send(line, talk.answered(told))
        finally:
            line.is_busy = False
        return not told.ends and not self._stops

    async def _told(self, line: OpenLine, content: bytes) -> LineReply:
        loop, until = asyncio.get_running_loop(), time.monotonic() + self._pace.again
        while True:
            async with self._book.turn_of(line.who):
                told: LineReply = await loop.run_in_executor(self._threads, line.port.take, line.who, content)
            if not told.is_later or self._stops or time.monotonic() >= until:
                return told
            await asyncio.sleep(self._pace.pause)

    async def _send(self, line: OpenLine, content: bytes) -> None:
        if content:
            line.writer.write(content)
            async with asyncio.timeout(self._pace.send):
                await line.writer.drain()
            await asyncio.sleep(0)  # a buffer full of signs, each answered, is no turn of one line alone


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close; a peer that does not say goodbye is left."""
    writer.close()
    with suppress(OSError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
    writer.transport.abort()
