"""A file of foreign HL7 v2 messages: one, several, a batch (FHS, BHS), as frames of MLLP; each message by itself."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.tables import LARGEST_FILE, Encoding
from temoin.formats.handed.hl7 import Passed, told_results
from temoin.formats.handed.told import ToldResult
from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.framing import START, STOP
from temoin.formats.hl7v2.syntax import Segment, segments_in, told_codec

LARGEST_MESSAGE = 1024 * 1024
MOST_SEGMENTS = 5_000
_PORTION = 64 * 1024
_LINE_END = re.compile(rb"\r\n|\r|\n")
_HEADER = re.compile(rb"(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")
_SEGMENT = re.compile(rb"(?:PID|ORC|OBR|OBX|SPM|NTE|PV1)\|", re.MULTILINE)
_ENVELOPE = frozenset({b"FHS", b"BHS", b"BTS", b"FTS"})


@dataclass(slots=True)
class RawMessage:
    """The lines of one message as they stand; the first that are in no message have no header."""

    line: int
    lines: list[tuple[int, bytes]] = field(default_factory=list, repr=False)
    size: int = 0
    is_too_long: bool = False
    is_headless: bool = False

    def add(self, number: int, content: bytes) -> None:
        self.size += len(content)
        if self.size > LARGEST_MESSAGE or len(self.lines) >= MOST_SEGMENTS:
            self.is_too_long, self.lines = True, self.lines[:1]
        if not self.is_too_long:
            self.lines.append((number, content))


def is_hl7(head: bytes) -> bool:
    """Tell whether the first bytes of a file are those of HL7 v2, or of one whose first lines were lost."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n" + START)
    return _HEADER.match(text) is not None or any(_SEGMENT.match(line) for line in _LINE_END.split(text)[:20])


def told_of_file(stream: BinaryIO, encoding: Encoding, passed: Passed) -> Iterator[ToldResult]:
    """Yield what each message of a file tells; FileRefusedError where the file was cut or joined."""
    for raw in raw_messages(stream):
        yield from told_of_message(raw, encoding, passed)


Read = Callable[[list[Segment], Passed], Iterator[ToldResult]]


def told_of_message(
    raw: RawMessage, encoding: Encoding, passed: Passed, read: Read = told_results
) -> Iterator[ToldResult]:
    """Yield the results of one message, or its orders, or one that says why nothing of it can be read."""
    if raw.is_too_long:
        yield ToldResult(raw.line, problems=[("", "message_too_long")])
        return
    if raw.is_headless:
        yield ToldResult(raw.line, problems=[("MSH", "hl7_headless")])
        return
    try:
        yield from read(segments_of(raw, encoding), passed)
    except UnicodeDecodeError:
        yield ToldResult(raw.line, problems=[("MSH-18", "hl7_charset")])
    except Hl7Error as error:
        place = error.place.partition(" (")[0]
        code = "hl7_charset" if place == "MSH-18" else "hl7_form"
        yield ToldResult(raw.line, problems=[("" if place.startswith("line") else place, code)])


def header_of(raw: RawMessage) -> Segment | None:
    """Return the header of a message, read as far as it can be; None where there is none."""
    if raw.is_headless:
        return None
    number, content = raw.lines[0]
    try:
        return segments_in([(number, content.decode(errors="replace"))])[0]
    except Hl7Error:
        return None


def segments_of(raw: RawMessage, encoding: Encoding) -> list[Segment]:
    """Return the segments of a message, read in the character set that it announces; else in the one that was said."""
    header = raw.lines[0][1]
    codec = told_codec(header)
    if codec is None:
        raise Hl7Error("MSH-18", "is not a character set that is read here")
    fields = header.split(header[3:4]) if len(header) > 3 else []
    is_told = len(fields) > 17 and bool(fields[17].strip())
    codec = codec if is_told else encoding.value
    return segments_in((number, content.decode(codec)) for number, content in raw.lines)


def raw_messages(stream: BinaryIO) -> Iterator[RawMessage]:
    """Yield the messages of a file as they stand, in flat memory; FileRefusedError where its counts do not hold."""
    current: RawMessage | None = None
    envelope = _Envelope()
    for number, content in _lines(stream):
        name = content[:3]
        if name in _ENVELOPE or name == b"MSH":
            if current is not None:
                yield current
            current = RawMessage(number) if name == b"MSH" else None
            envelope.count(name, number, content)
        elif current is None:
            current, envelope.has_any = RawMessage(number, is_headless=True), True
        if current is not None:
            current.add(number, content)
    if current is not None:
        yield current
    if not envelope.has_any:
        raise FileRefusedError("hl7_empty")


@dataclass(slots=True)
class _Envelope:
    """What the trailers of a batch and of a file are compared with."""

    batches: int = 0
    in_batch: int = 0
    has_any: bool = False

    def count(self, name: bytes, line: int, content: bytes) -> None:
        if name == b"MSH":
            self.in_batch, self.has_any = self.in_batch + 1, True
        elif name == b"BTS":
            _check_count(line, content, self.in_batch)
            self.batches, self.in_batch = self.batches + 1, 0
        elif name == b"FTS":
            _check_count(line, content, self.batches)


def _check_count(line: int, trailer: bytes, counted: int) -> None:
    """Refuse a file whose batch does not hold as many as it says, or says what is no count: part may be elsewhere."""
    told = trailer[4:].split(trailer[3:4] or b"|")[0].strip()
    if told in {b"", b'""'}:
        return
    if not re.fullmatch(rb"[0-9]{1,9}", told) or int(told) != counted:
        raise FileRefusedError("hl7_cut", row=line)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold anything, with their number, whatever ends them; signs of a frame are no part of them.

    Of a line too long for a message only as much is kept as makes its message one that is refused.
    """
    number, rest, size, after_return = 1, b"", 0, False
    while portion := stream.read(_PORTION):
        size += len(portion)
        if size > LARGEST_FILE:
            raise FileRefusedError("too_large")
        if number == 1 and not rest:
            portion = portion.removeprefix(codecs.BOM_UTF8)
        if after_return:
            portion = portion.removeprefix(b"\n")
        after_return = portion.endswith(b"\r") or (after_return and not portion)
        *whole, rest = _LINE_END.split(rest[: LARGEST_MESSAGE + 1] + portion)
        for content in whole:
            if plain := _unframed(content):
                yield number, plain
            number += 1
    if plain := _unframed(rest):
        yield number, plain


def _unframed(content: bytes) -> bytes:
    return content.strip(b" \t" + START + STOP) if content[:1] in {START, STOP, b" ", b"\t"} else content.rstrip(STOP)
