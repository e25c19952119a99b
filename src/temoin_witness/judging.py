"""The judgement on one request to add a checkpoint, as C2SP tlog-witness asks it, status by status."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from temoin_witness.growth import EMPTY, has_grown
from temoin_witness.notes import DECIMAL, LogKey, Note, NoteError, WitnessKey, decode
from temoin_witness.state import SeenCheckpoint, WitnessMemory, latest_in, remember

LONGEST_PROOF = 63


@dataclass(frozen=True)
class Request:
    """What a log sends: the size it believes was cosigned last, the proof from there, and its new checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    content: str
    note: Note

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Read the body of a request; NoteError when it is not one."""
        try:
            head, gap, content = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise NoteError("not text") from None
        first, *lines = head.split("\n")
        word, _, number = first.partition(" ")
        proof = tuple(decode(line) for line in lines)
        if not gap or word != "old" or not DECIMAL.fullmatch(number):
            raise NoteError("no old size")
        if len(proof) > LONGEST_PROOF or any(len(one) != 32 for one in proof):
            raise NoteError("not a proof")
        return cls(int(number), proof, content, Note.parse(content))


@dataclass(frozen=True)
class Ruling:
    """The answer: a status, and the signature or the size that goes with it."""

    status: HTTPStatus
    body: str = ""


class Witness:
    """One witness: its key, its memory, and the logs it watches."""

    def __init__(self, key: WitnessKey, memory: WitnessMemory, logs: Mapping[str, LogKey]) -> None:
        self.key = key
        self.memory = memory
        self.logs = logs

    def judge(self, body: bytes) -> Ruling:
        """Cosign growth, and nothing else."""
        try:
            request = Request.parse(body)
        except NoteError:
            return Ruling(HTTPStatus.BAD_REQUEST)
        log = self.logs.get(request.note.origin)
        if log is None:
            return Ruling(HTTPStatus.NOT_FOUND)
        if not log.has_signed(request.note):
            return Ruling(HTTPStatus.FORBIDDEN)
        if request.old > request.note.size:
            return Ruling(HTTPStatus.BAD_REQUEST)
        return self._judge_growth(request)

    def _judge_growth(self, request: Request) -> Ruling:
        note = request.note
        with self.memory.moving() as database:
            seen = latest_in(database, note.origin) or SeenCheckpoint(0, EMPTY, "")
            if request.old != seen.size:
                return Ruling(HTTPStatus.CONFLICT, f"{seen.size}\n")
            if seen.size == note.size and seen.root != note.root:
                return Ruling(HTTPStatus.CONFLICT, f"{seen.size}\n")
            if not has_grown(seen.size, note.size, (seen.root, note.root), request.proof):
                return Ruling(HTTPStatus.UNPROCESSABLE_ENTITY)
            line = self.key.cosign(note, int(time.time()))
            if note.size > seen.size:
                remember(database, note.origin, SeenCheckpoint(note.size, note.root, request.content + line))
        return Ruling(HTTPStatus.OK, line)
