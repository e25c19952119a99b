"""The template of `temoin-results-1`: its columns in French or English, a result, a correction, an end, a measure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from contextlib import suppress
from itertools import zip_longest

from temoin.formats.csv.profiles import OWN_COLUMNS, PATIENT_COLUMNS, OwnColumn
from temoin.lib.days import read_day
from temoin.lib.spreadsheet import guarded_cell

# What the rows after the first say otherwise. A correction and a cancellation name the result by its number.
EXAMPLES: tuple[dict[str, str], ...] = (
    {},
    {"accession_number": "2026-000124", "patient_last_name": "PETIT", "patient_first_name": "Léo", "patient_sex": "M"},
    {"test_result_status": "C", "test_result": "positif", "comment": "Relu"},
    {
        "accession_number": "2026-000124",
        "patient_last_name": "PETIT",
        "patient_first_name": "Léo",
        "patient_sex": "M",
        "test_result_status": "X",
    },
    {
        "accession_number": "2026-000125",
        "patient_last_name": "MOREAU",
        "patient_first_name": "Rose",
        "equipment_model_name": "StatStrip Xpress",
        "test_performed_code": "41653-7",
        "test_result": "1,26",
        "test_result_unit": "g/L",
        "specimen_type": "Sang capillaire",
    },
)
# What is typed of a person who comes without a file, in this order.
TYPED = ["birth_name", "given_names", "birth_date", "sex", "phone", "email"]
HEADING_OF_TYPED = 0  # its line: nobody typed it
_END_OF_LINE, _EMPTY = re.compile("\r\n|\r|\n"), "; \t\r\n"
_IN_ENGLISH = {"négatif": "negative", "positif": "positive", "Prélèvement nasopharyngé": "Nasopharyngeal swab"}
_IN_ENGLISH |= {"Relu": "Read again", "1,26": "1.26", "Sang capillaire": "Capillary blood"}


def template_of_patients(lang: str) -> bytes:
    """Return the template of a list of patients, with two of them."""
    rows = [[_heading(column, lang) for column in PATIENT_COLUMNS]]
    rows += [[_example(column, example, lang, "") for column in PATIENT_COLUMNS] for example in EXAMPLES[:2]]
    return written(rows)


def list_of_lines(text: str) -> bytes:
    """Return what was typed, a person a line, semicolons or tabs between, as a list of patients; b"" for none.

    Days are typed as everywhere at the counter, the day first; in a list of ours the year stands first. Empty lines
    stay: each row is told by the line that whoever typed it sees, the heading being line 0.
    """
    lines = [line.replace("\t", ";").split(";") for line in _END_OF_LINE.split(text)]
    cells = [[_typed(*cell) for cell in zip_longest(TYPED, line, fillvalue="")] for line in lines]
    return written([TYPED, *cells]) if text.strip(_EMPTY) else b""


def _typed(column: str, cell: str) -> str:
    with suppress(ValueError):
        return read_day(cell).isoformat() if column == "birth_date" else cell.strip()
    return cell.strip()  # to be refused


def template(lang: str, *, finess: str = "", separator: str = ";") -> bytes:
    """Return the template as spreadsheets open it: UTF-8 with its mark, a semicolon unless said otherwise."""
    rows = [[_heading(column, lang) for column in OWN_COLUMNS]]
    for example in EXAMPLES:
        rows.append([_example(column, example, lang, finess) for column in OWN_COLUMNS])
    return written(rows, separator=separator)


def written(rows: Iterable[Iterable[str]], *, separator: str = ";") -> bytes:
    """Return rows as a file that spreadsheets open right; no cell is computed by one."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(
        [guarded_cell(cell) for cell in row] for row in rows
    )
    return text.getvalue().encode("utf-8-sig")


def _heading(column: OwnColumn, lang: str) -> str:
    return column.french if lang.startswith("fr") else column.english


def _example(column: OwnColumn, example: dict[str, str], lang: str, finess: str) -> str:
    value = example.get(column.name, column.example)
    if column.name == "testing_lab_clia" and finess:
        return finess
    return value if lang.startswith("fr") else _IN_ENGLISH.get(value, value)
