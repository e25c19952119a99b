"""A Report as rows of a CSV file: read back equal on every field by Python's csv module and the rules of the page."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import as_it_travels, covid_positive, optional, reports, texts

from temoin.catalogue.kinds import kind
from temoin.formats.csv.report_file import COLUMNS, FORMAT, GUARDED, HEADER, joined_files, report_file
from temoin.lib.quantity import Quantity
from temoin.testing.answers import told_answers
from temoin.testing.report import (
    Address,
    Device,
    Finding,
    IdentityStatus,
    Organisation,
    PatientForm,
    PatientIdentity,
    PerformingLaboratory,
    Prescriber,
    Professional,
    Report,
    ReportStatus,
    Sex,
)
from temoin.transmission.rules.reduced import reduced

PAGE = Path(__file__).parents[2] / "docs" / "integrator.md"
ANONYMOUS_MAY = {"patient_age_band", "patient_address_county", "patient_address_state"}
# What a spreadsheet might compute, and what undoes a careless mark against it.
DANGEROUS = st.builds(str.__add__, st.sampled_from([*GUARDED, "''", "'="]), texts())


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The rows as an independent reader has them: one apostrophe at the start of a cell is taken away."""
    rows = csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)
    return [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]


def read_back(rows: list[dict[str, str]]) -> Report:
    first = rows[0]
    assert [(row["number"], row["of"]) for row in rows] == [(str(n), str(len(rows))) for n in range(1, len(rows) + 1)]
    own = {name: first[name] for name in ("key", "replaces_key", "reason", "record_id", "kind", "kind_display")}
    rest = ("chapter_loinc", "chapter_display", "specimen_snomed", "specimen_display")
    said = ("comment", "consent_notice", "source")
    return Report(
        **own,
        **{name: first[name] for name in (*rest, *said)},
        **{name: datetime.fromisoformat(first[name]) for name in ("sampled_at", "read_at", "signed_at")},
        version=int(first["version"]),
        status=ReportStatus(first["status"]),
        is_demo={"true": True, "false": False}[first["is_demo"]],
        patient=patient_of(first),
        signer=Professional(
            member_id=first["signer_id"],
            **under("signer", first, "family_name", "given_name", "rpps", "profession", "profession_display"),
        ),
        organisation=Organisation(
            pharmacy_id=first["pharmacy_id"],
            address=address_of("pharmacy", first),
            **under("pharmacy", first, "name", "finess", "phone"),
        ),
        device=Device(
            expiry=date.fromisoformat(first["device_expiry"]) if first["device_expiry"] else None,
            **under("device", first, "manufacturer", "reference", "name", "udi", "lot"),
        ),
        findings=tuple(finding_of(row) for row in rows),
        answers=told_answers(dict(line.split("=") for line in first["answers"].splitlines()), kind(first["kind"])),
        prescriber=prescriber_of(first),
        laboratory=laboratory_of(first),
    )


def prescriber_of(row: dict[str, str]) -> Prescriber | None:
    if not row["prescriber_is_rpps"]:
        return None
    return Prescriber(
        is_rpps=row["prescriber_is_rpps"] == "true",
        address=address_of("prescriber", row),
        **under("prescriber", row, "family_name", "given_name", "number", "phone"),
    )


def laboratory_of(row: dict[str, str]) -> PerformingLaboratory | None:
    if not row["laboratory_number"]:
        return None
    return PerformingLaboratory(
        address=address_of("laboratory", row), **under("laboratory", row, "name", "number", "phone")
    )


def under(prefix: str, row: dict[str, str], *names: str) -> dict[str, str]:
    return {name: row[f"{prefix}_{name}"] for name in names}


def patient_of(row: dict[str, str]) -> PatientIdentity:
    names = ("birth_family_name", "birth_given_names", "first_birth_given_name", "birth_place", "used_family_name")
    return PatientIdentity(
        patient_id=row["patient_id"],
        sex=Sex(row["patient_sex"]),
        birth_date=born(row["patient_birth_date"]),
        form=PatientForm(row["patient_form"]),
        identity_status=IdentityStatus(row["patient_identity_status"]),
        address=address_of("patient", row),
        **under("patient", row, *names, "used_given_name", "nir", "phone", "email", "age_band"),
    )


def born(cell: str) -> date:
    """A day, a year, or nothing."""
    if not cell:
        return date.min
    return date(int(cell), 1, 1) if len(cell) == 4 else date.fromisoformat(cell)


def address_of(prefix: str, row: dict[str, str]) -> Address:
    lines = row[f"{prefix}_address_lines"]
    rest = under(f"{prefix}_address", row, "postcode", "city", "county", "state", "country")
    return Address(lines=tuple(lines.split("\n")) if lines else (), **rest)


def finding_of(row: dict[str, str]) -> Finding:
    return Finding(
        **{name: row[name] for name in ("target", "loinc", "loinc_display", "icd10", "outcome")},
        display=row["target_display"],
        snomed=row["outcome_snomed"],
        snomed_display=row["outcome_display"],
        quantity=quantity_of(row),
    )


def quantity_of(row: dict[str, str]) -> Quantity | None:
    told = {name: row[f"quantity_{name}"] for name in ("comparator", "value", "unit")}
    return Quantity(**told) if told["value"] else None


@given(reports())
def test_a_report_comes_back_equal_on_every_field(report):
    assert read_back(rows_of(report_file(report))) == as_it_travels(report)


@given(reports(), st.sampled_from([PatientForm.PSEUDONYMOUS, PatientForm.ANONYMOUS]))
def test_a_copy_without_the_name_tells_no_more_and_comes_back(report, form):
    copy = reduced(report, form, {each.target for each in report.findings}, "f00")

    (row, *_) = rows = rows_of(report_file(copy))

    assert read_back(rows) == replace(copy, started_at=None, typed_times=())
    told = {name for name, cell in row.items() if name.startswith("patient_") and cell}
    always = {"patient_id", "patient_sex", "patient_identity_status", "patient_form"}
    may = (
        {"patient_birth_date", "patient_address_postcode", "patient_address_country"}
        if form is PatientForm.PSEUDONYMOUS
        else ANONYMOUS_MAY | {"patient_address_country"}
    )
    assert always <= told <= always | may
    assert row["patient_birth_date"] in {"", str(report.patient.birth_date.year)}


@given(reports(), DANGEROUS, optional(DANGEROUS))
def test_what_a_spreadsheet_would_compute_is_marked_and_comes_back(report, comment, family_name):
    report = replace(report, comment=comment, patient=replace(report.patient, birth_family_name=family_name))

    data = report_file(report)

    assert read_back(rows_of(data)) == as_it_travels(report)
    for row in csv.reader(io.StringIO(data.decode(), newline="")):
        assert not any(cell.startswith(tuple("=+-@\t\r\n\0＝＋－＠")) for cell in row)


@given(st.lists(reports(), min_size=1, max_size=3, unique_by=lambda report: report.key))
def test_files_are_joined_row_by_row(several):
    rows = rows_of(joined_files([report_file(report) for report in several]))

    found = [[row for row in rows if row["key"] == report.key] for report in several]
    assert [read_back(each) for each in found] == [as_it_travels(report) for report in several]
    assert [row["key"] for row in rows] == [report.key for report in several for _ in report.findings]


def test_every_part_of_a_report_has_its_column():
    laboratory = PerformingLaboratory(name="Lab", number="05D1234567")
    whole = covid_positive(prescriber=Prescriber(family_name="Dupont"), laboratory=laboratory)
    finding = replace(whole.findings[0], quantity=Quantity(value="1.26", unit="g/L"))

    assert len(COLUMNS) == len(set(COLUMNS)) == 3 + leaves(whole) + leaves(finding)


def leaves(value: object) -> int:
    """Count the values of a dataclass that are none themselves; findings have their own rows, some parts no column."""
    if not is_dataclass(value):
        return 1
    apart = {"findings", "doctor", "started_at", "typed_times", "conduct", "order_number"}
    return sum(leaves(getattr(value, each.name)) for each in fields(value) if each.name not in apart)


def test_the_same_report_is_the_same_bytes_in_lines_of_the_standard():
    data = report_file(covid_positive())

    assert data == report_file(covid_positive())
    assert data.startswith(HEADER)
    assert data.count(b"\r\n") == data.count(b"\n") == 2
    assert rows_of(data)[0]["format"] == FORMAT


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_published(column):
    assert f"`{column}`" in PAGE.read_text()
