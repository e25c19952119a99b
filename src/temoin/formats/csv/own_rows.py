"""A row of `temoin-results-1`: less is asked for than by SimpleReport's, since a French pharmacy has less to tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from stdnum import luhn

from temoin.formats.csv.cells import CellRules, Cells
from temoin.formats.csv.parsing import check_order, limits_of, read_device, read_outcome, read_specimen, read_status
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import Answers, Laboratory, PatientTraits, Provider, ResultRow, is_clia
from temoin.lib.countries import FRANCE
from temoin.testing.report import Address, Sex

_FINESS = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}")
NO_ANSWERS = Answers(
    pregnant=None,
    symptomatic=None,
    symptoms_since=None,
    employed_in_healthcare=None,
    in_congregate_setting=None,
    residence_snomed="",
    hospitalised=None,
    in_intensive_care=None,
)


def parse_own_row(row: int, values: Mapping[str, str], rules: CellRules) -> ResultRow | RowErrors:
    """Read a row; every problem of the row is told, not only the first."""
    cells = Cells(row, values, rules)
    accession = cells.number("accession_number", required=True)
    patient, laboratory = read_patient_traits(cells, own_address(cells)), _laboratory(cells)
    provider = read_provider(cells)
    device = read_device(cells)
    outcome, specimen = read_outcome(cells, limits_of(device)), read_specimen(cells)
    zone = _zone(cells, laboratory.address)
    collected = cells.moment("specimen_collection_date", zone, required=True)
    tested = cells.moment("test_result_date", zone, required=True)
    status, comment = read_status(cells), cells.comment("comment")
    born = patient.birth_date if patient else None
    check_order(cells, "specimen_collection_date", collected=collected, tested=tested, born=born)
    if cells.problems or not (patient and device and collected and tested):
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
        ordered=collected,
        collected=collected,
        received=None,
        tested=tested,
        released=tested,
        status=status,
        comment=comment,
        answers=NO_ANSWERS,
    )


def read_patient_traits(cells: Cells, address: Address) -> PatientTraits | None:
    """Return who the patient is, of that address, and how to reach them; None where no birth date can be read."""
    family, given = cells.required("patient_last_name"), cells.given_names("patient_first_name")
    born = cells.birth_date("patient_dob")
    cells.required("patient_sex")
    sex = cells.word("patient_sex", "sexes", "sex")
    phone = cells.phone_here("patient_phone_number", address)
    email = cells.email("patient_email")
    if born is None:
        return None
    return PatientTraits(
        local_id="",
        family_name=family,
        given_name=given,
        middle_name="",
        birth_date=born,
        sex=Sex(sex or Sex.UNKNOWN),
        phone=phone,
        email=email,
        language="",
        address=address,
        address_note="",
    )


def own_address(cells: Cells) -> Address:
    """Return where a patient lives: any of it may be missing, and the country then is France, or nothing."""
    city = cells.optional("patient_city")
    lines = (cells.optional("patient_street"), cells.optional("patient_street2"))  # orders tell a second, files none
    is_told = bool(city or cells.optional("patient_zip_code"))
    country = cells.country("patient_country") or (FRANCE if is_told else "")
    return Address(
        lines=tuple(line for line in lines if line),
        postcode=cells.postcode("patient_zip_code", country),
        city=city,
        state=cells.optional("patient_state").upper(),
        country=country,
    )


def _laboratory(cells: Cells) -> Laboratory:
    number = cells.number("testing_lab_clia", required=True).upper()
    check_laboratory_number(cells, number)
    address = Address(postcode=cells.postcode("testing_lab_zip_code", FRANCE), city=cells.optional("testing_lab_city"))
    column = "testing_lab_phone_number"
    return Laboratory(
        number=number,
        name=cells.optional("testing_lab_name"),
        phone=cells.phone_of_others(column, address, value=value) if (value := cells.optional(column)) else "",
        address=address,
    )


def check_laboratory_number(cells: Cells, number: str) -> None:
    """Refuse a number of a laboratory that is neither FINESS nor CLIA."""
    if number and not is_finess(number) and not is_clia(number):
        cells.refuse("testing_lab_clia", "zeros_lost" if re.fullmatch("[1-9][0-9]{7}", number) else "finess")


def is_finess(number: str) -> bool:
    """Tell whether this is a FINESS number: nine signs, whose last digit checks the others where all are digits."""
    return _FINESS.fullmatch(number) is not None and (not number.isdecimal() or luhn.is_valid(number))


def read_provider(cells: Cells) -> Provider:
    """Return who ordered the test; a prescriber without a name is asked for it, as a letter could not name them."""
    number = cells.number("ordering_provider_id")
    given = cells.optional("ordering_provider_first_name")
    column = "ordering_provider_last_name"
    family = cells.required(column) if number or given else cells.optional(column)
    return Provider(
        number=number, family_name=family, given_name=given, middle_name="", phone="", address=Address(country="")
    )


def _zone(cells: Cells, laboratory: Address) -> ZoneInfo:
    named = cells.rules.zone_of_postcode(laboratory.postcode) if laboratory.postcode else ""
    return ZoneInfo(named) if named else cells.rules.home
