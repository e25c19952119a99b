"""From one foreign order (ORM^O01, OML^O21) to the tests that it asks for or takes back, each with its places.

What is read is who the person is, which test, and the number of the order: all else is asked at the counter, and said
as not read. What would need a guess is refused, by segment and field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from temoin.catalogue.kinds import Kind, counter_kinds
from temoin.formats.csv.cells import CellRules, Cells
from temoin.formats.csv.own_rows import own_address, read_patient_traits
from temoin.formats.csv.problems import CellProblem, RowErrors
from temoin.formats.csv.rows import PatientTraits
from temoin.formats.handed import hl7_fields as fields
from temoin.formats.handed.codes import ToldCode, test_code, tests_differ
from temoin.formats.handed.hl7 import READ, Passed, header_problem, longest_problem, note_unread, person_told
from temoin.formats.handed.told import ToldResult, problems_by_place
from temoin.formats.hl7v2.syntax import Segment
from temoin.lib.lengths import LONGEST

ORDERS: Final = frozenset({("ORM", "O01"), ("OML", "O21")})
NEW, CANCEL = "NW", "CA"
LONGEST_NUMBER = LONGEST["Record.order_number"]
_READ = {"PID": READ["PID"], "ORC": frozenset({1, 2, 5}), "OBR": frozenset({2, 4})}
# ORC-5 (table 0038) of an order that still waits for its test.
_WAITING = frozenset({"", "IP", "SC"})


@dataclass(slots=True)
class ToldOrder(ToldResult):
    """A test that is ordered or taken back: what the message says of it, and what is wrong with it."""

    control: str = ""
    number: str = field(default="", repr=False)
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class TestOrder:
    """An order that can be done: a new one has a kind and a person, one that is taken back may tell neither."""

    row: int
    number: str = field(repr=False)
    kind: Kind | None
    patient: PatientTraits | None = field(repr=False)
    is_new: bool
    written: dict[str, str]


def told_orders(segments: list[Segment], passed: Passed) -> Iterator[ToldResult]:
    """Yield the orders of a message, or what says why there is none."""
    header = segments[0]
    if problem := header_problem(header, ORDERS) or longest_problem(segments):
        yield ToldResult(header.line, problems=[problem])
        return
    found = list(_orders(segments, passed))
    yield from found
    if not found:
        yield ToldResult(header.line, problems=[("ORC", "untold")])


def _orders(segments: list[Segment], passed: Passed) -> Iterator[ToldOrder]:
    person, order, is_told = person_told(None), None, True
    for each in segments:
        note_unread(each, passed, _READ)
        if each.name in {"PID", "ORC"} and order is not None and not is_told:
            yield _told(person, order, None)  # its test is not said
        if each.name == "PID":
            person, order = person_told(each), None
        elif each.name == "ORC":
            order, is_told = each, False
        elif each.name == "OBR":
            is_told = True
            yield _told(person, order, each)
    if order is not None and not is_told:
        yield _told(person, order, None)


def _told(person: ToldResult, order: Segment | None, request: Segment | None) -> ToldOrder:
    line = next(each.line for each in (request, order) if each is not None)
    told = ToldOrder(line, dict(person.cells), dict(person.places), control=fields.value(order, 1).upper())
    if told.control not in {NEW, CANCEL}:
        told.refuse("ORC-1", "order_only_new")
    elif told.control == NEW and fields.value(order, 5).upper() not in _WAITING:
        told.refuse("ORC-5", "order_only_new")
    _tell_number(told, order, request)
    _tell_kind(told, fields.codes_of(request, 4))
    return told


def _tell_number(told: ToldOrder, order: Segment | None, request: Segment | None) -> None:
    said = [fields.value(request, 2), fields.value(order, 2)]
    told.tell("accession_number", ("OBR-2", said[0]), ("ORC-2", said[1]))
    told.number = told.cells.get("accession_number", "")
    if all(said) and said[0] != said[1]:
        told.refuse("OBR-2", "values_differ")
    if not told.number:
        told.refuse("ORC-2", "untold")
    elif len(told.number) > LONGEST_NUMBER or not told.number.isprintable():
        code = "too_long" if told.number.isprintable() else "told_invisible"
        told.refuse(told.places["accession_number"], code)


def _tell_kind(told: ToldOrder, codes: list[ToldCode]) -> None:
    """Note the kind of test: by our own code for it, or by the LOINC code of the one thing that a kind looks for."""
    told.kind = kind_ordered(codes)
    if told.kind is None and (told.control == NEW or codes):
        told.refuse("OBR-4", "order_kind" if codes else "untold")


def kind_ordered(codes: list[ToldCode]) -> Kind | None:
    """Return the kind of test of the counter that codes ask for; None where they name none, or leave a choice."""
    loinc = test_code(codes)
    named = [one for one in counter_kinds() if any(told.code == one.code for told in codes)]
    single = [one for one in counter_kinds() if len(one.targets) == 1 and loinc and one.target_of(loinc)]
    found = named or single
    contradicts = bool(named) and loinc is not None and named[0].target_of(loinc) is None
    return found[0] if len(found) == 1 and not contradicts and not tests_differ(codes) else None


def judge_order(told: ToldResult, rules: CellRules) -> TestOrder | RowErrors:
    """Return an order that can be done, or every problem of it by its place in the message."""
    if not isinstance(told, ToldOrder):
        return RowErrors(told.row, tuple(CellProblem(told.row, place, code) for place, code in told.problems))
    cells = Cells(told.row, told.cells, rules)
    is_new = told.control == NEW
    is_named = is_new or "patient_last_name" in told.cells  # what takes an order back may be its number alone
    patient = read_patient_traits(cells, own_address(cells)) if is_named else None
    if problems := problems_by_place(told, cells.problems):
        return RowErrors(told.row, problems)
    return TestOrder(told.row, told.number, told.kind, patient, is_new, told.places)
