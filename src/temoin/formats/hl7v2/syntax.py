"""From bytes to segments and fields, for any HL7 v2 message, file or batch; meaning is read elsewhere.

Strict where a wrong guess would cost a result (separators, character set, counts of a batch), tolerant where files
in use differ: any end of line, segments nobody knows, fields cut short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.separators import DEFAULT, Separators, read_separators, unescaped
from temoin.formats.hl7v2.writing import HEADERS

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_ENVELOPE = frozenset({"FHS", "BHS", "BTS", "FTS"})
LINE_END = re.compile(r"\r\n|\r|\n")
_CHARACTER_SET = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n])MSH([^\r\n]*)")
# MSH-18 (HL7 table 0211), in letters and digits only: senders write UTF-8, utf8, ISO-8859-1. Nothing said is UTF-8, of
# which ASCII, the default of the standard, is a part.
_CODECS = dict.fromkeys(("", "ASCII", "USASCII", "UNICODE", "UNICODEUTF8", "UTF8"), "utf-8")
_CODECS |= {f"{name}8859{part}": f"iso8859-{part}" for name in ("", "ISO") for part in (*range(1, 10), 15)}
_CODECS |= {"LATIN1": "iso8859-1", "LATIN9": "iso8859-15", "WINDOWS1252": "cp1252", "CP1252": "cp1252"}
_SPELLING = re.compile(r"[^A-Z0-9]")
_TIME = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:\.([0-9]{1,4}))?)?)?)?)?)?([+-][0-9]{4})?"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its name, its fields as they stand, and where it is in the file."""

    name: str
    fields: tuple[str, ...]
    separators: Separators
    line: int

    def place(self, field: int) -> str:
        return f"{self.name}-{field} (line {self.line})"

    def repetitions(self, field: int) -> list[str]:
        """Return the repetitions of a field as they stand; none when it is empty."""
        found = self.fields[field - 1] if 0 < field <= len(self.fields) else ""
        return found.split(self.separators.repetition) if found else []

    def text(self, field: int, component: int = 1, subcomponent: int = 1, *, repetition: int = 1) -> str:
        """Return one value, unescaped; "" when it is not there."""
        repetitions = self.repetitions(field)
        whole = repetitions[repetition - 1] if repetition <= len(repetitions) else ""
        part = _part(_part(whole, self.separators.component, component), self.separators.subcomponent, subcomponent)
        return unescaped(part, self.separators)

    def required(self, field: int, component: int = 1) -> str:
        found = self.text(field, component)
        if not found:
            raise Hl7Error(self.place(field), "is missing")
        return found

    def time(self, field: int, component: int = 1) -> datetime | None:
        """Return a time, without a zone when it has none; None when empty or only a year or month."""
        found = self.text(field, component)
        if not found:
            return None
        try:
            return read_time(found)
        except ValueError:
            raise Hl7Error(self.place(field), "is not a date or time") from None


@dataclass(frozen=True, slots=True)
class Message:
    """The segments of one message, the MSH first."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        """Return the MSH."""
        return self.segments[0]

    def named(self, name: str) -> list[Segment]:
        """Return the segments of one name, in order."""
        return [each for each in self.segments if each.name == name]

    def one(self, name: str) -> Segment:
        """Return the only segment of a name."""
        found = self.named(name)
        if len(found) != 1:
            raise Hl7Error(name, f"must be there once, not {len(found)} times")
        return found[0]


def read_messages(data: bytes) -> tuple[Message, ...]:
    """Return the messages of a file: one alone, a batch, a file of batches; `Hl7Error` names segment and line."""
    messages: list[list[Segment]] = []
    current: list[Segment] | None = None
    batches = in_batch = 0
    for each in segments_in(enumerate(LINE_END.split(_text(data)), start=1)):
        if each.name == "MSH":
            current = [each]
            messages.append(current)
            in_batch += 1
        elif each.name in _ENVELOPE:
            current = None
            batches, in_batch = _counted(each, batches, in_batch)
        elif current is None:
            raise Hl7Error(f"{each.name} (line {each.line})", "stands outside any message: its MSH is missing")
        else:
            current.append(each)
    if not messages:
        raise Hl7Error("MSH", "is missing")
    return tuple(Message(tuple(each)) for each in messages)


def read_message(data: bytes) -> Message:
    """Return the only message of these bytes."""
    found = read_messages(data)
    if len(found) != 1:
        raise Hl7Error("MSH", "must be there once")
    return found[0]


def read_time(text: str) -> datetime | None:
    """Read a time with or without a zone; None when it is no more than a month; ValueError when malformed."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("not a time")
    year, month, date, hour, minute, second, fraction, zone = found.groups()
    if date is None:
        return None
    whole = f"{year}-{month}-{date}T{hour or '00'}:{minute or '00'}:{second or '00'}.{(fraction or '0').ljust(6, '0')}"
    return datetime.fromisoformat(f"{whole}{zone[:3]}:{zone[3:]}" if zone else whole)


def _counted(segment: Segment, batches: int, in_batch: int) -> tuple[int, int]:
    """Return the batches, and the messages of the present one, after a header or trailer of the envelope."""
    if segment.name == "BTS":
        _check_count(segment, in_batch)
        return batches + 1, 0
    if segment.name == "FTS":
        _check_count(segment, batches)
    return batches, 0


def _check_count(trailer: Segment, counted: int) -> None:
    told = trailer.text(1)
    if told and told != str(counted):
        raise Hl7Error(trailer.place(1), f"does not tell the {counted} that are there: the file is cut or joined")


def segments_in(lines: Iterable[tuple[int, str]]) -> list[Segment]:
    """Return the segments of numbered lines, the first of them a header; blank lines are passed over."""
    found: list[Segment] = []
    separators = DEFAULT
    for line, content in lines:
        if not content.strip():
            continue
        name = content[:3]
        if not found and name not in HEADERS:
            raise Hl7Error(f"MSH-1 (line {line})", "is missing: a message begins with MSH, a file with FHS or BHS")
        if _NAME.fullmatch(name) is None:
            raise Hl7Error(f"line {line}", "does not begin with the name of a segment")
        if name in HEADERS:
            separators = read_separators(content, name)
            found.append(Segment(name, _header_fields(content, separators), separators, line))
        else:
            found.append(Segment(name, _fields(name, content, separators, line), separators, line))
    return found


def _header_fields(content: str, separators: Separators) -> tuple[str, ...]:
    return (separators.field, *content[4:].split(separators.field))


def _fields(name: str, content: str, separators: Separators, line: int) -> tuple[str, ...]:
    if content[3:4] not in {"", separators.field}:
        raise Hl7Error(f"{name} (line {line})", "is not followed by the field separator of the MSH")
    return tuple(content[4:].split(separators.field))


def told_codec(data: bytes) -> str | None:
    """Return Python's name for the character set of the first MSH-18, UTF-8 for an empty one, None for one unknown."""
    header = _CHARACTER_SET.search(data)
    fields = header[1].split(header[1][:1]) if header and header[1] else []
    told = fields[17].decode("ascii", "replace").strip() if len(fields) > 17 else ""
    return _CODECS.get(_SPELLING.sub("", told.split("~")[0].upper()))


def _text(data: bytes) -> str:
    """Decode by the first MSH's MSH-18: a batch has one character set."""
    codec = told_codec(data)
    if codec is None:
        raise Hl7Error("MSH-18", "is not a character set that is read here")
    try:
        return data.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        raise Hl7Error("MSH-18", f"does not fit the bytes of line {line}") from None


def _part(text: str, separator: str, number: int) -> str:
    parts = text.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""
