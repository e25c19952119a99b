"""Reading a bulk result file: the whole is checked first, then its rows are handed out one by one."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import ColumnOrder, OrderProof
from temoin.formats.csv.parsing import parse_row
from temoin.formats.csv.problems import CellProblem, FileRefusedError, RowErrors
from temoin.formats.csv.rows import ResultRow
from temoin.formats.csv.vocabulary import words

LARGEST_FILE = 200 * 1024 * 1024
MOST_ROWS = 250_000
LONGEST_LINE = 256 * 1024

# The columns a file must name. The format also asks for patient_race and patient_ethnicity: they are neither
# asked for nor read here, since French law forbids to collect them.
REQUIRED_COLUMNS = (
    "patient_last_name",
    "patient_first_name",
    "patient_street",
    "patient_city",
    "patient_state",
    "patient_zip_code",
    "patient_county",
    "patient_phone_number",
    "patient_dob",
    "accession_number",
    "equipment_model_name",
    "test_performed_code",
    "test_result",
    "order_test_date",
    "test_result_date",
    "specimen_type",
    "ordering_provider_id",
    "ordering_provider_last_name",
    "ordering_provider_first_name",
    "ordering_provider_street",
    "ordering_provider_city",
    "ordering_provider_state",
    "ordering_provider_zip_code",
    "ordering_provider_phone_number",
    "testing_lab_clia",
    "testing_lab_name",
    "testing_lab_street",
    "testing_lab_city",
    "testing_lab_state",
    "testing_lab_zip_code",
)

OPTIONAL_COLUMNS = (
    "patient_id",
    "patient_middle_name",
    "patient_street2",
    "patient_email",
    "patient_country",
    "patient_preferred_language",
    "patient_sex",
    "patient_gender",
    "specimen_collection_date",
    "testing_lab_specimen_received_date",
    "date_result_released",
    "ordering_provider_middle_name",
    "ordering_provider_street2",
    "testing_lab_street2",
    "testing_lab_phone_number",
    "pregnant",
    "employed_in_healthcare",
    "symptomatic_for_disease",
    "illness_onset_date",
    "resident_congregate_setting",
    "residence_type",
    "hospitalized",
    "icu",
    "comment",
    "test_result_status",
)

# Every column that holds a day.
DATE_COLUMNS = (
    "patient_dob",
    "order_test_date",
    "specimen_collection_date",
    "testing_lab_specimen_received_date",
    "test_result_date",
    "date_result_released",
    "illness_onset_date",
)

# Columns that are checked, since the file is to be right, and of which no result keeps anything: a Report has no place
# for them. The sender's own numbers make the identity of a result, and are forgotten but for its keyed digest.
NOT_KEPT_COLUMNS = (
    "patient_id",
    "patient_preferred_language",
    "testing_lab_specimen_received_date",
    "date_result_released",
    "pregnant",
    "employed_in_healthcare",
    "symptomatic_for_disease",
    "illness_onset_date",
    "resident_congregate_setting",
    "residence_type",
    "hospitalized",
    "icu",
)

_KNOWN_COLUMNS = frozenset(REQUIRED_COLUMNS + OPTIONAL_COLUMNS)


class _Lines:
    """The lines of a file, decoded one at a time; says at which byte and row a file stops being text."""

    def __init__(self, stream: BinaryIO) -> None:
        self.row = 1
        self._stream = stream
        self._offset = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(LONGEST_LINE + 1):
            text = self._decoded(line)
            self._offset += len(line)
            if self._offset > LARGEST_FILE:
                raise FileRefusedError("too_large")
            yield text

    def _decoded(self, line: bytes) -> str:
        if self._offset == 0 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise FileRefusedError("utf16")
        if self._offset == 0 and b"\r" in line.rstrip(b"\r\n"):
            raise FileRefusedError("old_mac")
        if len(line) > LONGEST_LINE:
            raise FileRefusedError("line_too_long", row=self.row)
        try:
            text = line.decode("utf-8-sig" if self._offset == 0 else "utf-8")
        except UnicodeDecodeError as error:
            raise FileRefusedError("not_utf8", row=self.row, byte=self._offset + error.start + 1) from None
        if "\0" in text:
            raise FileRefusedError("nul", row=self.row, byte=self._offset + line.index(0) + 1)
        return text


@dataclass(frozen=True, slots=True)
class FileOfResults:
    """A file checked as a whole; iterating reads its rows, once."""

    dates: tuple[ColumnOrder, ...]  # columns whose dates have an order of day and month, and how it is known
    unread: tuple[str, ...]  # columns of the file that are not read
    not_kept: tuple[str, ...]  # columns that hold something, are read, and of which no result keeps anything
    count: int  # of its rows
    rows: Iterator[ResultRow | RowErrors]

    def __iter__(self) -> Iterator[ResultRow | RowErrors]:
        return self.rows


def read_results(stream: BinaryIO, *, rules: CellRules) -> FileOfResults:
    """Check a whole seekable file, then hand its rows out one by one, in order, in flat memory.

    `rules.order` is the order of day and month that was said; without one each column must show its own, unless one
    is remembered. Raises FileRefusedError before the first row when the file as a whole cannot be taken. Rows count as
    in a spreadsheet: the header is row 1. Blank rows count and are passed over.
    """
    start = stream.tell()
    header, filled, proof, count = _survey(stream)
    stream.seek(start)
    dates = proof.judge(rules.order, rules.remembered)
    columns = dict(zip(_names(header), (cell.strip() for cell in header), strict=True))
    return FileOfResults(
        dates=tuple(dates.values()),
        unread=tuple(written for name, written in columns.items() if name and name not in _KNOWN_COLUMNS),
        not_kept=tuple(columns[name] for name in NOT_KEPT_COLUMNS if name in filled),
        count=count,
        rows=_rows(stream, replace(rules, orders={name: known.order for name, known in dates.items()})),
    )


def _survey(stream: BinaryIO) -> tuple[list[str], set[str], OrderProof, int]:
    """Return the header, the columns that hold anything, what the dates show of their order, and the number of rows."""
    records = _records(stream)
    _, header = next(records, (0, []))
    if not any(cell.strip() for cell in header):
        raise FileRefusedError("blank_header" if any(_filled(records)) else "empty")
    _check_header(header)
    names = _names(header)
    proof, count, filled = OrderProof(_as_written(names, header)), 0, set[str]()
    dates = [(name, names.index(name)) for name in DATE_COLUMNS if name in names]
    for count, (row, cells) in enumerate(_filled(records), start=1):
        if count > MOST_ROWS:
            raise FileRefusedError("too_many_rows")
        filled.update(name for name, cell in zip(names, cells, strict=False) if cell.strip())
        if len(cells) >= len(names):  # another row is refused anyway, and its cells may stand anywhere
            proof.look(row, [(name, cells[place]) for name, place in dates])
    if count == 0:
        raise FileRefusedError("no_rows")
    return header, filled, proof, count


def _rows(stream: BinaryIO, rules: CellRules) -> Iterator[ResultRow | RowErrors]:
    records = _records(stream)
    _, header = next(records)
    names = _names(header)
    written = _as_written(names, header)
    for row, cells in _filled(records):
        kept = _without_empty_tail(cells, len(names))
        if len(kept) != len(names):
            yield RowErrors(row, (CellProblem(row, "", "column_count"),))
            continue
        values = {name: cell for name, cell in zip(names, kept, strict=True) if name in _KNOWN_COLUMNS}
        yield _in_words_of_file(parse_row(row, values, rules), written)


def _as_written(names: list[str], header: list[str]) -> dict[str, str]:
    return {name: cell.strip() for name, cell in zip(names, header, strict=True) if name != cell.strip()}


def _in_words_of_file(row: ResultRow | RowErrors, written: Mapping[str, str]) -> ResultRow | RowErrors:
    """Name the columns as the file does: it is the file that a person mends."""
    if not written:
        return row
    if isinstance(row, ResultRow):
        return replace(row, written=written)
    problems = (replace(problem, column=written.get(problem.column, problem.column)) for problem in row.problems)
    return RowErrors(row.row, tuple(problems))


def _records(stream: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a file with their row, strictly: a stray quote is an error, never a guess."""
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            too_long = "field limit" in str(error)
            raise FileRefusedError("line_too_long" if too_long else "malformed", row=lines.row) from None
        if cells is None:
            return
        yield lines.row, cells
        lines.row += 1


def _filled(records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    return ((row, cells) for row, cells in records if any(cell.strip() for cell in cells))


def _names(header: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    others = words("columns")
    return [others[name] if name in others and others[name] not in names else name for name in names]


def _check_header(header: list[str]) -> None:
    names = _names(header)
    missing = tuple(column for column in REQUIRED_COLUMNS if column not in names)
    doubled = tuple(sorted(column for column in _KNOWN_COLUMNS if names.count(column) > 1))
    if missing:
        _tell_cause(header, names)
    if doubled:
        raise FileRefusedError("duplicate_columns", columns=doubled)
    if missing:
        raise FileRefusedError("missing_columns", columns=missing)


def _tell_cause(header: list[str], names: list[str]) -> None:
    """Refuse a header for what made it lack so many columns, where that can be told."""
    first = header[0].strip().lower()
    if first.startswith("sep="):
        raise FileRefusedError("sep_line")
    whole = ",".join(header)
    if len(names) < len(REQUIRED_COLUMNS) // 2:
        if whole.count(";") >= len(REQUIRED_COLUMNS) // 2:
            raise FileRefusedError("semicolons")
        if any(whole.count(sign) >= len(REQUIRED_COLUMNS) // 2 for sign in "\t|^~"):
            raise FileRefusedError("separator")
    if set(first_names := [name.strip().lower() for name in header]) >= _PATIENTS_ONLY and not _OF_RESULTS & set(
        first_names
    ):
        raise FileRefusedError("patients")


# Columns that a list of patients and one of results name otherwise.
_PATIENTS_ONLY = frozenset({"first_name", "last_name"})
_OF_RESULTS = frozenset({"test_result", "test_result_code", "observation", "test_result_date", "test_date"})


def _without_empty_tail(cells: list[str], width: int) -> list[str]:
    """Drop empty cells beyond the header's width: spreadsheets leave them behind."""
    return cells[:width] if not any(cell.strip() for cell in cells[width:]) else cells
