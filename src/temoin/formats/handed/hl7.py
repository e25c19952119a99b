"""From one foreign ORU^R01 to the results that it tells, each with its places; nothing of it is lost without a word.

Tolerant where files in use differ: segments nobody knows, any order of notes, orders without ORC, HL7 2.3's specimen in
OBR-15. What would need a guess is refused, by segment and field, and never with a value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from temoin.catalogue.kinds import measured_by
from temoin.catalogue.measures import Measure
from temoin.formats.handed import hl7_fields as fields
from temoin.formats.handed.codes import (
    ToldCode,
    interpretation_differs,
    is_beside,
    outcome_of,
    specimen_of,
    system_of,
    test_code,
    tests_differ,
)
from temoin.formats.handed.quantities import ToldQuantity, tell_quantity
from temoin.formats.handed.told import ORDER_NUMBER, ToldResult, refuse_repeated
from temoin.formats.hl7v2.results import VERSIONS
from temoin.formats.hl7v2.syntax import Segment

RESULTS = frozenset({("ORU", "R01")})
_TRIALS = frozenset({"T", "D", "TEST", "TRAINING", "DEBUG"})
_NOT_FINAL = frozenset({"P", "R", "S", "I", "A", "B", "V", "O", "N", "U"})
# OBR-25 (table 0123) beside the status that a result has of its own: no results yet, or none verified; ended.
_REQUEST_OPEN, _REQUEST_ENDED, _REQUEST_DONE = frozenset("IORS"), frozenset("DWX"), frozenset({"", "A", "C", "F", "P"})
# ORC-1 (table 0119) of an order with its results; NW asks the receiver for an order that the result had none of (IHE
# LAB-32). Of an order that was cancelled or discontinued. Any other speaks of orders, not of results.
_WITH_RESULTS = frozenset({"", "RE", "CN", "CH", "NW", "OK", "PA", "SC", "SN"})
_ENDING_ORDER = frozenset({"CA", "OC", "CR", "DC", "OD", "DR"})
_ENDED_ORDER = frozenset({"CA", "DC"})  # ORC-5 (table 0038); what else it says is not read
_CODED, _WORDS, _MEASURES = frozenset({"CE", "CWE", "CNE"}), frozenset({"ST", "TX", "FT", "IS", "ID", ""}), {"NM", "SN"}
# Fields of which something is read; those that number their segments, and tell no more; segments that are technical.
READ = {
    "PID": frozenset({5, 7, 8, 11, 13}),
    "ORC": frozenset({1, 2, 3, 12}),
    "OBR": frozenset({2, 3, 7, 15, 16, 22, 25}),
    "OBX": frozenset({2, 3, 4, 5, 6, 8, 11, 14, 15, 17, 18, 19, 23, 24, 29}),
    "SPM": frozenset({4, 17, 21}),
    "NTE": frozenset({3}),
}
_NUMBER = 1  # of each of these but ORC: the place of the segment among its like
_EACH_REPETITION = frozenset({("OBX", 5), ("OBX", 8), ("OBX", 17), ("OBX", 18), ("NTE", 3)})
LONGEST_FIELD = 5_000  # of any but OBX-5, which may hold a document
_TECHNICAL = frozenset({"MSH", "SFT"})


@dataclass(slots=True)
class Passed:
    """What of a file is passed over: segments and fields that are not read, and answers that no result keeps."""

    unread: dict[str, None] = field(default_factory=dict)
    not_kept: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Result:
    """An OBX with the notes that follow it."""

    segment: Segment
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Order:
    """An OBR with what belongs to it."""

    person: ToldResult
    order: Segment | None
    request: Segment
    results: list[_Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    specimens: list[Segment] = field(default_factory=list)


def told_results(segments: list[Segment], passed: Passed) -> Iterator[ToldResult]:
    """Yield the results of a message, or one that says why there is none; `passed` learns what is not read."""
    header = segments[0]
    if problem := header_problem(header, RESULTS) or longest_problem(segments):
        yield _refused(header.line, *problem)
        return
    if (replaced := _person_replaced(segments)) is not None:
        yield _refused(replaced.line, "PID", "several_values")
        return
    if fields.value(header, 14):
        passed.unread["MSH-14"] = None  # it goes on in another message
    orders, stray = _orders(segments, passed)
    if stray is not None:
        yield _refused(stray.line, "OBR", "untold")
    found = [told for order in orders for told in _of_order(order, header, passed)]
    refuse_repeated(found)
    yield from found
    if not found and stray is None:
        yield _refused(header.line, "OBR" if not orders else "OBX", "no_result")


def header_problem(header: Segment, types: Collection[tuple[str, str]]) -> tuple[str, str] | None:
    """Return place and code of what forbids to read a message for one of these types; None for nothing."""
    if message_type(header) not in types:
        return "MSH-9", "hl7_type"
    if fields.value(header, 12) not in VERSIONS:
        return "MSH-12", "hl7_version"
    mode = fields.value(header, 11).upper()
    if mode in _TRIALS:
        return "MSH-11", "not_production"
    # Table 0103 has no other word than P, and 0207 none for what is new but T: archives are loaded by the other modes.
    is_new = fields.value(header, 11, 2).upper() in {"", "T"}
    return None if mode == "P" and is_new else ("MSH-11", "processing" if mode else "untold")


def message_type(header: Segment) -> tuple[str, str]:
    return fields.value(header, 9), fields.value(header, 9, 2)


def longest_problem(segments: list[Segment]) -> tuple[str, str] | None:
    """Return the place of a field beyond all measure: what is looked through again and again has to be short."""
    for each in segments:
        for number, content in enumerate(each.fields, start=1):
            if len(content) > LONGEST_FIELD and (each.name, number) != ("OBX", 5):
                return f"{each.name}-{number}", "too_long"
    return None


def _refused(row: int, place: str, code: str) -> ToldResult:
    return ToldResult(row, problems=[(place, code)])


def _person_replaced(segments: list[Segment]) -> Segment | None:
    """Return a PID that follows another before any order: whose the results are has two readings."""
    told = [each for each in segments if each.name in {"PID", "ORC", "OBR"}]
    return next((later for first, later in pairwise(told) if first.name == later.name == "PID"), None)


def _orders(segments: list[Segment], passed: Passed) -> tuple[list[_Order], Segment | None]:
    """Return the orders of a message, and the first result that stands in none."""
    orders: list[_Order] = []
    person, order = person_told(None), None
    stray: Segment | None = None
    current: _Order | None = None
    for each in segments:
        note_unread(each, passed, READ)
        if each.name == "PID":
            person, order, current = person_told(each), None, None
        elif each.name == "ORC":
            order, current = each, None
        elif each.name == "OBR":
            current = _Order(person, order, each)
            orders.append(current)
        elif current is None:
            stray = stray or (each if each.name == "OBX" else None)
            if each.name in {"NTE", "SPM"}:
                passed.unread[each.name] = None
        else:
            _belongs(each, current, passed)
    return orders, stray


def _belongs(each: Segment, order: _Order, passed: Passed) -> None:
    if each.name == "OBX":
        order.results.append(_Result(each))
    elif each.name == "SPM":
        order.specimens.append(each)
    elif each.name == "NTE" and order.specimens:
        passed.unread["SPM NTE"] = None
    elif each.name == "NTE":
        notes = order.results[-1].notes if order.results else order.notes
        notes.extend(fields.whole(each, 3, repetition=one) for one in fields.repetitions(each, 3))


def note_unread(each: Segment, passed: Passed, read: Mapping[str, frozenset[int]]) -> None:
    """Note the segments and fields of which nothing is read."""
    if each.name in _TECHNICAL:
        return
    known = read.get(each.name)
    if known is None:
        passed.unread[each.name] = None
        return
    for number, content in enumerate(each.fields[:200], start=1):
        if not content or (number not in known and number == _NUMBER):
            continue
        if number not in known:
            passed.unread |= {f"{each.name}-{number}": None} if fields.filled(each, number) else {}
        elif each.name == "PID" or each.separators.repetition in content:
            _note_repetitions(each, number, passed)


def _note_repetitions(each: Segment, number: int, passed: Passed) -> None:
    if (each.name, number) in _EACH_REPETITION:
        return
    kept = fields.kept_of(each, number)
    left = (one for one in fields.filled(each, number) if one not in kept)
    passed.not_kept |= dict.fromkeys(f"{each.name}-{number}[{one}]" for one in left)
    passed.not_kept |= dict.fromkeys(fields.parts_left(each, number, kept))


def _of_order(order: _Order, header: Segment, passed: Passed) -> Iterator[ToldResult]:
    for result in order.results:
        loinc = test_code(fields.codes_of(result.segment, 3))
        if not measured_by(loinc or "") and fields.value(result.segment, 6):
            passed.unread["OBX-6"] = None
        if fields.value(result.segment, 29) == "QST" or (loinc and is_beside(loinc)):
            passed.not_kept[f"OBX-3 {loinc}" if loinc else "OBX (QST)"] = None
            if any(result.notes):
                passed.unread["OBX NTE"] = None
            continue
        yield _told(order, result, header, loinc)


def _told(order: _Order, result: _Result, header: Segment, loinc: str | None) -> ToldResult:
    observed, request = result.segment, order.request
    told = ToldResult(
        observed.line, dict(order.person.cells), dict(order.person.places), offset=fields.offset_of(header)
    )
    _tell_laboratory(told, observed, header)
    _tell_prescriber(told, order)
    ordered = (fields.said(request, "OBR", 2), fields.said(order.order, "ORC", 2))
    told.tell("accession_number", fields.said(request, "OBR", 3), fields.said(order.order, "ORC", 3), *ordered)
    told.tell(ORDER_NUMBER, *ordered)
    _tell_device(told, observed)
    _tell_test(told, observed, loinc)
    _tell_status(told, request, observed)
    _tell_value(told, observed)
    _tell_specimen(told, order)
    _judge_order(told, order)
    specimen = order.specimens[0] if order.specimens else None
    sampled = (fields.time_of(specimen, "SPM", 17), fields.time_of(request, "OBR", 7))
    told.tell("specimen_collection_date", *sampled, fields.time_of(observed, "OBX", 14))
    told.tell("test_result_date", fields.time_of(observed, "OBX", 19), fields.time_of(request, "OBR", 22))
    told.tell("comment", ("NTE-3", " ".join(filter(None, (*order.notes, *result.notes)))))
    return told


def person_told(person: Segment | None) -> ToldResult:
    """Return what a PID says, once for all of its results."""
    told = ToldResult(0)
    family, given, more = fields.names_of(person)
    told.tell("patient_last_name", family)
    told.tell("patient_first_name", (given[0], f"{given[1]} {more[1]}".strip()))
    told.tell("patient_dob", fields.day_of_birth(person))
    told.tell("patient_sex", fields.said(person, "PID", 8))
    told.tell("patient_phone_number", fields.phone_of(person))
    told.tell("patient_email", fields.mail_of(person))
    home, columns = fields.home_of(person), ("street", "street2", "city", "state", "zip_code", "country")
    for part, column in enumerate(columns, start=1):
        told.tell(f"patient_{column}", fields.said(person if home else None, "PID", 11, part, repetition=home))
    return told


def _tell_laboratory(told: ToldResult, observed: Segment, header: Segment) -> None:
    number = fields.laboratory_of(observed, header)
    told.tell("testing_lab_clia", number)
    told.tell("testing_lab_name", fields.said(observed, "OBX", 23))
    told.tell("testing_lab_city", fields.said(observed, "OBX", 24, 3))
    told.tell("testing_lab_state", fields.said(observed, "OBX", 24, 4))
    told.tell("testing_lab_zip_code", fields.said(observed, "OBX", 24, 5))
    told.tell("testing_lab_country", fields.said(observed, "OBX", 24, 6))


def _tell_prescriber(told: ToldResult, order: _Order) -> None:
    place, (number, family, given, more) = fields.prescriber_of(order.order, order.request)
    told.tell("ordering_provider_id", (f"{place}.1", number))
    told.tell("ordering_provider_last_name", (f"{place}.2", family))
    told.tell("ordering_provider_first_name", (f"{place}.3", f"{given} {more}".strip()))


def _tell_device(told: ToldResult, observed: Segment) -> None:
    named = fields.device_of(observed)
    told.tell("equipment_model_name", ("OBX-17", named or ""))
    if named is None:
        told.refuse("OBX-17", "values_differ")


def _tell_test(told: ToldResult, observed: Segment, loinc: str | None) -> None:
    told.tell("test_performed_code", ("OBX-3", loinc or ""))
    told.part = fields.value(observed, 4)
    codes = fields.codes_of(observed, 3)
    if loinc is None and codes:
        told.refuse("OBX-3", "test_system")
    if tests_differ(codes):
        told.refuse("OBX-3", "tests_differ")


def _tell_status(told: ToldResult, request: Segment, observed: Segment) -> None:
    """Tell the status of the result; that of its order must not take back what the result says."""
    status, of_order = fields.value(observed, 11).upper(), fields.value(request, 25).upper()
    told.tell("test_result_status", ("OBX-11", status), ("OBR-25", of_order))
    if (status or of_order) in _NOT_FINAL:
        told.cells["test_result_status"] = "F"  # refused below, by a reason that fits
        told.refuse("OBX-11" if status else "OBR-25", "not_final")
    if of_order in _REQUEST_ENDED and not told.is_cancelled:
        told.refuse("OBR-25", "status_differs")
    elif status and of_order in _REQUEST_OPEN and not told.is_cancelled:
        told.refuse("OBR-25", "not_final")
    elif status and of_order not in _REQUEST_OPEN | _REQUEST_ENDED | _REQUEST_DONE:
        told.refuse("OBR-25", "state")


def _judge_order(told: ToldResult, order: _Order) -> None:
    """Refuse a result whose order or specimen contradicts it."""
    control = fields.value(order.order, 1).upper()
    if control in _ENDING_ORDER and not told.is_cancelled:
        told.refuse("ORC-1", "status_differs")
    elif control not in _ENDING_ORDER | _WITH_RESULTS:
        told.refuse("ORC-1", "order_control")
    if fields.value(order.order, 5).upper() in _ENDED_ORDER and not told.is_cancelled:
        told.refuse("ORC-5", "status_differs")
    if told.is_read and any(fields.value(one, 21) or fields.value(one, 21, 2) for one in order.specimens):
        told.refuse("SPM-21", "specimen_unfit")


def _tell_value(told: ToldResult, observed: Segment) -> None:
    if measure := measured_by(told.cells.get("test_performed_code", "")):
        _tell_measured(told, observed, measure)
        return
    kind, count = fields.value(observed, 2).upper(), len(fields.repetitions(observed, 5))
    word = ""
    if count > 1:
        told.refuse("OBX-5", "several_values")
    elif kind in _CODED:
        found = outcome_of(fields.codes_of(observed, 5))
        if found is None:
            told.refuse("OBX-5", "values_differ")
        word = found or ""
    elif kind in _WORDS:
        word = fields.whole(observed, 5)  # POS and NEG are words of files; other abbreviations have two readings
    elif count:
        told.refuse("OBX-5" if kind in _MEASURES else "OBX-2", "not_a_word")
    if interpretation_differs(word, _interpretations(observed)):
        told.refuse("OBX-8", "values_differ")
    told.tell("test_result", ("OBX-5", word))


def _tell_measured(told: ToldResult, observed: Segment, measure: Measure) -> None:
    """Tell a number, alone (NM) or beyond it (SN); meters write LO or HI as words."""
    kind, count = fields.value(observed, 2).upper(), len(fields.repetitions(observed, 5))
    if count > 1:
        told.refuse("OBX-5", "several_values")
    elif count and kind not in _MEASURES | _WORDS | _CODED:
        told.refuse("OBX-2", "quantity_form")
    value = fields.whole(observed, 5)
    if kind == "SN":
        value = "".join(fields.value(observed, 5, part) for part in range(1, 5)).removeprefix("=")
    elif kind in _CODED:
        value = outcome_of(fields.codes_of(observed, 5)) or ""
    units = fields.codes_of(observed, 6)
    said = ToldQuantity("OBX-5", value, "OBX-6", units, "OBX-8", _interpretations(observed))
    tell_quantity(told, said, measure)


def _interpretations(observed: Segment) -> list[ToldCode]:
    return [code for one in fields.repetitions(observed, 8) for code in fields.codes_of(observed, 8, repetition=one)]


def _tell_specimen(told: ToldResult, order: _Order) -> None:
    if len(order.specimens) > 1:
        told.refuse("SPM-4", "several_values")
    if order.specimens:
        found = specimen_of(fields.codes_of(order.specimens[0], 4))
        told.tell("specimen_type", ("SPM-4", found or ""))
        if found is None:
            told.refuse("SPM-4", "values_differ")
        return
    # OBR-15 of HL7 2.3 and 2.4: its first component is a code of subcomponents, or a word.
    parts = [fields.value(order.request, 15, 1, sub) for sub in (1, 2, 3)]
    coded = [ToldCode(parts[0], parts[1], system_of(parts[2] or "HL70070"))] if any(parts) else []
    told.tell("specimen_type", ("OBR-15" if coded else "SPM-4", specimen_of(coded) or ""))
