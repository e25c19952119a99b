"""Files of results for the tests of intake: one good row, changed cell by cell."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.parsing import parse_row
from temoin.formats.csv.rows import ResultRow
from temoin.intake.terms import allow_laboratory
from temoin.pharmacies.seat import Seat

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

# Files of other systems lie beside a developer's checkout, not in this repository: their licences differ.
_BESIDE = (parent / "shared" / "data" / "csv" for parent in Path(__file__).parents[2:])
GIVEN_FILES = next((folder for folder in _BESIDE if folder.is_dir()), Path("/nowhere"))
GIVEN_AND_ACCEPTED = {
    "01_standard_example.csv": 5,
    "all-fields.csv": 2,
    "valid.csv": 1,
    "valid-flu-only.csv": 1,
    "valid-with-escaped-commas.csv": 2,
}
# Its two rows are two persons under one accession number: the first is stored, the second contradicts it.
GIVEN_AND_CONTRADICTED = {"valid-with-escaped-commas.csv": 1}

# The laboratories of the good row and of the given files.
LABORATORIES = ("01D1058442", "01D1058443", "53D1255188")

VALUES = {
    "patient_last_name": "Duchêne",
    "patient_first_name": "Ana-María",
    "patient_street": "12 Oak Street",
    "patient_city": "Birmingham",
    "patient_state": "AL",
    "patient_zip_code": "35226",
    "patient_county": "Jefferson",
    "patient_phone_number": "205-999-2800",
    "patient_dob": "1/20/1962",
    "patient_gender": "F",
    "patient_email": "ana@example.org",
    "patient_country": "",
    "accession_number": "A-1",
    "equipment_model_name": "ID NOW",
    "test_performed_code": "94534-5",
    "test_result": "Detected",
    "test_result_status": "",
    "comment": "",
    "order_test_date": "12/20/2021 9:00",
    "specimen_collection_date": "12/20/2021 9:30",
    "test_result_date": "12/20/2021 14:00",
    "specimen_type": "Nasal Swab",
    "ordering_provider_id": "1013012657",
    "ordering_provider_last_name": "Smith MD",
    "ordering_provider_first_name": "John",
    "ordering_provider_street": "400 Main Street",
    "ordering_provider_city": "Birmingham",
    "ordering_provider_state": "AL",
    "ordering_provider_zip_code": "35228",
    "ordering_provider_phone_number": "205-888-2000",
    "testing_lab_clia": "01D1058442",
    "testing_lab_name": "My Testing Lab",
    "testing_lab_street": "300 North Street",
    "testing_lab_city": "Birmingham",
    "testing_lab_state": "AL",
    "testing_lab_zip_code": "35228",
}


def allow_laboratories(*people: Seat) -> None:
    """Let each of these owners' pharmacies take in the results of the laboratories above."""
    for by in people:
        for number in LABORATORIES:
            allow_laboratory(by=by, number=number, name="My Testing Lab")


def file_of(*rows: dict[str, str]) -> io.BytesIO:
    """Return a file with one row for each set of changes to the good row."""
    text = io.StringIO()
    names = dict.fromkeys(name for each in (VALUES, *rows) for name in each)
    writer = csv.DictWriter(text, fieldnames=list(names), restval="")
    writer.writeheader()
    writer.writerows({**VALUES, **changes} for changes in rows)
    return io.BytesIO(text.getvalue().encode())


def good(**changes: str) -> ResultRow:
    """Return the good row, changed and still good, as the format reads it."""
    row = parse_row(2, {**VALUES, **changes}, CellRules(NOW, DateOrder.MDY))
    assert isinstance(row, ResultRow), row
    return row
