"""A result as a message tells it: the cells of a row by our names of columns, and where the message has each.

One reading of values for files and messages: whatever a message is written in, its values are judged as cells are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from temoin.catalogue.kinds import measured_by
from temoin.catalogue.outcomes import NEGATIVE, POSITIVE
from temoin.formats.csv.cells import CellRules, Cells
from temoin.formats.csv.dates import read_written
from temoin.formats.csv.own_rows import (
    NO_ANSWERS,
    check_laboratory_number,
    is_finess,
    read_patient_traits,
    read_provider,
)
from temoin.formats.csv.parsing import (
    check_order,
    limits_of,
    read_device,
    read_outcome,
    read_specimen,
    read_status,
)
from temoin.formats.csv.problems import CellProblem, RowErrors
from temoin.formats.csv.rows import CellMoment, Laboratory, PatientTraits, ResultRow, RowStatus, is_clia
from temoin.formats.csv.vocabulary import find_zone, folded, states, words
from temoin.lib.countries import FRANCE, FRENCH_POSTCODES
from temoin.testing.report import Address

ORDER_NUMBER = "order_number"  # no column of a file: only messages know orders
_TIMES = ("specimen_collection_date", "test_result_date")
# What is said of a cell, in words that fit a message.
_WORDS = {
    "missing": "untold",
    "given_names": "told_given_names",
    "date": "told_date",
    "date_iso": "told_date",
    "birth_year": "told_date",
    "date_time": "told_time",
    "zone": "told_time",
    "control_character": "told_invisible",
    "garbled": "told_garbled",
    "status": "told_status",
}


@dataclass(slots=True)
class ToldResult:
    """A result, or a whole message that tells none: what it says, and what is wrong with it as a message."""

    row: int  # where it stands: the line of its OBX, or its number among the resources
    cells: dict[str, str] = field(default_factory=dict, repr=False)
    places: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)  # place and code
    offset: str = ""  # of the message, for times that have none
    part: str = ""  # which of several results of one test this is, where the message numbers them

    def tell(self, column: str, *said: tuple[str, str]) -> None:
        """Note what the first place that says anything says, of those where it may stand: pairs of place and value."""
        place, value = next(((place, value) for place, value in said if value), said[0])
        self.places[column] = place
        if value:
            self.cells[column] = value

    @property
    def is_cancelled(self) -> bool:
        return words("statuses").get(folded(self.cells.get("test_result_status", ""))) == RowStatus.CANCELLED

    @property
    def is_read(self) -> bool:
        """Tell whether it says what was found: it is neither cancelled nor undecided."""
        value = self.cells.get("test_result", "")
        is_found = words("outcomes").get(folded(value)) in {POSITIVE, NEGATIVE}
        return (is_found or (bool(value) and self.is_measured)) and not self.is_cancelled

    @property
    def is_measured(self) -> bool:
        return measured_by(self.cells.get("test_performed_code", "")) is not None

    def refuse(self, place: str, code: str) -> None:
        if (place, code) not in self.problems:
            self.problems.append((place, code))


def refuse_repeated(found: Iterable[ToldResult]) -> None:
    """Refuse all results of one message that bear the same number and test and do not say the same."""
    alike: dict[tuple[str, ...], list[ToldResult]] = {}
    for told in found:
        named = tuple(
            told.cells.get(name, "") for name in ("testing_lab_clia", "accession_number", "test_performed_code")
        )
        if all(named):
            alike.setdefault(named, []).append(told)
    for several in alike.values():
        if any((one.part, one.cells) != (several[0].part, several[0].cells) for one in several):
            for one in several:
                one.refuse(one.places["test_performed_code"], "told_twice")


def judge(told: ToldResult, rules: CellRules) -> ResultRow | RowErrors:
    """Return the row that a message tells, or every problem of it, each by its place in the message."""
    if not told.cells:
        return RowErrors(told.row, tuple(CellProblem(told.row, place, code) for place, code in told.problems))
    cells = Cells(told.row, told.cells, rules)
    accession = cells.required("accession_number")
    laboratory = _laboratory(cells)
    patient, provider = read_patient_traits(cells, _address(cells, laboratory)), read_provider(cells)
    device = read_device(cells)
    outcome, specimen = read_outcome(cells, limits_of(device)), read_specimen(cells)
    collected, tested = _times(cells, told, laboratory)
    cells.required("test_result_status")
    status, comment = read_status(cells), cells.comment("comment")
    _check_times(cells, patient, collected, tested)
    problems = problems_by_place(told, cells.problems)
    if problems or not (patient and device and collected and tested):
        return RowErrors(told.row, problems)
    return ResultRow(
        row=told.row,
        accession=accession,
        patient=patient,
        laboratory=laboratory,
        provider=provider,
        device=device,
        specimen=specimen,
        outcome=outcome,
        ordered=collected,
        collected=collected,
        received=None,
        tested=tested,
        released=tested,
        status=status,
        comment=comment,
        answers=NO_ANSWERS,
        written=told.places,
        order_number=told.cells.get(ORDER_NUMBER, ""),  # compared, and not kept
    )


def _check_times(
    cells: Cells, patient: PatientTraits | None, collected: CellMoment | None, tested: CellMoment | None
) -> None:
    born = patient.birth_date if patient else None
    check_order(cells, "specimen_collection_date", collected=collected, tested=tested, born=born)


def problems_by_place(told: ToldResult, found: Iterable[CellProblem]) -> tuple[CellProblem, ...]:
    """Return all problems by their place in the message; what a message does not tell for a reason is told once."""
    problems = [CellProblem(told.row, place, code) for place, code in told.problems]
    known = {one.column for one in problems}
    for one in found:
        place = told.places.get(one.column, one.column)
        if one.code in {"missing", "given_names"} and place in known:
            continue
        code = "date_time" if one.column in _TIMES and one.code == "date_iso" else one.code
        problems.append(CellProblem(told.row, place, _WORDS.get(code, code), one.units))
    return tuple(dict.fromkeys(problems))


def _laboratory(cells: Cells) -> Laboratory:
    """Return who made the test; the country that is not told is that of the kind of its number."""
    number = cells.required("testing_lab_clia").upper()
    check_laboratory_number(cells, number)
    country = cells.country("testing_lab_country") or _country_of_number(number)
    address = Address(
        postcode=cells.postcode("testing_lab_zip_code", country),
        city=cells.optional("testing_lab_city"),
        state=cells.optional("testing_lab_state").upper(),
        country=country,
    )
    return Laboratory(number=number, name=cells.optional("testing_lab_name"), phone="", address=address)


def _country_of_number(number: str) -> str:
    if is_finess(number):
        return FRANCE
    return "USA" if is_clia(number) else ""


def _address(cells: Cells, laboratory: Laboratory) -> Address:
    """Return where the patient lives; without a country, in the laboratory's if it has that state, or is France."""
    state = cells.optional("patient_state").upper()
    here = laboratory.address.country
    is_told = bool(cells.optional("patient_city") or cells.optional("patient_zip_code"))
    is_here = here in FRENCH_POSTCODES or (state in states() and states()[state].country == here)
    country = cells.country("patient_country") or (here if is_told and is_here else "")
    lines = (cells.optional("patient_street"), cells.optional("patient_street2"))
    return Address(
        lines=tuple(line for line in lines if line),
        postcode=cells.postcode("patient_zip_code", country),
        city=cells.optional("patient_city"),
        state=state,
        country=country,
    )


def _times(cells: Cells, told: ToldResult, laboratory: Laboratory) -> tuple[CellMoment | None, CellMoment | None]:
    zone = _zone(cells.rules, told, laboratory)
    found = [_time(cells, column, zone) for column in _TIMES]
    return found[0], found[1]


def _time(cells: Cells, column: str, zone: tzinfo | None) -> CellMoment | None:
    written = read_written(cells.optional(column))
    if zone is None and written is not None and written.has_clock and not written.zone:
        cells.refuse(column, "zone_untold")
        return None
    return cells.moment(column, zone or UTC, required=True)


def _zone(rules: CellRules, told: ToldResult, laboratory: Laboratory) -> tzinfo | None:
    """Return the clock of times without an offset: the message's own, or that of the laboratory's place."""
    if told.offset:
        return find_zone(told.offset)
    address = laboratory.address
    if address.country in FRENCH_POSTCODES:
        named = rules.zone_of_postcode(address.postcode) if address.postcode else ""
        return ZoneInfo(named) if named else rules.home
    state = states().get(address.state)
    return ZoneInfo(state.zone) if state is not None and state.country == address.country else None
