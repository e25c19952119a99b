"""Who ordered the test of a row, and the laboratory that made it: signed with the result, and told by every format."""

from __future__ import annotations

import orjson
import pytest
from import_files import file_of
from people import House, open_house

from temoin.formats import fhir, hl7v2, pdf
from temoin.formats.csv.dates import DateOrder
from temoin.intake.results import RowOutcome, import_results
from temoin.intake.sameness import Sameness
from temoin.intake.terms import allow_laboratory
from temoin.lib.tenant import tenant_scope
from temoin.testing.models import RecordVersion
from temoin.testing.report import Address, PerformingLaboratory, Prescriber, Report

NUMBER = "05D1234567"
LABORATORY = {"testing_lab_clia": NUMBER, "testing_lab_name": "Laboratoire des Halles"}
DOCTOR = {"ordering_provider_last_name": "Nom", "ordering_provider_first_name": "Ada"}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    found = open_house()
    allow_laboratory(by=found.owner, number=NUMBER, name="Laboratoire des Halles")
    return found


def take(house: House, *rows: dict[str, str]) -> list[RowOutcome]:
    told: list[RowOutcome] = []
    import_results(by=house.owner, stream=file_of(*rows), dry_run=False, tell=told.append, dates=DateOrder.MDY)
    return told


def reports(house: House, *rows: dict[str, str]) -> list[Report]:
    assert Sameness.REFUSED not in {outcome.verdict for outcome in take(house, *rows)}
    with tenant_scope(house.here.id):
        return [version.report for version in RecordVersion.objects.order_by("number")]


def test_the_laboratory_that_made_the_test_is_signed_with_it(house):
    (report,) = reports(house, LABORATORY)

    assert report.laboratory == PerformingLaboratory(
        name="Laboratoire des Halles",
        number=NUMBER,
        phone=report.laboratory.phone,
        address=Address(lines=("300 North Street",), postcode="35228", city="Birmingham", state="AL", country="USA"),
    )
    assert (report.organisation.name, report.signer.family_name) == (house.here.name, house.owner.family_name)


def test_of_the_pharmacy_s_own_test_no_other_laboratory_is_told(house):
    own = {"testing_lab_clia": house.here.finess, "testing_lab_state": "FR", "testing_lab_zip_code": "75001"}

    (report,) = reports(house, own)

    assert report.laboratory is None


@pytest.mark.parametrize(
    ("number", "is_rpps"), [("10003879623", True), ("10003879624", False), ("1013012657", False), ("D/7", False)]
)
def test_who_ordered_the_test_is_signed_with_it(house, number, is_rpps):
    (report,) = reports(house, {**DOCTOR, **LABORATORY, "ordering_provider_id": number})

    who = report.prescriber
    assert isinstance(who, Prescriber)
    assert (who.family_name, who.given_name, who.number, who.is_rpps) == ("Nom", "Ada", number, is_rpps)
    assert (who.phone, who.address.city) == ("+12058882000", "Birmingham")


def test_a_correction_may_change_who_ordered_the_test_and_a_second_file_may_not(house):
    row = {**LABORATORY, "accession_number": "A-1"}
    other = {**row, **DOCTOR}

    first, second = reports(house, row, {**other, "test_result_status": "C"})
    again = take(house, other, row)
    (refused,) = take(house, {**other, "ordering_provider_last_name": "Tiers"})

    assert first.prescriber.family_name == "Smith MD"
    assert (second.prescriber.family_name, second.version) == ("Nom", 2)
    assert {outcome.verdict for outcome in again} == {Sameness.ALREADY_STORED}
    assert [problem.code for problem in refused.problems] == ["other_content"]


def test_no_format_says_that_the_pharmacy_made_the_test_of_a_laboratory(house):
    (report,) = reports(house, {**LABORATORY, **DOCTOR})

    bundle = orjson.loads(fhir.document(report))
    parts = {each["fullUrl"]: each["resource"] for each in bundle["entry"]}
    made = {
        parts[one["reference"]]["name"]
        for part in parts.values()
        if part["resourceType"] in {"Observation", "DiagnosticReport"}
        for one in part["performer"]
    }
    assert made == {"Laboratoire des Halles"}
    observation = next(line for line in hl7v2.report_message(report, hl7v2.Route()).split(b"\r") if line[:3] == b"OBX")
    assert observation.split(b"|")[23].startswith(b"Laboratoire des Halles^D^^^^CLIA&")
    assert pdf.report_pdf(report)
