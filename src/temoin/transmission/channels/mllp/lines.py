"""Connections to a receiver of HL7 v2: framed, encrypted, kept open from one message to the next.

A line carries one message at a time and waits for its answer. One on which anything went wrong is closed: what comes
late on it must not be taken for the answer to the next message.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from temoin.formats.hl7v2 import START, STOP, framed, unframed
from temoin.transmission.channels.mllp.settings import MllpSettings
from temoin.transmission.tls import client_context

CONNECTIONS = 4
# Seconds; together well below the lease of a parcel (30), so that a live worker always settles first.
TURN, CONNECT, ANSWER = 6.0, 4.0, 8.0
IDLE = 5.0  # seconds; receivers close silent connections, and a message into a closed one is a needless doubt
GOODBYE = 1.0
LARGEST_ANSWER = 65_536  # bytes
MOST_EMPTY = 16  # frames in which no message stands, before the answer
_NO_MESSAGE = b"\r\n \x06\x15"  # ACK and NAK of MLLP release 2 tell of the transport, and the answer comes after them


class LineNotSentError(Exception):
    """Nothing of the message has left; `args[0]` is the code."""


class LineSilentError(Exception):
    """The message may have arrived; `args[0]` is the code."""


@dataclass(slots=True)
class Line:
    """One open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used_at: float
    came: bytes = b""  # and not read yet: the CR of the frame before, or what is no frame

    async def exchange(self, frame: bytes, is_late: Callable[[bytes], bool]) -> bytes:
        """Send one frame and return what is inside the frame of the answer; late ones of others are passed over."""
        try:
            async with asyncio.timeout(ANSWER):
                self.writer.write(frame)
                await self.writer.drain()
                return await self._answer(is_late)
        except (OSError, EOFError):  # a cut line, a time-out, an alert of TLS 1.3 after the handshake
            is_begun = START in self.came or not self.came.strip()
            raise LineSilentError("no_acknowledgement" if is_begun else "unreadable_acknowledgement") from None

    async def _answer(self, is_late: Callable[[bytes], bool]) -> bytes:
        for _ in range(MOST_EMPTY):
            if not is_late(inside := await self._frame()):
                break
        return inside

    async def _frame(self) -> bytes:
        """Read to the FS of the next frame in which a message may stand."""
        empty = 0
        while True:
            frame, stop, rest = self.came.partition(STOP)
            if stop:
                self.came = rest
                inside = unframed(frame)
                if inside.strip(_NO_MESSAGE):
                    return inside
                empty += 1
                if empty <= MOST_EMPTY:
                    continue
            if empty > MOST_EMPTY or len(self.came) > LARGEST_ANSWER:
                raise LineSilentError("unreadable_acknowledgement")
            piece = await self.reader.read(LARGEST_ANSWER)
            if not piece:
                raise EOFError
            self.came += piece

    async def close(self) -> None:
        """Close; a peer that does not say goodbye is left."""
        self.writer.close()
        with suppress(OSError):
            async with asyncio.timeout(GOODBYE):
                await self.writer.wait_closed()
        self.writer.transport.abort()


class Lines:
    """The few lines to one receiver."""

    def __init__(self, receiver: MllpSettings) -> None:
        self._receiver = receiver
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._free: list[Line] = []

    async def exchange(self, message: bytes, is_late: Callable[[bytes], bool]) -> bytes:
        """Send a message and return the answer; `LineNotSentError` or `LineSilentError` says what may have happened.

        `is_late` tells of an answer that another message had already: in enhanced mode some receivers answer twice.
        """
        try:
            async with asyncio.timeout(TURN):
                await self._turns.acquire()
        except TimeoutError:
            raise LineNotSentError("busy") from None
        try:
            line = await self._line()
            try:
                answer = await line.exchange(framed(message), is_late)
            except BaseException:
                await line.close()
                raise
            line.used_at = _time()
            self._free.append(line)
            return answer
        finally:
            self._turns.release()

    async def close(self) -> None:
        while self._free:
            await self._free.pop().close()

    async def _line(self) -> Line:
        while self._free:
            line = self._free.pop()
            if not line.reader.at_eof() and _time() - line.used_at < IDLE:
                return line
            await line.close()
        return await self._connect()

    @cached_property
    def _context(self) -> ssl.SSLContext | None:
        receiver = self._receiver
        if not receiver.tls:
            return None
        return client_context(
            authorities=receiver.authorities, pin=receiver.pin, certificate=receiver.certificate, key=receiver.key
        )

    async def _connect(self) -> Line:
        receiver = self._receiver
        try:
            async with asyncio.timeout(CONNECT):
                reader, writer = await asyncio.open_connection(
                    receiver.host, receiver.port, ssl=self._context, limit=LARGEST_ANSWER
                )
        except ssl.SSLError:
            raise LineNotSentError("certificate_refused") from None
        except OSError:
            raise LineNotSentError("unreachable") from None
        return Line(reader, writer, _time())


def _time() -> float:
    return asyncio.get_running_loop().time()
