"""A file of reports as the authority reads and checks it, written from the published columns; shares no code with the
sender."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from temoin_sandbox.codes import is_finess, is_ins, is_loinc, is_rpps, is_snomed

FORMAT = "temoin-report-4"
MARKS = tuple("=+-@\t\r\n\0＝＋－＠")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
Row = dict[str, str]
_OF_THE_NAMED = ("birth_family_name", "used_family_name", "nir", "phone", "email", "address_lines", "birth_place")


class NotCsvError(ValueError):
    """The file is none of ours; the message says why."""


@dataclass(frozen=True, slots=True)
class ToldRow:
    """The rows of one key, with what is wrong with them."""

    key: str
    rows: tuple[Row, ...]
    faults: tuple[str, ...]


def read_file(data: bytes) -> list[ToldRow]:
    """Cut a file into keys; `NotCsvError` when no row of it can be trusted."""
    rows = list(_rows(data))
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        by_key.setdefault(row["key"], []).append(row)
    return [ToldRow(key, tuple(found), tuple(faults_of(found))) for key, found in by_key.items()]


def faults_of(rows: list[Row]) -> Iterator[str]:
    """Say what is wrong with the rows of one key, each column once."""
    wrong = [column for column, is_right in _COLUMNS.items() if not all(is_right(row[column]) for row in rows)]
    yield from (f"{column}: not as published" for column in wrong)
    first = rows[0]
    if [(row["number"], row["of"]) for row in rows] != [(str(n), str(len(rows))) for n in range(1, len(rows) + 1)]:
        yield "number: rows are missing, or out of order"
    if any(row[column] != first[column] for row in rows for column in _COMMON):
        yield "key: its rows differ in what they share"
    if (first["status"] == "final") != (not first["replaces_key"]):
        yield "status: does not go with replaces_key"
    if not _tells_what_its_form_tells(first):
        yield "patient_form: tells more or less of the person than it says"
    if not all(_says_one_thing(row) for row in rows):
        yield "quantity_value: a finding has a code, or a value with its unit"
    if (first["prescriber_is_rpps"] == "true") and not is_rpps(first["prescriber_number"]):
        yield "prescriber_number: not an RPPS number"
    if first["patient_nir"] and first["patient_identity_status"] != "QUAL":
        yield "patient_nir: the identity is not qualified"


def _says_one_thing(row: Row) -> bool:
    value, unit = row["quantity_value"], row["quantity_unit"]
    is_measured = row["outcome"] == "measured"
    return is_measured == bool(value) == bool(unit) and is_measured != bool(row["outcome_snomed"])


def _tells_what_its_form_tells(row: Row) -> bool:
    born, form = row["patient_birth_date"], row["patient_form"]
    if form == "named":
        return _day(born)
    if any(row[f"patient_{name}"] for name in _OF_THE_NAMED):
        return False
    return re.fullmatch("[12][0-9]{3}", born) is not None if form == "pseudonymous" else not born


def _rows(data: bytes) -> Iterator[Row]:
    try:
        text = data.decode()
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError:
        raise NotCsvError("not UTF-8") from None
    except csv.Error:
        raise NotCsvError("not CSV") from None
    if not text.endswith("\r\n"):
        raise NotCsvError("no end of line at the end")
    if not lines or tuple(lines[0]) != COLUMNS:
        raise NotCsvError("the header is not that of the format")
    if len(lines) == 1 or any(len(line) != len(COLUMNS) for line in lines):
        raise NotCsvError("a row has other columns than the header")
    if any(cell.startswith(MARKS) for line in lines for cell in line):
        raise NotCsvError("a cell begins with what a spreadsheet computes")
    for line in lines[1:]:
        yield dict(zip(COLUMNS, (cell.removeprefix("'") for cell in line), strict=True))


def _any(_: str) -> bool:
    return True


def _filled(value: str) -> bool:
    return bool(value)


def _one_of(*words: str) -> Callable[[str], bool]:
    return frozenset(words).__contains__


def _or_none(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: not value or check(value)


def _uuid(value: str) -> bool:
    return _UUID.fullmatch(value) is not None


def _count(value: str) -> bool:
    return re.fullmatch("[1-9][0-9]{0,5}", value) is not None


def _day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _answers(value: str) -> bool:
    return all(re.fullmatch("[a-z0-9-]+=[a-z0-9-]+", line) for line in value.split("\n"))


def _decimal(value: str) -> bool:
    return re.fullmatch(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", value) is not None


def _laboratory(value: str) -> bool:
    return is_finess(value) or re.fullmatch("[0-9A-Z]{2}D[0-9A-Z]{7}", value) is not None


def _moment(value: str) -> bool:
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_ADDRESS = {"address_lines": _any, "address_postcode": _any, "address_city": _any, "address_county": _any}


def _anywhere(whose: str) -> dict[str, Callable[[str], bool]]:
    names = (*_ADDRESS, "address_state", "address_country")
    return {f"{whose}_{name}": _any for name in names}


_COLUMNS: dict[str, Callable[[str], bool]] = {
    "format": _one_of(FORMAT),
    "key": _uuid,
    "version": _count,
    "status": _one_of("final", "corrected", "cancelled"),
    "replaces_key": _or_none(_uuid),
    "reason": _any,
    "record_id": _uuid,
    "kind": _filled,
    "kind_display": _filled,
    "chapter_loinc": is_loinc,
    "chapter_display": _filled,
    "specimen_snomed": is_snomed,
    "specimen_display": _filled,
    "sampled_at": _moment,
    "read_at": _moment,
    "signed_at": _moment,
    "patient_id": _filled,
    "patient_birth_family_name": _any,
    "patient_birth_given_names": _any,
    "patient_first_birth_given_name": _any,
    "patient_sex": _one_of("F", "M", "U"),
    "patient_form": _one_of("named", "pseudonymous", "anonymous"),
    "patient_age_band": _any,
    "patient_birth_place": _any,
    "patient_used_family_name": _any,
    "patient_used_given_name": _any,
    "patient_nir": _or_none(is_ins),
    "patient_identity_status": _one_of("PROV", "VALI", "RECUP", "QUAL"),
    "patient_phone": _any,
    "patient_email": _any,
    **{f"patient_{name}": check for name, check in _ADDRESS.items()},
    "patient_address_state": _any,
    "patient_address_country": _filled,
    "signer_id": _uuid,
    "signer_family_name": _filled,
    "signer_given_name": _any,
    "signer_rpps": _or_none(is_rpps),
    "signer_profession": _any,
    "signer_profession_display": _any,
    "pharmacy_id": _uuid,
    "pharmacy_name": _filled,
    "pharmacy_finess": is_finess,
    "pharmacy_phone": _any,
    **{f"pharmacy_{name}": check for name, check in _ADDRESS.items()},
    "pharmacy_address_state": _any,
    "pharmacy_address_country": _filled,
    "device_manufacturer": _any,
    "device_reference": _any,
    "device_name": _any,
    "device_udi": _any,
    "device_lot": _any,
    "device_expiry": _or_none(_day),
    **{f"prescriber_{name}": _any for name in ("family_name", "given_name")},
    "prescriber_number": _any,
    "prescriber_is_rpps": _one_of("true", "false", ""),
    "prescriber_phone": _any,
    **_anywhere("prescriber"),
    "laboratory_name": _any,
    "laboratory_number": _or_none(_laboratory),
    "laboratory_phone": _any,
    **_anywhere("laboratory"),
    "comment": _any,
    "consent_notice": _any,
    "source": _one_of("counter", "csv"),
    "is_demo": _one_of("true", "false"),
    "patient_birth_date": _any,
    "answers": _or_none(_answers),
    "number": _count,
    "of": _count,
    "target": _filled,
    "target_display": _filled,
    "loinc": is_loinc,
    "loinc_display": _filled,
    "icd10": _any,
    "outcome": _filled,
    "outcome_snomed": _or_none(is_snomed),
    "outcome_display": _filled,
    "quantity_comparator": _one_of("", "<", ">"),
    "quantity_value": _or_none(_decimal),
    "quantity_unit": _any,
}
COLUMNS = tuple(_COLUMNS)
_COMMON = COLUMNS[: COLUMNS.index("number")]
