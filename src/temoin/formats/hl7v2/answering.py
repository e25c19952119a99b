"""What a receiver of results answers: ACK with its MSA and an ERR for each thing wrong, in the sender's version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from temoin.formats.hl7v2.acknowledgement import AckCode
from temoin.formats.hl7v2.order_response import OrderAnswer, order_segments, response_type
from temoin.formats.hl7v2.separators import DEFAULT
from temoin.formats.hl7v2.syntax import Segment
from temoin.formats.hl7v2.writing import Value, joined, moment, segment

APPLICATION = "TEMOIN"
_WITHOUT_ERR_2 = frozenset({"2.3", "2.3.1", "2.4"})  # ERR-1 alone tells a place there
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:-([0-9]{1,3}))?(?:\[([0-9]{1,3})\])?(?:\.([0-9]{1,2}))?")
_LONGEST_WORDS = 80  # of MSA-3
_MOST_ERRORS = 50


class AckReason:
    """Codes of HL7 table 0357."""

    ACCEPTED = "0"
    SEGMENT, REQUIRED, TYPE, VALUE = "100", "101", "102", "103"
    MESSAGE_TYPE, PROCESSING, VERSION, DUPLICATE, LOCKED, INTERNAL = "200", "202", "203", "205", "206", "207"


@dataclass(frozen=True, slots=True)
class AckError:
    """One ERR: a place as PID-5.1 or "", a code of table 0357, words that repeat no value, and how grave it is."""

    place: str
    code: str
    words: str
    severity: str = "E"  # of table 0516: W and I are of a message that was taken


def acknowledgement(
    header: Segment | None,
    code: AckCode,
    errors: Sequence[AckError],
    *,
    at: datetime,
    own_id: str,
    orders: Sequence[OrderAnswer] = (),
) -> bytes:
    """Write the answer to a message; of one whose header could not be read, an answer to nothing.

    It is the response to an order where its sender asks for one, with what became of each.
    """
    response = response_type(header, code)
    version = (header.text(12) if header else "") or "2.5.1"
    asked = header.text(10) if header else ""
    head: dict[int, Value] = {
        3: APPLICATION,
        4: header.text(6) if header else "",
        5: header.text(3) if header else "",
        6: header.text(4) if header else "",
        7: moment(at),
        9: response or ("ACK", (header.text(9, 2) if header else "") or "R01", "ACK"),
        10: own_id,
        11: (header.text(11) if header else "") or "P",
        12: version,
        18: "UNICODE UTF-8",
    }
    told: dict[int, Value] = {1: code.value, 2: asked}
    if version in _WITHOUT_ERR_2 and errors:
        told[3] = _short(errors)
        errors = [one for one in errors if one.severity == "E"]  # ERR cannot say there that it is none
    lines = [segment("MSH", head, DEFAULT), segment("MSA", told, DEFAULT)]
    lines += [_error(one, version) for one in errors[:_MOST_ERRORS]]
    return joined([*lines, *(order_segments(response, orders) if response else ())])


def batch_acknowledgement(header: Segment | None, answers: Sequence[bytes], *, at: datetime, own_id: str) -> bytes:
    """Put the answers to a batch into a batch of their own; `header` is the BHS of the sender's, where it had one."""
    head: dict[int, Value] = {
        3: APPLICATION,
        4: header.text(6) if header else "",
        5: header.text(3) if header else "",
        6: header.text(4) if header else "",
        7: moment(at),
        11: own_id,
        12: header.text(11) if header else "",
    }
    begin, end = segment("BHS", head, DEFAULT), segment("BTS", {1: str(len(answers))}, DEFAULT)
    return joined([begin]) + b"".join(answers) + joined([end])


def _error(error: AckError, version: str) -> str:
    found = _PLACE.fullmatch(error.place)
    name, field, repetition, component = (part or "" for part in found.groups()) if found else ("",) * 4
    if version in _WITHOUT_ERR_2:
        return segment("ERR", {1: (name, "1" if name else "", field, (error.code, error.words, "HL70357"))}, DEFAULT)
    place = (name, "1" if name else "", field, repetition or ("1" if component else ""), component)
    return segment("ERR", {2: place, 3: (error.code, "", "HL70357"), 4: error.severity, 8: error.words}, DEFAULT)


def _short(errors: Sequence[AckError]) -> str:
    """Return the words of the first error, or as many notes as have room."""
    told = errors[0].words
    for one in errors[1:] if errors[0].severity != "E" else ():
        if len(told) + len(one.words) >= _LONGEST_WORDS:
            return f"{told} …"
        told = f"{told} {one.words}"
    return told
