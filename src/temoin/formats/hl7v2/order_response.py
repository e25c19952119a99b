"""What is answered to who sends an order and asks for more than an ACK: ORR^O02 to ORM^O01, ORL^O22 to OML^O21.

MSH-16 asks for it (table 0155). Of an order that was done ORC tells what was done, our number and how it stands; in
ORL it stands below its PID, which is the sender's own (HL7 2.3 §4.2.2, 2.5.1 §4.4.2 and §4.4.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from temoin.formats.hl7v2.acknowledgement import AckCode
from temoin.formats.hl7v2.syntax import Segment
from temoin.formats.hl7v2.writing import Value, segment

ResponseType = tuple[str, str, str]

_RESPONSES: dict[tuple[str, str], ResponseType] = {
    ("ORM", "O01"): ("ORR", "O02", "ORR_O02"),
    ("OML", "O21"): ("ORL", "O22", "ORL_O22"),
}
_NEEDS_PERSON = "ORL"
_IDENTIFIER, _NAME = 6, 7  # components of PID-3 and PID-5 that are told again


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What was done with one order, by codes of tables 0119 and 0038, and the PID under which it came."""

    control: str
    status: str
    number: str = field(repr=False)
    test: str = ""
    person: Segment | None = field(default=None, repr=False)


def response_type(header: Segment | None, code: AckCode) -> ResponseType | None:
    """Return MSH-9 of the response that a message asks for; None where it asks for none, or an ACK is due."""
    if header is None:
        return None
    is_taken = code is AckCode.ACCEPT
    is_asked = {"AL": True, "SU": is_taken, "ER": not is_taken}.get(header.text(16), False)
    return _RESPONSES.get((header.text(9), header.text(9, 2))) if is_asked else None


def order_segments(kind: ResponseType, answers: Sequence[OrderAnswer]) -> Iterator[str]:
    """Yield what stands below MSA and ERR; in ORL nothing of an order whose person the message does not tell."""
    person = None
    for each in answers:
        if each.person is None and kind[0] == _NEEDS_PERSON:
            continue
        if each.person is not None and each.person is not person:
            person = each.person
            told: dict[int, Value] = {1: "1", 3: _told(person, 3, _IDENTIFIER), 5: _told(person, 5, _NAME)}
            yield segment("PID", told)
        ours: Value = (each.test, "TEMOIN") if each.test else ""
        yield segment("ORC", {1: each.control, 2: each.number, 3: ours, 5: each.status})


def _told(person: Segment, number: int, components: int) -> Value:
    return tuple(person.text(number, component) for component in range(1, components + 1))
