"""ORU^R01 2.5.1 as the authority reads and checks it, written from HL7 v2.5.1 and the ELR profile; shares no code with
the sender."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from temoin_sandbox.codes import is_ins, is_loinc, is_snomed

# HL7 table 0357.
SEQUENCE, REQUIRED, TYPE, UNKNOWN_CODE = "100", "101", "102", "103"
WRONG_MESSAGE, WRONG_PROCESSING, WRONG_VERSION, INTERNAL = "200", "202", "203", "207"
WORDS = {
    SEQUENCE: "Segment sequence error",
    REQUIRED: "Required field missing",
    TYPE: "Data type error",
    UNKNOWN_CODE: "Table value not found",
    WRONG_MESSAGE: "Unsupported message type",
    WRONG_PROCESSING: "Unsupported processing id",
    WRONG_VERSION: "Unsupported version id",
    INTERNAL: "Application internal error",
}
REJECTIONS = frozenset({WRONG_MESSAGE, WRONG_PROCESSING, WRONG_VERSION, INTERNAL})  # answered AR, not AE
_TIME = re.compile(r"[0-9]{8}(?:[0-9]{4}(?:[0-9]{2}(?:\.[0-9]{1,4})?)?(?:[+-][0-9]{4})?)?")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


class AnsweredFault(NamedTuple):
    """One finding: where, by the ERL of ERR-2, and which code of table 0357."""

    place: str
    code: str


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message cut into fields, nothing unescaped: what is compared here holds no separator."""

    field: str
    encoding: str
    segments: tuple[tuple[str, ...], ...]

    def at(self, name: str, field: int, component: int = 1, *, which: int = 0, repetition: int = 0) -> str:
        """Return one component as it stands; "" when it is not there."""
        found = [each for each in self.segments if each[0] == name]
        parts = found[which] if which < len(found) else ()
        whole = parts[field] if field < len(parts) else ""
        repeated = whole.split(self.encoding[1])
        chosen = repeated[repetition] if repetition < len(repeated) else ""
        components = chosen.split(self.encoding[0])
        return components[component - 1] if component <= len(components) else ""

    def count(self, name: str) -> int:
        """Tell how many segments bear a name."""
        return sum(1 for each in self.segments if each[0] == name)

    @property
    def control_id(self) -> str:
        """Return MSH-10."""
        return self.at("MSH", 10)


def cut(data: bytes) -> SeenMessage | None:
    """Cut a message; None when it is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if not text.startswith("MSH") or len(text) < 9 or not text.endswith("\r"):
        return None
    field, encoding = text[3], text[4:].split(text[3], 1)[0]
    if len(encoding) != 4 or len({field, *encoding}) != 5:
        return None
    lines = [line.split(field) for line in text[:-1].split("\r")]
    lines[0].insert(1, field)  # MSH-1 is the separator itself
    return SeenMessage(field, encoding, tuple(tuple(line) for line in lines))


def faults_of(seen: SeenMessage) -> list[AnsweredFault]:
    """Return what is wrong, rejections first."""
    return [*header_faults(seen, "2.5.1")] or [*_order(seen), *_patient(seen), *_results(seen)]


def header_faults(seen: SeenMessage, version: str) -> Iterator[AnsweredFault]:
    """Return what is wrong with an MSH."""
    if [seen.at("MSH", 9, n) for n in (1, 2, 3)] != ["ORU", "R01", "ORU_R01"]:
        yield AnsweredFault("MSH^1^9", WRONG_MESSAGE)
    if seen.at("MSH", 11) not in {"P", "T", "D"}:
        yield AnsweredFault("MSH^1^11", WRONG_PROCESSING)
    if seen.at("MSH", 12) != version:
        yield AnsweredFault("MSH^1^12", WRONG_VERSION)
    if not seen.control_id:
        yield AnsweredFault("MSH^1^10", REQUIRED)
    if seen.at("MSH", 18) != "UNICODE UTF-8":
        yield AnsweredFault("MSH^1^18", UNKNOWN_CODE)
    yield from time_faults(seen, "MSH", 7)


def _order(seen: SeenMessage) -> Iterator[AnsweredFault]:
    """MSH SFT PID ORC OBR NTE* OBX+ SPM; segments of the sender's own (Z…) may stand anywhere after."""
    names = [each[0] for each in seen.segments]
    standard = " ".join(name for name in names if not name.startswith("Z"))
    if re.fullmatch(r"MSH(?: SFT)+ PID ORC OBR(?: NTE)*(?: OBX(?: NTE)*)+ SPM", standard) is None:
        yield AnsweredFault("MSH^1", SEQUENCE)
    if any(_SEGMENT.fullmatch(name) is None for name in names):
        yield AnsweredFault("MSH^1", TYPE)


def _patient(seen: SeenMessage) -> Iterator[AnsweredFault]:
    if not seen.at("PID", 3):
        yield AnsweredFault("PID^1^3", REQUIRED)
    # A person who may not be named has an empty legal name, then one of type S (ELR R1); the year of birth or nothing.
    is_masked = seen.at("PID", 5, 7, repetition=1) == "S"
    if not seen.at("PID", 5) and not is_masked:
        yield AnsweredFault("PID^1^5", REQUIRED)
    if not (is_masked and re.fullmatch("([0-9]{4})?", seen.at("PID", 7))):
        yield from time_faults(seen, "PID", 7)
    if seen.at("PID", 8) not in {"F", "M", "U"}:
        yield AnsweredFault("PID^1^8", UNKNOWN_CODE)
    if seen.at("PID", 3, 5) == "INS" and not (is_ins(seen.at("PID", 3)) and seen.at("PID", 32) == "QUAL"):
        yield AnsweredFault("PID^1^3", TYPE)


def _results(seen: SeenMessage) -> Iterator[AnsweredFault]:
    for field in (3, 4):
        if not seen.at("OBR", field):
            yield AnsweredFault(f"OBR^1^{field}", REQUIRED)
    for field in (7, 22):
        yield from time_faults(seen, "OBR", field)
    if seen.at("OBR", 25) not in {"F", "C", "X"}:
        yield AnsweredFault("OBR^1^25", UNKNOWN_CODE)
    if not seen.at("SPM", 4):
        yield AnsweredFault("SPM^1^4", REQUIRED)
    for which in range(seen.count("OBX")):
        is_answer = seen.at("OBX", 29, which=which) == "QST"
        yield from _answer(seen, which) if is_answer else _result(seen, which)


def _answer(seen: SeenMessage, which: int) -> Iterator[AnsweredFault]:
    """Check what was answered to a question asked on entry: a code of some table, or a day."""
    place, kind = f"OBX^{which + 1}", seen.at("OBX", 2, which=which)
    value, table = seen.at("OBX", 5, which=which), seen.at("OBX", 5, 3, which=which)
    if kind not in {"CWE", "DT"}:
        yield AnsweredFault(f"{place}^2", UNKNOWN_CODE)
    if not seen.at("OBX", 3, which=which):
        yield AnsweredFault(f"{place}^3", REQUIRED)
    if not (re.fullmatch("[0-9]{8}", value) if kind == "DT" else value and table):
        yield AnsweredFault(f"{place}^5", UNKNOWN_CODE)
    if seen.at("OBX", 11, which=which) != seen.at("OBR", 25):
        yield AnsweredFault(f"{place}^11", UNKNOWN_CODE)


def _result(seen: SeenMessage, which: int) -> Iterator[AnsweredFault]:
    place = f"OBX^{which + 1}"
    if not is_loinc(seen.at("OBX", 3, which=which)) or seen.at("OBX", 3, 3, which=which) != "LN":
        yield AnsweredFault(f"{place}^3", UNKNOWN_CODE)
    yield from _value(seen, which)
    if seen.at("OBX", 11, which=which) != seen.at("OBR", 25):
        yield AnsweredFault(f"{place}^11", UNKNOWN_CODE)
    for field in (14, 19):
        yield from time_faults(seen, "OBX", field, which)


def _value(seen: SeenMessage, which: int) -> Iterator[AnsweredFault]:
    """Check what was found: a code of SNOMED CT, or a number in a unit of UCUM, alone or beyond it."""
    place, kind = f"OBX^{which + 1}", seen.at("OBX", 2, which=which)
    first, second = (seen.at("OBX", 5, n, which=which) for n in (1, 2))
    if kind == "CWE":
        if not is_snomed(first) or seen.at("OBX", 5, 3, which=which) != "SCT":
            yield AnsweredFault(f"{place}^5", UNKNOWN_CODE)
        return
    number = {"NM": first, "SN": second}.get(kind)
    if number is None:
        yield AnsweredFault(f"{place}^2", UNKNOWN_CODE)
    elif _NUMBER.fullmatch(number) is None or (kind == "SN" and first not in {"<", ">"}):
        yield AnsweredFault(f"{place}^5", TYPE)
    elif not seen.at("OBX", 6, which=which) or seen.at("OBX", 6, 3, which=which) != "UCUM":
        yield AnsweredFault(f"{place}^6", UNKNOWN_CODE)


def time_faults(seen: SeenMessage, name: str, field: int, which: int = 0) -> Iterator[AnsweredFault]:
    if _TIME.fullmatch(seen.at(name, field, which=which)) is None:
        yield AnsweredFault(f"{name}^{which + 1}^{field}", TYPE)
