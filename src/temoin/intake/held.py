"""A file that a person handed in, kept sealed for a day in the memory that server processes share: never in clear.

That memory is a table of the database (`signin.memory`), whose log and backups hold the sealed values too. The file's
parts, what is known of it and what became of its rows are sealed for their pharmacy and their place. Whoever may import
in that pharmacy finds it again; nobody else, and nobody once its day is over.
"""

from __future__ import annotations

import io
import zlib
from base64 import b85decode, b85encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from django.core.cache import cache

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.platform import open_platform_secret, seal_platform_secret
from temoin.formats.csv.problems import FileRefusedError
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.ids import new_id

LIFE = timedelta(hours=24)
LEASE = 60.0  # seconds for which nobody else goes on with a file, unless whoever does says so again
PART = 256 * 1024
MOST_FILES = 5  # of a pharmacy: a sixth takes the place of the first


class FileStage(StrEnum):
    """How far a file is."""

    HANDED_IN = "handed-in"
    TRYING = "trying"
    TRIED = "tried"
    TAKING = "taking"
    TAKEN = "taken"
    REFUSED = "refused"

    @property
    def is_running(self) -> bool:
        return self in {FileStage.TRYING, FileStage.TAKING}


class FileKind(StrEnum):
    """What a file brings."""

    RESULTS = "results"
    PATIENTS = "patients"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HeldFile:
    """What is known of a file. Its name may tell of a person: it is sealed with the rest."""

    id: UUID
    name: str
    size: int
    digest: str  # SHA-256 of the file, for the receipt
    handed_at: str
    kind: FileKind = FileKind.RESULTS
    stage: FileStage = FileStage.HANDED_IN
    encoding: str = "utf-8"
    dates: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    terms: str = ""  # by which the pharmacy's files were read when it was tried
    first_row: int = 1  # the number of its heading, from which its rows are counted
    profile: str = ""
    rows: int = 0
    done: int = 0  # how many rows were told of
    last_row: int = 0  # the number of the last of them
    counts: dict[str, int] = field(default_factory=dict)
    told: int = 0  # parts of what was told
    notes: list[str] = field(default_factory=list)  # sentences about the file as a whole
    refusal: dict[str, Any] = field(default_factory=dict)
    # Rows of patients whom a person said to be somebody else, each with the records that were shown beside it.
    put_aside: dict[str, list[str]] = field(default_factory=dict)
    group: str = ""  # the group whose roster a list of patients is
    taken_at: str = ""
    noted_at: str = ""

    def count(self, verdict: str) -> int:
        return self.counts.get(verdict, 0)

    @property
    def is_stopped(self) -> bool:
        """Tell whether it was going on, and nothing was heard of it for a while."""
        if not self.stage.is_running:
            return False
        return now() - datetime.fromisoformat(self.noted_at) > timedelta(seconds=LEASE)


def keep_file(pharmacy_id: UUID, held: HeldFile, content: bytes) -> None:
    """Keep a new file, part by part; of too many, the oldest goes."""
    for number, start in enumerate(range(0, len(content), PART)):
        _keep(pharmacy_id, held.id, f"part {number}", content[start : start + PART])
    save_held(pharmacy_id, held)
    known = [held.id, *(one for one in held_ids(pharmacy_id) if one != held.id)]
    for gone in known[MOST_FILES:]:
        forget_held(pharmacy_id, gone)
    _keep_ids(pharmacy_id, known[:MOST_FILES])


def save_held(pharmacy_id: UUID, held: HeldFile) -> HeldFile:
    """Keep what is known of a file now."""
    noted = replace(held, noted_at=now().isoformat())
    _keep(pharmacy_id, held.id, "known", orjson.dumps(asdict(noted)))
    return noted


def held_file(pharmacy_id: UUID, file_id: UUID) -> HeldFile:
    """Return what is known of a file; NotFoundError once its day is over, or in another pharmacy."""
    kept = _kept(pharmacy_id, file_id, "known")
    if kept is None:
        raise NotFoundError
    known = orjson.loads(kept)  # perhaps by the release before, for a day
    told = {name: value for name, value in known.items() if name in HeldFile.__dataclass_fields__}
    kind = FileKind(known.get("kind", FileKind.RESULTS))
    return HeldFile(**{**told, "id": UUID(known["id"]), "stage": FileStage(known["stage"]), "kind": kind})


def held_ids(pharmacy_id: UUID) -> list[UUID]:
    kept = _kept(pharmacy_id, pharmacy_id, "files")
    return [UUID(one) for one in orjson.loads(kept)] if kept else []


def forget_held(pharmacy_id: UUID, file_id: UUID) -> None:
    """Forget a file: its parts, what is known of it, and what was told of its rows."""
    with_parts = held_file(pharmacy_id, file_id) if _kept(pharmacy_id, file_id, "known") else None
    if with_parts is None:
        return
    for number in range(-(-with_parts.size // PART)):
        cache.delete(_name(pharmacy_id, file_id, f"part {number}"))
    forget_told(pharmacy_id, with_parts)
    cache.delete(_name(pharmacy_id, file_id, "known"))
    _keep_ids(pharmacy_id, [one for one in held_ids(pharmacy_id) if one != file_id])


def add_told(pharmacy_id: UUID, held: HeldFile, told: list[dict[str, Any]]) -> HeldFile:
    """Keep what became of some more rows."""
    _keep(pharmacy_id, held.id, f"told {held.told}", orjson.dumps(told))
    return replace(held, told=held.told + 1)


def told_rows(pharmacy_id: UUID, held: HeldFile) -> Iterator[dict[str, Any]]:
    """Yield what became of the rows that were refused, or of which there was something to say, in their order."""
    for number in range(held.told):
        yield from orjson.loads(_kept(pharmacy_id, held.id, f"told {number}") or b"[]")


def forget_told(pharmacy_id: UUID, held: HeldFile) -> None:
    for number in range(held.told):
        cache.delete(_name(pharmacy_id, held.id, f"told {number}"))


def begin_run(pharmacy_id: UUID, file_id: UUID) -> UUID:
    """Return the run of the one caller who goes on with a file; ConflictError while another does."""
    run = new_id()
    if not cache.add(_name(pharmacy_id, file_id, "run"), str(run), LEASE):
        raise ConflictError
    return run


def go_on(pharmacy_id: UUID, file_id: UUID, run: UUID) -> None:
    """Keep a file for a run; ConflictError once its time was over: another may have gone on with the file since."""
    name = _name(pharmacy_id, file_id, "run")
    if cache.get(name) != str(run):
        raise ConflictError
    cache.set(name, str(run), LEASE)


def end_run(pharmacy_id: UUID, file_id: UUID, run: UUID) -> None:
    """Leave a file to others, unless another run has it already."""
    name = _name(pharmacy_id, file_id, "run")
    if cache.get(name) == str(run):
        cache.delete(name)


class HeldStream(io.RawIOBase):
    """A kept file as a stream: one part of it is in memory at a time; `beat` is called for each."""

    def __init__(self, pharmacy_id: UUID, held: HeldFile, beat: Callable[[], None]) -> None:
        super().__init__()
        self._pharmacy_id, self._held, self._beat = pharmacy_id, held, beat
        self._place, self._number, self._part = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._held.size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the part in which the stream stands."""
        number, start = divmod(self._place, PART)
        if self._place >= self._held.size:
            return 0
        if number != self._number:
            self._beat()
            found = _kept(self._pharmacy_id, self._held.id, f"part {number}")
            if found is None:
                raise NotFoundError  # its day ended while it was read
            self._number, self._part = number, found
        read = self._part[start : start + len(buffer)]
        buffer[: len(read)] = read
        self._place += len(read)
        return len(read)


def held_stream(pharmacy_id: UUID, held: HeldFile, beat: Callable[[], None] = lambda: None) -> io.BufferedReader:
    return io.BufferedReader(HeldStream(pharmacy_id, held, beat), PART)


def _keep_ids(pharmacy_id: UUID, ids: list[UUID]) -> None:
    _keep(pharmacy_id, pharmacy_id, "files", orjson.dumps([str(one) for one in ids]))


def _keep(pharmacy_id: UUID, file_id: UUID, what: str, content: bytes) -> None:
    name = _name(pharmacy_id, file_id, what)
    sealed = seal_platform_secret(name, b85encode(zlib.compress(content, 1)).decode())
    cache.set(name, sealed, LIFE.total_seconds())


def _kept(pharmacy_id: UUID, file_id: UUID, what: str) -> bytes | None:
    name = _name(pharmacy_id, file_id, what)
    sealed = cache.get(name)
    if sealed is None:
        return None
    try:
        return zlib.decompress(b85decode(open_platform_secret(name, sealed)))
    except SealBrokenError:  # put there by somebody else: it is as if nothing was
        return None


def _name(pharmacy_id: UUID, file_id: UUID, what: str) -> str:
    return f"file {pharmacy_id} {file_id} {what}"


def refusal_of(held: HeldFile) -> FileRefusedError:
    """Return why a file was refused, to be told in the language of who looks."""
    told = held.refusal
    return FileRefusedError(
        told["code"],
        row=told["row"],
        byte=told["byte"],
        other=told["other"],
        columns=tuple(told["columns"]),
        headings=tuple(told["headings"]),
    )
