"""The authority over MLLP: takes ORU^R01 messages, keeps one per MSH-10, and answers, or breaks on demand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

from temoin_sandbox.envelope import envelope_faults, is_envelope
from temoin_sandbox.faults import Down, FaultDesk
from temoin_sandbox.hl7 import INTERNAL, REJECTIONS, TYPE, WORDS, AnsweredFault, SeenMessage, cut, faults_of
from temoin_sandbox.shelf import KeptItem, Shelf

START, END = b"\x0b", b"\x1c\r"
MAX_MESSAGE_BYTES = 1_000_000
STOP_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class HeldMessage(KeptItem):
    control_id: str
    order: str  # OBR-3: the same for every version of a result
    status: str  # OBR-25; of an envelope OBX-11


@dataclass(slots=True)
class MessageStore(Shelf[HeldMessage]):
    """The messages by MSH-10."""

    connections: int = 0
    received: int = 0

    def keep(self, seen: SeenMessage, data: bytes) -> None:
        """Keep a message, or count another copy of one that is kept."""
        order, status = seen.at("OBR", 3), _status(seen)
        self.put(
            seen.control_id,
            data,
            lambda moment, digest: HeldMessage(
                received=moment, digest=digest, control_id=seen.control_id, order=order, status=status
            ),
        )


class MllpDoor:
    """Answers every message of every connection."""

    def __init__(self, desk: FaultDesk) -> None:
        self.desk, self.store = desk, MessageStore()
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[Any] | None] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends; a frame that is none ends it."""
        self.store.connections += 1
        self._connections[writer] = asyncio.current_task()
        with suppress(OSError, EOFError, asyncio.LimitOverrunError):
            while frame := await reader.readuntil(END):
                if not frame.startswith(START):
                    break
                answer = await self._answer(frame[len(START) : -len(END)])
                await self._write(writer, answer)
                if not answer.endswith(END):
                    break
        del self._connections[writer]
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _write(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        if not self.desk.faults.trickle:
            writer.write(answer)
            await writer.drain()
            return
        self.desk.record("trickle")
        for byte in answer:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(self.desk.faults.trickle)

    async def close(self) -> None:
        connections = dict(self._connections)
        for writer in connections:
            writer.close()
        tasks = [task for task in connections.values() if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    async def _answer(self, data: bytes) -> bytes:
        """Return the framed answer, what is left of it, or nothing."""
        faults, desk = self.desk.faults, self.desk
        self.store.received += 1
        if faults.slow:
            desk.record("slow")
            await asyncio.sleep(faults.slow)
        if faults.down is not Down.OFF:
            desk.record("down")
            self.store.refused += 1
            return b"" if faults.down is Down.CLOSE else _framed(_refusal(cut(data), [AnsweredFault("", INTERNAL)]))
        seen = cut(data)
        wrong = [AnsweredFault("MSH^1", TYPE)] if seen is None else _faults(seen) or self._demanded()
        if seen is None or wrong:
            self.store.refused += 1
            return _framed(_refusal(seen, wrong))
        if self.desk.strikes("inner_error"):
            self.store.refused += 1
            return _framed(_acknowledgement(seen, "A", [AnsweredFault("PID^1^5", TYPE)]))
        self.store.keep(seen, data)
        return self._told(seen)

    def _demanded(self) -> list[AnsweredFault]:
        """Refuse on demand: for the moment, or for good."""
        if self.desk.strikes("throttle") or self.desk.strikes("error_before_store"):
            return [AnsweredFault("", INTERNAL)]
        return [AnsweredFault("PID^1^5", TYPE)] if self.desk.rejects() else []

    def _told(self, seen: SeenMessage) -> bytes:
        """Answer what was kept, unless the answer is to be lost on its way."""
        if self.desk.strikes("drop_answer"):
            return b""
        if self.desk.strikes("error_after_store"):
            return _framed(_refusal(seen, [AnsweredFault("", INTERNAL)]))
        if self.desk.strikes("other_answer"):
            return _framed(_acknowledgement(seen, "A", [], control_id=f"not-{seen.control_id}"))
        answer = _framed(_acknowledgement(seen, "A", []))
        if self.desk.strikes("double_answer"):
            return answer + answer
        return answer[: len(answer) // 2] if self.desk.strikes("half_answer") else answer


def _faults(seen: SeenMessage) -> list[AnsweredFault]:
    return envelope_faults(seen) if is_envelope(seen) else faults_of(seen)


def _status(seen: SeenMessage) -> str:
    return seen.at("OBX", 11) if is_envelope(seen) else seen.at("OBR", 25)


def _refusal(seen: SeenMessage | None, wrong: Sequence[AnsweredFault]) -> bytes:
    letter = "R" if any(each.code in REJECTIONS for each in wrong) else "E"
    return _acknowledgement(seen, letter, wrong)


def _acknowledgement(
    seen: SeenMessage | None, letter: str, wrong: Sequence[AnsweredFault], *, control_id: str | None = None
) -> bytes:
    """Write an answer in the sender's own separators; a commit answer (C…) where MSH-15 asks for one."""
    mark, encoding = ("|", r"^~\&") if seen is None else (seen.field, seen.encoding)
    own_id = "" if seen is None else seen.control_id
    answered = own_id if control_id is None else control_id
    mode = "C" if seen is not None and seen.at("MSH", 15) == "AL" else "A"
    part = encoding[0]
    now = datetime.fromtimestamp(time(), UTC).strftime("%Y%m%d%H%M%S+0000")
    kind = f"ACK{part}R01{part}ACK"
    profile = "2.5" if seen is not None and is_envelope(seen) else "2.5.1"
    lines = [
        ["MSH", encoding, "SANDBOX", "AUTHORITY", "", "", now, "", kind, f"ack-{answered}", "P", profile, *[""] * 5],
        ["MSA", f"{mode}{letter}", answered],
        *(["ERR", "", _place(each, part), f"{each.code}{part}{WORDS[each.code]}{part}HL70357", "E"] for each in wrong),
    ]
    lines[0].append("UNICODE UTF-8")
    return "".join(f"{mark.join(line)}\r" for line in lines).encode()


def _place(fault: AnsweredFault, part: str) -> str:
    return fault.place.replace("^", part)


def _framed(message: bytes) -> bytes:
    return START + message + END


@asynccontextmanager
async def mllp_listening(
    host: str, port: int, door: MllpDoor, context: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Listen inside the running loop, tell the port, and end every connection at the end."""
    server = await asyncio.start_server(door.serve, host, port, limit=MAX_MESSAGE_BYTES, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await door.close()
        await server.wait_closed()
