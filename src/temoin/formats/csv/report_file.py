"""Reports as a flat CSV file, one row for each finding: UTF-8, CRLF, quoted as RFC 4180 says.

The columns are published (docs: integrator). Another set of columns is another FORMAT.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import Any

from temoin.lib.spreadsheet import FORMULA, begins_formula
from temoin.testing.report import Finding, PatientForm, PatientIdentity, Report

FORMAT = "temoin-report-4"
MARK = "'"
# The apostrophe itself too: the reader takes one away whatever follows it, so that what comes back is what was written.
GUARDED = (*FORMULA, MARK)

# Column, and where it stands in the Report. "number" and "of" count the findings of one key. Who treats the patient
# has no column: an authority that takes files needs no doctor's name. Nor have the start of the reading clock and the
# mark of a typed time: they are for whoever judges a reading, on the page and in the PDF. Nor has what was delivered:
# it is for the patient, the doctor and the patient's own file.
_REPORT: Mapping[str, str] = {
    "key": "key",
    "version": "version",
    "status": "status",
    "replaces_key": "replaces_key",
    "reason": "reason",
    "record_id": "record_id",
    "kind": "kind",
    "kind_display": "kind_display",
    "chapter_loinc": "chapter_loinc",
    "chapter_display": "chapter_display",
    "specimen_snomed": "specimen_snomed",
    "specimen_display": "specimen_display",
    "sampled_at": "sampled_at",
    "read_at": "read_at",
    "signed_at": "signed_at",
    "patient_id": "patient.patient_id",
    "patient_birth_family_name": "patient.birth_family_name",
    "patient_birth_given_names": "patient.birth_given_names",
    "patient_first_birth_given_name": "patient.first_birth_given_name",
    "patient_sex": "patient.sex",
    "patient_form": "patient.form",
    "patient_age_band": "patient.age_band",
    "patient_birth_place": "patient.birth_place",
    "patient_used_family_name": "patient.used_family_name",
    "patient_used_given_name": "patient.used_given_name",
    "patient_nir": "patient.nir",
    "patient_identity_status": "patient.identity_status",
    "patient_phone": "patient.phone",
    "patient_email": "patient.email",
    "patient_address_lines": "patient.address.lines",
    "patient_address_postcode": "patient.address.postcode",
    "patient_address_city": "patient.address.city",
    "patient_address_county": "patient.address.county",
    "patient_address_state": "patient.address.state",
    "patient_address_country": "patient.address.country",
    "signer_id": "signer.member_id",
    "signer_family_name": "signer.family_name",
    "signer_given_name": "signer.given_name",
    "signer_rpps": "signer.rpps",
    "signer_profession": "signer.profession",
    "signer_profession_display": "signer.profession_display",
    "pharmacy_id": "organisation.pharmacy_id",
    "pharmacy_name": "organisation.name",
    "pharmacy_finess": "organisation.finess",
    "pharmacy_phone": "organisation.phone",
    "pharmacy_address_lines": "organisation.address.lines",
    "pharmacy_address_postcode": "organisation.address.postcode",
    "pharmacy_address_city": "organisation.address.city",
    "pharmacy_address_county": "organisation.address.county",
    "pharmacy_address_state": "organisation.address.state",
    "pharmacy_address_country": "organisation.address.country",
    "device_manufacturer": "device.manufacturer",
    "device_reference": "device.reference",
    "device_name": "device.name",
    "device_udi": "device.udi",
    "device_lot": "device.lot",
    "device_expiry": "device.expiry",
    "prescriber_family_name": "prescriber.family_name",
    "prescriber_given_name": "prescriber.given_name",
    "prescriber_number": "prescriber.number",
    "prescriber_is_rpps": "prescriber.is_rpps",
    "prescriber_phone": "prescriber.phone",
    "prescriber_address_lines": "prescriber.address.lines",
    "prescriber_address_postcode": "prescriber.address.postcode",
    "prescriber_address_city": "prescriber.address.city",
    "prescriber_address_county": "prescriber.address.county",
    "prescriber_address_state": "prescriber.address.state",
    "prescriber_address_country": "prescriber.address.country",
    "laboratory_name": "laboratory.name",
    "laboratory_number": "laboratory.number",
    "laboratory_phone": "laboratory.phone",
    "laboratory_address_lines": "laboratory.address.lines",
    "laboratory_address_postcode": "laboratory.address.postcode",
    "laboratory_address_city": "laboratory.address.city",
    "laboratory_address_county": "laboratory.address.county",
    "laboratory_address_state": "laboratory.address.state",
    "laboratory_address_country": "laboratory.address.country",
    "comment": "comment",
    "consent_notice": "consent_notice",
    "source": "source",
    "is_demo": "is_demo",
}
_FINDING: Mapping[str, str] = {
    "target": "target",
    "target_display": "display",
    "loinc": "loinc",
    "loinc_display": "loinc_display",
    "icd10": "icd10",
    "outcome": "outcome",
    "outcome_snomed": "snomed",
    "outcome_display": "snomed_display",
    "quantity_comparator": "quantity.comparator",
    "quantity_value": "quantity.value",
    "quantity_unit": "quantity.unit",
}
COLUMNS = ("format", *_REPORT, "patient_birth_date", "answers", "number", "of", *_FINDING)


def report_file(report: Report) -> bytes:
    """Write a file of one report: the same bytes each time."""
    return HEADER + _lines(_rows(report))


def joined_files(files: list[bytes]) -> bytes:
    return HEADER + b"".join(file.removeprefix(HEADER) for file in files)


def keys_of(data: bytes) -> frozenset[str]:
    rows = csv.DictReader(io.StringIO(data.decode(), newline=""))
    return frozenset(row["key"] for row in rows)


def _rows(report: Report) -> Iterator[list[str]]:
    patient = report.patient
    if not patient.carries_matricule:
        report = replace(report, patient=replace(patient, nir=""))
    common = [FORMAT, *_values(report, _REPORT), _born(patient), _answers(report)]
    for number, finding in enumerate(report.findings, start=1):
        yield [*common, str(number), str(len(report.findings)), *_values(finding, _FINDING)]


def _born(patient: PatientIdentity) -> str:
    """Write as much of the birth date as the copy tells: the day, the year, or nothing."""
    if patient.form is PatientForm.ANONYMOUS:
        return ""
    return str(patient.birth_date.year) if patient.form is PatientForm.PSEUDONYMOUS else patient.birth_date.isoformat()


def _answers(report: Report) -> str:
    """Write a line for each question that was answered, with our codes of both: `symptoms=yes`."""
    return "\n".join(f"{answer.question}={answer.value}" for answer in report.answers)


def _values(source: Report | Finding, columns: Mapping[str, str]) -> Iterator[str]:
    for path in columns.values():
        yield _guarded(_text(reduce(_part, path.split("."), source)))


def _part(whole: Any, name: str) -> Any:
    return None if whole is None else getattr(whole, name)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):  # a moment is one too
        return value.isoformat()
    return "\n".join(value) if isinstance(value, tuple) else str(value)


def _guarded(text: str) -> str:
    return f"{MARK}{text}" if text.startswith(MARK) or begins_formula(text) else text


def _lines(rows: Iterator[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


HEADER = _lines(iter([list(COLUMNS)]))
