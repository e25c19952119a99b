"""From the cells of one row to a result, or to everything that is wrong with the row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from temoin.catalogue.kinds import load_loincs, measured_by
from temoin.catalogue.kits import KitMatch, find_kit, knows_device
from temoin.catalogue.measures import NO_LIMITS, Limits
from temoin.catalogue.outcomes import find_specimen
from temoin.formats.csv.cells import CellRules, Cells
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.quantities import UNIT, read_quantity
from temoin.formats.csv.rows import (
    Answers,
    CellMoment,
    EntryAnswer,
    Laboratory,
    PatientTraits,
    Provider,
    ResultRow,
    RowStatus,
    is_clia,
)
from temoin.formats.csv.vocabulary import folded, states, words
from temoin.lib.data_file import is_loinc
from temoin.testing.report import Address, Sex

_FRANCE = "FR"
_FINESS = re.compile(r"[0-9][0-9AB][0-9]{7}")


@dataclass(frozen=True)
class _Times:
    ordered: CellMoment | None
    collected: CellMoment | None
    received: CellMoment | None
    tested: CellMoment | None
    released: CellMoment | None


def parse_row(row: int, values: Mapping[str, str], rules: CellRules) -> ResultRow | RowErrors:
    """Read a row; every problem of the row is told, not only the first."""
    cells = Cells(row, values, rules)
    patient = _patient(cells)
    laboratory = rules.repeated.once(cells.starting_with("testing_lab_"), cells, _laboratory)
    provider = rules.repeated.once(cells.starting_with("ordering_provider_"), cells, _provider)
    device = read_device(cells)
    outcome, specimen = read_outcome(cells, limits_of(device)), read_specimen(cells)
    times = _times(cells, _zone(cells, laboratory.address))
    status, comment, answers = read_status(cells), cells.comment("comment"), _answers(cells)
    accession = cells.number("accession_number")
    given = bool(cells.optional("specimen_collection_date"))
    column = "specimen_collection_date" if given else "order_test_date"
    born = patient.birth_date if patient else None
    check_order(cells, column, collected=times.collected, tested=times.tested, born=born)
    ordered, collected, tested, released = times.ordered, times.collected, times.tested, times.released
    if cells.problems or not (patient and device and ordered and collected and tested and released):
        return RowErrors(row, tuple(cells.problems))
    return ResultRow(
        row=row,
        accession=accession,
        patient=patient,
        laboratory=laboratory,
        provider=provider,
        device=device,
        specimen=specimen,
        outcome=outcome,
        ordered=ordered,
        collected=collected,
        received=times.received,
        tested=tested,
        released=released,
        status=status,
        comment=comment,
        answers=answers,
    )


def _patient(cells: Cells) -> PatientTraits | None:
    family, given = cells.required("patient_last_name"), cells.given_names("patient_first_name")
    address = cells.address("patient")
    born = cells.birth_date("patient_dob")
    sex = cells.word("patient_sex" if cells.optional("patient_sex") else "patient_gender", "sexes", "sex")
    phone = cells.phone("patient_phone_number", address, value=cells.required("patient_phone_number"))
    note = words("addresses_not_given").get(folded(cells.optional("patient_street")), "")
    others = {
        "local_id": cells.optional("patient_id"),
        "middle_name": cells.optional("patient_middle_name"),
        "email": cells.email("patient_email"),
        "language": cells.language("patient_preferred_language"),
    }
    if others["middle_name"] and not given and cells.optional("patient_first_name"):
        cells.refuse("patient_middle_name", "one_name_and_more")
    if born is None:
        return None
    return PatientTraits(
        family_name=family,
        given_name=given,
        birth_date=born,
        sex=Sex(sex or Sex.UNKNOWN),
        phone=phone,
        address=address,
        address_note=note,
        **others,
    )


def _laboratory(cells: Cells) -> Laboratory:
    address = cells.address("testing_lab")
    number = cells.required("testing_lab_clia")
    is_french = address.country == "FRA" and _FINESS.fullmatch(number)
    if number and not (is_clia(number) or is_french):
        cells.refuse("testing_lab_clia", "laboratory")
    column = "testing_lab_phone_number"
    return Laboratory(
        number=number,
        name=cells.required("testing_lab_name"),
        phone=cells.phone_of_others(column, address, value=cells.optional(column)),
        address=address,
    )


def _provider(cells: Cells) -> Provider:
    address = cells.address("ordering_provider")
    column = "ordering_provider_phone_number"
    return Provider(
        number=cells.required("ordering_provider_id"),
        family_name=cells.required("ordering_provider_last_name"),
        given_name=cells.required("ordering_provider_first_name"),
        middle_name=cells.optional("ordering_provider_middle_name"),
        phone=cells.phone_of_others(column, address, value=cells.required(column)),
        address=address,
    )


def read_device(cells: Cells) -> KitMatch | None:
    name, loinc = cells.required("equipment_model_name"), cells.required("test_performed_code")
    if not loinc:
        return None
    if not is_loinc(loinc):
        cells.refuse("test_performed_code", "loinc")
        return None
    if loinc not in load_loincs():
        cells.refuse("test_performed_code", "unknown_test")
        return None
    found = cells.rules.repeated.once(("device", name, loinc), cells, lambda _: find_kit(name, loinc)) if name else None
    if name and found is None:
        column = "test_performed_code" if knows_device(name) else "equipment_model_name"
        cells.refuse(column, "unknown_device")
    return found


def read_outcome(cells: Cells, limits: Limits | None) -> str:
    """Return what was read: the code of an outcome, or a quantity where the test measures one (`read_quantity`)."""
    if folded(cells.required("test_result")) in words("not_done"):
        cells.refuse("test_result", "test_not_done")
        return ""
    measure = measured_by(cells.optional("test_performed_code"))
    if measure is not None:
        return read_quantity(cells, measure, limits)
    if cells.optional(UNIT):
        cells.refuse(UNIT, "unit_of_none")
    return cells.word("test_result", "outcomes", "outcome")


def limits_of(device: KitMatch | None) -> Limits:
    """Return what a device measures, as far as the catalogue knows."""
    return device.kit.limits if device is not None and device.kit is not None else NO_LIMITS


def read_specimen(cells: Cells) -> str:
    value = cells.required("specimen_type")
    found = cells.rules.repeated.once(("specimen", value), cells, lambda _: find_specimen(value)) if value else None
    if value and found is None:
        cells.refuse("specimen_type", "specimen")
    return found.code if found else ""


def _zone(cells: Cells, laboratory: Address) -> ZoneInfo:
    """Return the zone of the laboratory's state; where FR tells the country only, that of its postcode."""
    state = states().get(laboratory.state)
    if state is None or laboratory.state == _FRANCE:
        named = cells.rules.zone_of_postcode(laboratory.postcode)
        return ZoneInfo(named) if named else cells.rules.home
    return ZoneInfo(state.zone)


def _times(cells: Cells, zone: ZoneInfo) -> _Times:
    """Read the five dates; a collection not given is the order, a release not given is the result."""
    ordered = cells.moment("order_test_date", zone, required=True)
    tested = cells.moment("test_result_date", zone, required=True)
    return _Times(
        ordered=ordered,
        collected=cells.moment("specimen_collection_date", zone) or ordered,
        received=cells.moment("testing_lab_specimen_received_date", zone),
        tested=tested,
        released=cells.moment("date_result_released", zone) or tested,
    )


def check_order(
    cells: Cells, column: str, *, collected: CellMoment | None, tested: CellMoment | None, born: date | None
) -> None:
    """Refuse a collection, which stands in this column, before the birth, and a result before the collection."""
    if collected and born and collected.at.date() < born:
        cells.refuse(column, "before_birth")
    if collected and tested and _is_before(tested, collected):
        cells.refuse("test_result_date", "before_collection")


def _is_before(first: CellMoment, second: CellMoment) -> bool:
    """Compare to the day when one of the two has no hour: noon was only a stand-in."""
    if first.has_time and second.has_time:
        return first.at < second.at
    return first.at.date() < second.at.astimezone(first.at.tzinfo).date()


def read_status(cells: Cells) -> RowStatus:
    return RowStatus(cells.word("test_result_status", "statuses", "status") or RowStatus.FINAL)


def _answers(cells: Cells) -> Answers:
    return Answers(
        pregnant=_answer(cells, "pregnant"),
        symptomatic=_answer(cells, "symptomatic_for_disease"),
        symptoms_since=cells.day("illness_onset_date"),
        employed_in_healthcare=_answer(cells, "employed_in_healthcare"),
        in_congregate_setting=_answer(cells, "resident_congregate_setting"),
        residence_snomed=cells.code_or_word("residence_type", "residences", "residence"),
        hospitalised=_answer(cells, "hospitalized"),
        in_intensive_care=_answer(cells, "icu"),
    )


def _answer(cells: Cells, column: str) -> EntryAnswer | None:
    meaning = cells.word(column, "answers", "answer")
    return EntryAnswer(meaning) if meaning else None
