"""From one ASTM E1394 message of an analyser to the results that it tells, in the cells by which others' are told.

A sample is known by the number on our own label, wherever the analyser puts it; what it calls a test, the pharmacy's
table for that analyser names in LOINC. Nothing else of patient or order is read: both are on record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from temoin.catalogue.kinds import measured_by
from temoin.catalogue.measures import Measure
from temoin.formats.handed.codes import ToldCode, interpretation_differs, outcome_of
from temoin.formats.handed.quantities import ToldQuantity, tell_quantity
from temoin.formats.handed.told import ToldResult
from temoin.lib.sample_number import is_sound, written_number

MOST_RECORDS = 2_000
_END = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"[A-Z]")


class AstmError(ValueError):
    """A message cannot be read; the words tell a record and never a value."""


@dataclass(frozen=True, slots=True)
class AstmRecord:
    """One record: its letter, its fields as they stand, and where it is."""

    name: str
    fields: tuple[str, ...]
    separators: str  # of fields, repetitions, components, and the escape
    line: int

    def text(self, number: int, component: int = 1) -> str:
        """Return one value of the first repetition, unescaped; the record's letter is field 1."""
        found = self.fields[number - 1] if number <= len(self.fields) else ""
        parts = found.split(self.separators[1])[0].split(self.separators[2])
        part = parts[component - 1] if component <= len(parts) else ""
        field, repetition, joint, escape = list(self.separators)
        for sign, meant in (("F", field), ("S", joint), ("R", repetition), ("E", escape)):
            part = part.replace(f"{escape}{sign}{escape}", meant)
        return part.strip()

    def is_repeated(self, number: int) -> bool:
        """Tell whether a field says several things, of which `text` returns the first."""
        found = self.fields[number - 1] if number <= len(self.fields) else ""
        return len({part.strip() for part in found.split(self.separators[1])} - {""}) > 1


def astm_records(content: bytes) -> list[AstmRecord]:
    """Return the records of one message, H the first and L the last; AstmError. UTF-8, or else Latin-1."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = [(number, line) for number, line in enumerate(_END.split(text), start=1) if line.strip()]
    head = lines[0][1] if lines else ""
    separators = head[1:5]
    if not head.startswith("H") or len(set(separators)) != 4 or any(sign.isalnum() for sign in separators):
        raise AstmError("H: is missing, or does not tell four signs")
    if len(lines) > MOST_RECORDS:
        raise AstmError("H: too many records follow")
    rows = [(number, tuple(line.split(separators[0]))) for number, line in lines]
    found = [AstmRecord(fields[0].strip(), fields, separators, number) for number, fields in rows]
    if found[-1].name != "L" or any(_NAME.fullmatch(one.name) is None for one in found):
        raise AstmError("L: is missing, or a record has no name")
    return found


def told_by_analyser(content: bytes, codes: Mapping[str, str]) -> list[ToldResult]:
    """Return the results of a message; `codes` names the analyser's own tests in LOINC. AstmError."""
    return list(_told(astm_records(content), codes))


def _told(records: list[AstmRecord], codes: Mapping[str, str]) -> Iterator[ToldResult]:
    head, patient, order = records[0], None, None
    is_final = head.text(12) in {"P", ""}
    for one in records[1:]:
        if one.name == "P":
            patient, order = one, None
        elif one.name == "O":
            order = one
        elif one.name == "R":
            told = _result(one, codes)
            _tell_sample(told, patient, order)
            if not is_final:
                told.refuse("H-12", "not_production")
            yield told


def _result(record: AstmRecord, codes: Mapping[str, str]) -> ToldResult:
    told = ToldResult(record.line)
    local = record.text(3, 4) or record.text(3)
    told.tell("test_performed_code", ("R-3", codes.get(local, "")))
    for number in (3, 4, 5, 9, 13):
        if record.is_repeated(number):
            told.refuse(f"R-{number}", "several_values")
    _tell_value(told, record, measured_by(told.cells.get("test_performed_code", "")))
    told.tell("test_result_status", ("R-9", record.text(9) or "F"))
    told.tell("test_result_date", ("R-13", record.text(13)))
    return told


def _tell_value(told: ToldResult, record: AstmRecord, measure: Measure | None) -> None:
    value, flag = ToldCode(code=record.text(4)), ToldCode(code=record.text(7))
    if measure is not None:
        units = [ToldCode(code=record.text(5))]
        tell_quantity(told, ToldQuantity("R-4", value.code, "R-5", units, "R-7", [flag]), measure)
        return
    word = outcome_of([value]) or ""
    told.tell("test_result", ("R-4", word))
    if interpretation_differs(word, [flag]):
        told.refuse("R-7", "values_differ")


def _tell_sample(told: ToldResult, patient: AstmRecord | None, order: AstmRecord | None) -> None:
    """Note the number of the sample: the one sound number of ours among the places where analysers put what is read."""
    said = [("O-3", order.text(3))] if order else []
    said += [(f"P-{number}", patient.text(number)) for number in (3, 4)] if patient else []
    ours = {number: place for place, text in reversed(said) if is_sound(number := written_number(text) or "0000")}
    ours.pop("0000", None)
    if len(ours) > 1:
        told.refuse("O-3", "several_samples")
    number, place = next(iter(ours.items()), ("", "O-3"))
    told.tell("accession_number", (place, number))
