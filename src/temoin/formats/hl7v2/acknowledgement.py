"""What a receiver answers: MSA with a code and our control id, ERR with its reasons (HL7 2.5.1, §2.9, §2.15.5).

MSA-1 and MSA-2 decide, and both are ASCII. Everything else in an answer was written by a machine that we do not know,
often from our own words in its own character set: it is read as far as it can be, and never makes a clear yes or no
unreadable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.separators import DEFAULT, Separators, read_separators
from temoin.formats.hl7v2.syntax import LINE_END, Segment, told_codec


class AckCode(StrEnum):
    """HL7 table 0008: application (A…) and commit (C…) answers."""

    ACCEPT = "AA"
    ERROR = "AE"
    REJECT = "AR"
    COMMIT = "CA"
    COMMIT_ERROR = "CE"
    COMMIT_REJECT = "CR"


POSITIVE = frozenset({AckCode.ACCEPT, AckCode.COMMIT})
_OF_APPLICATION = frozenset({AckCode.ACCEPT, AckCode.ERROR, AckCode.REJECT})
# Characters that HL7 2.5.1 gives MSH-10 and MSA-2: a receiver that keeps no more answers with the beginning of ours.
_SHORT_ID = 20
_AROUND = "\ufeff\x00\x0b\x1c \t"  # what senders leave before and after a segment


@dataclass(frozen=True, slots=True)
class Complaint:
    """One ERR: where, which code of table 0357, how grave ("" when it does not say), and what the receiver says."""

    place: str
    code: str
    severity: str
    words: str

    @property
    def is_error(self) -> bool:
        """Tell whether something went wrong: code 0 is "message accepted", W and I are warning and information."""
        if self.severity in {"W", "I"} or (self.code and not self.code.strip("0")):
            return False
        return bool(self.code) or self.severity in {"E", "F"}


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    code: AckCode
    control_id: str  # MSA-2: the MSH-10 answered
    own_id: str  # the answer's own MSH-10
    words: str  # MSA-3
    complaints: tuple[Complaint, ...]

    @property
    def is_positive(self) -> bool:
        return self.code in POSITIVE and not self.errors

    @property
    def is_contradictory(self) -> bool:
        """Tell whether the receiver says yes and names an error: whether it holds the message nobody can know."""
        return self.code in POSITIVE and bool(self.errors)

    @property
    def errors(self) -> frozenset[str]:
        """Return the codes of the errors named, "" for one without a code."""
        return frozenset(each.code for each in self.complaints if each.is_error)

    @property
    def told(self) -> str:
        """Return the receiver's reasons as lines of text; they may quote the message."""
        lines = [self.words, *(" ".join(filter(None, (c.place, c.code, c.words))) for c in self.complaints)]
        return "\n".join(filter(None, lines))


def read_acknowledgement(data: bytes, about: str = "", under_way: Collection[str] = ()) -> Acknowledgement:
    """Read what an answer says of the message `about`; `Hl7Error` when nothing in it answers anything, or yes and no.

    Of several answers the ones that name the message count, those of the application before those of what took it in
    for it (2.9.3); where none does, the last is returned as it stands.
    `under_way` are the messages that wait for an answer: an MSA-2 cut by the receiver names the only one with that
    beginning.
    """
    read: list[Acknowledgement] = []
    problem = Hl7Error("MSA", "is missing")
    for message in _messages(_text(data)):
        for answer, errors in _answers(message):
            try:
                read.append(_read(message[0], answer, errors, _meant(answer, about, under_way)))
            except Hl7Error as error:
                problem = error
    if not read:
        raise problem
    ours = [each for each in read if each.control_id == about] or read[-1:]
    ours = [each for each in ours if each.code in _OF_APPLICATION] or ours
    if len({each.code in POSITIVE for each in ours}) > 1:
        raise Hl7Error("MSA", "says yes and no of the same message")
    return ours[-1]


def _text(data: bytes) -> str:
    """Decode by MSH-18 when it names a character set that we know, else as UTF-8; what does not fit is replaced."""
    return data.decode(told_codec(data) or "utf-8", "replace")


def _messages(text: str) -> Iterator[list[Segment]]:
    """Give the segments of each message; those before any MSH are a message whose header was left out."""
    current: list[Segment] = []
    header = ""
    for line, content in enumerate(LINE_END.split(text), start=1):
        content = content.strip(_AROUND)
        name = content[:3].upper()
        if name == "MSH" and current:
            yield current
            current = []
        header = content if name == "MSH" else header
        if name in {"MSH", "MSA", "ERR"} and len(content) > 3:
            current.append(_segment(name, content, header, line))
    if current:
        yield current


def _segment(name: str, content: str, header: str, line: int) -> Segment:
    """Split a segment by the character that follows its name, whatever the header says of the others."""
    separator = content[3]
    fields = tuple(content[4:].split(separator))
    return Segment(name, (separator, *fields) if name == "MSH" else fields, _separators(header, separator), line)


def _separators(header: str, field: str) -> Separators:
    for encoding in (header[4:].split(field, 1)[0], DEFAULT.encoding):
        with suppress(Hl7Error):
            return read_separators(f"MSH{field}{encoding}{field}")
    return DEFAULT


def _answers(message: list[Segment]) -> list[tuple[Segment, list[Segment]]]:
    """Return each MSA with its ERRs: all there are, or of several MSA those that follow it."""
    places = [place for place, each in enumerate(message) if each.name == "MSA"]
    if len(places) == 1:
        return [(message[places[0]], [each for each in message if each.name == "ERR"])]
    ends = [*places[1:], len(message)]
    found = zip(places, ends, strict=False)
    return [(message[at], [each for each in message[at:end] if each.name == "ERR"]) for at, end in found]


def _meant(answer: Segment, about: str, under_way: Collection[str]) -> str:
    """Return the control id that MSA-2 means: one in capitals, or cut, is ours where it can be no other's."""
    told = answer.required(2).strip()
    if told.lower() == about.lower():  # keys are UUIDs
        return about
    begun = {each.lower() for each in (about, *under_way) if each.lower().startswith(told.lower())}
    return about if len(told) >= _SHORT_ID and begun == {about.lower()} else told


def _read(header: Segment, answer: Segment, errors: list[Segment], control_id: str) -> Acknowledgement:
    try:
        code = AckCode(answer.text(1).strip().upper())
    except ValueError:
        raise Hl7Error(answer.place(1), "is not one of AA, AE, AR, CA, CE, CR") from None
    return Acknowledgement(
        code=code,
        control_id=control_id,
        own_id=header.text(10) if header.name == "MSH" else "",
        words=answer.text(3),
        complaints=tuple(_complaints(answer, errors)),
    )


def _complaints(answer: Segment, errors: list[Segment]) -> Iterator[Complaint]:
    for error in errors:
        yield from _of_today(error) if error.text(3) or error.text(4) else _of_before(error)
    if answer.text(6):  # MSA-6, the error condition of versions before 2.5
        yield Complaint("", answer.text(6).strip(), "", answer.text(6, 2))


def _of_today(error: Segment) -> Iterator[Complaint]:
    """Read an ERR of 2.5 or later."""
    parts = [error.text(2, component) for component in range(1, 5)]
    words = next(filter(None, (error.text(8), error.text(7), error.text(3, 2))), "")
    yield Complaint("-".join(filter(None, parts)), error.text(3).strip(), error.text(4).strip().upper(), words)


def _of_before(error: Segment) -> Iterator[Complaint]:
    """Read an ERR of before 2.5: each repetition of ERR-1 holds place and code together, a few hold the code alone."""
    for number in range(1, len(error.repetitions(1)) + 1):
        parts = [error.text(1, component, repetition=number) for component in range(1, 5)]
        if parts[0].isdecimal() and not parts[3]:
            yield Complaint("", parts[0], "", parts[1])
            continue
        words = error.text(1, 4, 2, repetition=number)
        yield Complaint("-".join(filter(None, parts[:3])), parts[3].strip(), "", words)
