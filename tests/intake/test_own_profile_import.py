"""A file of `temoin-results-1` taken in: results, corrections, cancellations, and what is remembered of headings."""

from __future__ import annotations

import io

import pytest
from people import House, open_house

from temoin.formats.csv.profiles import OWN_COLUMNS
from temoin.formats.csv.reading import Said
from temoin.formats.csv.template import template, written
from temoin.intake.results import RowOutcome, import_results
from temoin.intake.sameness import Sameness
from temoin.intake.terms import allow_laboratory, forget_columns, keep_columns, read_terms
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.seat import Seat
from temoin.testing.models import RecordVersion
from temoin.testing.report import Report

STORED, CORRECTED, CANCELLED, ALREADY = (
    *(Sameness.STORED, Sameness.CORRECTED),
    *(Sameness.CANCELLED, Sameness.ALREADY_STORED),
)
GOOD = {column.french: column.example for column in OWN_COLUMNS}
NUMBER = "01D1058442"


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def take(by: Seat, content: bytes, said: Said | None = None, *, after: int = 0) -> list[RowOutcome]:
    told: list[RowOutcome] = []
    stream = io.BytesIO(content)
    import_results(by=by, stream=stream, dry_run=False, tell=told.append, said=said or Said(), after=after)
    return told


def verdicts(by: Seat, content: bytes, **words: object) -> list[Sameness]:
    return [outcome.verdict for outcome in take(by, content, **words)]


def one_file(by: Seat, names: dict[str, str] | None = None, **changes: str) -> bytes:
    finess = read_terms(by=by).own_number
    row = {**GOOD, "finess": finess, **changes}
    return written([[(names or {}).get(name, name) for name in row], row.values()])


def versions(by: Seat) -> list[Report]:
    with tenant_scope(by.pharmacy_id):
        return [version.report for version in RecordVersion.objects.order_by("signed_at", "number")]


def test_the_template_s_results_are_signed_corrected_and_cancelled_and_once(house):
    content = template("fr", finess=house.here.finess)

    assert verdicts(house.owner, content) == [STORED, STORED, CORRECTED, CANCELLED, STORED]
    assert verdicts(house.owner, content) == [ALREADY] * 5
    assert [len(report.findings) for report in versions(house.owner)] == [1] * 5
    assert [found.read for one in versions(house.owner) for found in one.findings if found.quantity] == ["1.26 g/L"]


def test_an_import_goes_on_after_the_row_that_was_told_last(house):
    content = template("fr", finess=house.here.finess)
    take(house.owner, content)

    assert [outcome.row for outcome in take(house.owner, content, after=3)] == [4, 5, 6]


def test_a_correction_that_tells_of_no_prescriber_keeps_the_former_s_and_is_one(house):
    named = {"numero_prescripteur": "10003879631", "nom_prescripteur": "PRESCRIPTEUR"}
    take(house.owner, one_file(house.owner, **named))
    corrected = one_file(house.owner, statut="C", resultat="positif")

    assert verdicts(house.owner, corrected) == [CORRECTED]
    assert verdicts(house.owner, corrected) == [ALREADY]
    assert versions(house.owner)[-1].prescriber.family_name == "PRESCRIPTEUR"


def test_a_laboratory_without_a_name_has_the_one_under_which_it_was_allowed(house):
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")

    take(house.owner, one_file(house.owner, finess=NUMBER))

    (report,) = versions(house.owner)
    assert (report.laboratory.name, report.laboratory.number) == ("Laboratoire des Halles", NUMBER)
    assert report.prescriber is None


def test_what_headings_mean_is_remembered_in_the_pharmacy_and_forgotten(house):
    names = {"date_naissance": "D.N. client"}
    content = one_file(house.owner, names)
    said = Said(columns={"d_n_client": "patient_dob"})
    take(house.owner, content, said)

    assert verdicts(house.owner, content) == [ALREADY]
    assert read_terms(by=house.owner).columns == {"d_n_client": "patient_dob"}
    assert read_terms(by=house.stranger).columns == {}
    forget_columns(by=house.owner)
    assert read_terms(by=house.owner).columns == {}


def test_a_heading_is_said_by_whoever_imports_and_stands_for_a_column_of_ours(house):
    with pytest.raises(DeniedError):
        keep_columns(by=house.colleague, columns={"a": "patient_dob"})
    with pytest.raises(InvalidError, match="columns:unknown"):
        keep_columns(by=house.owner, columns={"a": "patient_race"})
    with pytest.raises(InvalidError, match="columns:too_many"):
        keep_columns(by=house.owner, columns={f"a{n}": "patient_dob" for n in range(501)})
    keep_columns(by=house.owner, columns={"a": ""})

    assert read_terms(by=house.owner).columns == {}
