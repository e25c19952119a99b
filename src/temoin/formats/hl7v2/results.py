"""From anybody's ORU^R01 to what it says of a patient and of tests, in the sender's own codes.

A file of results may hold segments nobody knows, several results in one order, and answers to questions asked on
entry: these are observations too (OBX-29 QST, or a LOINC code of theirs) and kept apart. What cannot be told without
a guess is refused by segment and field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.questions import load_questions
from temoin.formats.hl7v2.syntax import Message, Segment

VERSIONS = frozenset({"2.3", "2.3.1", "2.4", "2.5", "2.5.1"})
ORDER_STATUSES = frozenset("FCXWPRSIAOYZ")  # HL7 table 0123, and W as some senders put it here too
RESULT_STATUSES = frozenset("FCXWPRSIDNOU")  # HL7 table 0085


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A CE or CWE: code, words and system, and the same in a second system."""

    code: str
    words: str
    system: str
    other_code: str
    other_words: str
    other_system: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One OBX; `value` is a code for CE and CWE, and the plain text in its `code` for other types."""

    what: ReadCode
    kind: str
    value: ReadCode
    status: str
    at: datetime | None
    kit: ReadCode
    is_answer: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One OBR with what follows it."""

    number: str  # OBR-3, else OBR-2
    what: ReadCode
    status: str
    collected_at: datetime | None
    observations: tuple[Observation, ...]
    notes: tuple[str, ...]
    specimen: ReadCode | None


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """The PID, as far as a result needs it."""

    number: str
    family_name: str
    given_name: str
    birth: str  # as it stands: some senders know the year only
    sex: str


@dataclass(frozen=True, slots=True)
class Results:
    control_id: str
    processing: str  # MSH-11: P production, T training, D debugging
    patient: ReadPerson
    orders: tuple[Order, ...]


def read_results(message: Message) -> Results:
    """Return what an ORU^R01 says; `Hl7Error` names the segment and field that forbid it."""
    header = message.header
    if (header.text(9), header.text(9, 2)) != ("ORU", "R01"):
        raise Hl7Error(header.place(9), "is not ORU^R01: only results are read")
    if header.text(12) not in VERSIONS:
        raise Hl7Error(header.place(12), "is not a version that is read: 2.3 to 2.5.1")
    control_id = header.required(10)
    orders = tuple(_order(group) for group in _groups(message))
    if not orders:
        raise Hl7Error("OBR", "is missing")
    return Results(control_id, header.text(11), _person(message.one("PID")), orders)


def _groups(message: Message) -> Iterator[list[Segment]]:
    group: list[Segment] = []
    for each in message.segments:
        if each.name == "OBR":
            if group:
                yield group
            group = [each]
        elif group:
            group.append(each)
    if group:
        yield group


def _order(group: list[Segment]) -> Order:
    request = group[0]
    observations = tuple(_observation(each) for each in group if each.name == "OBX")
    if not any(not each.is_answer for each in observations):
        raise Hl7Error(request.place(4), "has no result (OBX)")
    if request.text(25) not in ORDER_STATUSES:
        raise Hl7Error(request.place(25), "is not a status of table 0123")
    specimen = next((each for each in group if each.name == "SPM"), None)
    return Order(
        number=request.text(3) or request.text(2),
        what=_code(request, 4),
        status=request.text(25),
        collected_at=request.time(7),
        observations=observations,
        notes=tuple(each.text(3) for each in group if each.name == "NTE"),
        specimen=None if specimen is None else _code(specimen, 4),
    )


def _observation(segment: Segment) -> Observation:
    what = _code(segment, 3)
    if not what.code:
        raise Hl7Error(segment.place(3), "is missing")
    if segment.text(11) not in RESULT_STATUSES:
        raise Hl7Error(segment.place(11), "is not a status of table 0085")
    return Observation(
        what=what,
        kind=segment.text(2),
        value=_code(segment, 5),
        status=segment.text(11),
        at=segment.time(14),
        kit=_code(segment, 17),
        is_answer=segment.text(29) == "QST" or what.code in load_questions().words,
    )


def _person(segment: Segment) -> ReadPerson:
    return ReadPerson(
        number=segment.text(3),
        family_name=segment.text(5),
        given_name=segment.text(5, 2),
        birth=segment.text(7),
        sex=segment.text(8),
    )


def _code(segment: Segment, field: int) -> ReadCode:
    return ReadCode(*(segment.text(field, component) for component in range(1, 7)))
