"""Reading a file of results: the whole is checked first, then its rows are handed out one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, BinaryIO, TypeVar

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import ColumnOrder, DateOrder, OrderProof
from temoin.formats.csv.own_rows import parse_own_row
from temoin.formats.csv.parsing import parse_row
from temoin.formats.csv.problems import CellProblem, FileRefusedError, RowErrors
from temoin.formats.csv.profiles import (
    DATE_COLUMNS,
    NOT_KEPT_COLUMNS,
    OWN,
    PATIENTS,
    FileProfile,
    is_of_none,
    own_profile,
    profile_of,
)
from temoin.formats.csv.rows import ResultRow
from temoin.formats.csv.tables import MOST_COLUMNS, Encoding, Table, TableRecord, open_table

MOST_ROWS = 250_000

Row = TypeVar("Row", bound=Any)  # a frozen dataclass with `written`
Parser = Callable[[int, Mapping[str, str], CellRules], Row | RowErrors]

_PARSERS: Mapping[str, Parser[ResultRow]] = {OWN: parse_own_row}


@dataclass(frozen=True, slots=True)
class Said:
    """What whoever hands a file in says of it: how it is written, and what its headings mean (plain heading: ours)."""

    encoding: Encoding = Encoding.UTF_8
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    first_row: int = 1  # the number of its heading


@dataclass(frozen=True, slots=True)
class FileOfResults:
    """A file checked as a whole; iterating reads its rows, once."""

    profile: str
    dates: tuple[ColumnOrder, ...]  # columns whose dates have an order of day and month, and how it is known
    unread: tuple[str, ...]  # columns of the file that are not read
    not_kept: tuple[str, ...]  # columns that hold something, are read, and of which no result keeps anything
    count: int  # of its rows
    rows: Iterator[ResultRow | RowErrors]

    def __iter__(self) -> Iterator[ResultRow | RowErrors]:
        return self.rows


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table's columns are read."""

    table: Table
    profile: FileProfile
    header: list[str]
    names: list[str]
    is_iso: bool  # every date begins with its year: a file in another program's words promises nothing of the kind

    @property
    def unread(self) -> tuple[str, ...]:
        """Return the columns of the file that are not read."""
        told = zip(self.names, self.header, strict=True)
        return tuple(cell.strip() for name, cell in told if cell.strip() and name not in self.profile.known)

    @property
    def written(self) -> dict[str, str]:
        """Return how the file names the columns that it does not name as we do."""
        return {name: cell.strip() for name, cell in zip(self.names, self.header, strict=True) if name != cell.strip()}


_NOTHING_SAID = Said()


def read_results(stream: BinaryIO, *, rules: CellRules, said: Said = _NOTHING_SAID) -> FileOfResults:
    """Check a whole seekable file, then hand its rows out one by one, in order, in flat memory.

    `rules.order` is the order of day and month that was said; without one each column must show its own, unless one
    is remembered. Raises FileRefusedError before the first row when the file as a whole cannot be taken. Rows count as
    in a spreadsheet: the header is row 1. Blank rows count and are passed over.
    """
    layout = layout_of(open_table(stream, said.encoding, said.first_row), said)
    filled, proof, count = survey(layout)
    dates, rules = ordered(layout, proof, rules)
    columns = dict(zip(layout.names, (cell.strip() for cell in layout.header), strict=True))
    parse = _PARSERS.get(layout.profile.code, parse_row)
    return FileOfResults(
        profile=layout.profile.code,
        dates=dates,
        unread=layout.unread,
        not_kept=tuple(columns[name] for name in NOT_KEPT_COLUMNS if name in filled and name in layout.profile.known),
        count=count,
        rows=rows_of(layout, parse, rules),
    )


def header_of(stream: BinaryIO, encoding: Encoding = Encoding.UTF_8) -> tuple[str, list[str]]:
    """Return by which sign a file parts its columns, and their names as it writes them."""
    table, header = _header(open_table(stream, encoding))
    return table.separator, header


def records_of(stream: BinaryIO, said: Said = _NOTHING_SAID) -> Iterator[TableRecord]:
    """Yield the records of a file that was read before, its header first, as the file has them."""
    table, _ = _header(open_table(stream, said.encoding, said.first_row))
    return table.records()


def layout_of(table: Table, said: Said, wanted: FileProfile | None = None) -> Layout:
    """Return how the columns of a table are read: as those of the profile that is wanted, or that its header shows."""
    table, header = _header(table)
    own, profile = wanted or own_profile(), wanted or profile_of(header)
    unsaid, names = own.names(header), own.names(header, said.columns)
    if profile is not own and (names == unsaid or not profile.lacks(profile.names(header))):
        names = profile.names(header)
    else:
        profile = own
    _check_header(table, profile, header, names)
    return Layout(table, profile, header, names, is_iso=profile is own and not own.lacks(unsaid))


def _header(table: Table) -> tuple[Table, list[str]]:
    """Return the table, parted as its header shows, and the header."""
    first = _first(table)
    if first is None or not first.is_filled:
        is_blank = first is not None and any(record.is_filled for record in table.records())
        raise FileRefusedError("blank_header" if is_blank else "empty")
    if first.flaws:
        raise FileRefusedError("header_formula")
    if not table.is_workbook and ",".join(first.cells).count(";") >= max(1, len(first.cells) - 1):
        other = replace(table, separator=";")
        parted = _first(other)
        if parted is not None and _is_parted_by_semicolons(parted.cells):
            return other, _bounded(parted.cells)
    return table, _bounded(first.cells)


def _first(table: Table) -> TableRecord | None:
    return next(table.records(), None)


def _is_parted_by_semicolons(header: list[str]) -> bool:
    """Tell whether semicolons part the columns of a profile that takes them, or of none that is known."""
    return ";" in profile_of(header).separators or is_of_none(header)


def _bounded(header: list[str]) -> list[str]:
    if len(header) > MOST_COLUMNS:
        raise FileRefusedError("too_many_columns", row=1)
    return header


def survey(layout: Layout) -> tuple[set[str], OrderProof, int]:
    """Return the columns that hold anything, what the dates show of their order, and the number of rows."""
    names = layout.names
    proof, count, filled = OrderProof(layout.written), 0, set[str]()
    dates = [(name, names.index(name)) for name in DATE_COLUMNS if name in names]
    for count, record in enumerate(_filled(layout.table), start=1):
        if count > MOST_ROWS:
            raise FileRefusedError("too_many_rows")
        filled.update(name for name, cell in zip(names, record.cells, strict=False) if cell.strip())
        if len(record.cells) >= len(names):  # another row is refused anyway, and its cells may stand anywhere
            proof.look(record.row, [(name, record.cells[place]) for name, place in dates])
    if count == 0:
        raise FileRefusedError("no_rows")
    return filled, proof, count


def ordered(layout: Layout, proof: OrderProof, rules: CellRules) -> tuple[tuple[ColumnOrder, ...], CellRules]:
    """Return the order of the columns whose dates have one, and the rules by which they are then read."""
    if layout.is_iso:
        return (), replace(rules, order=DateOrder.ISO, orders={})
    dates = proof.judge(rules.order, rules.remembered)
    return tuple(dates.values()), replace(rules, orders={name: known.order for name, known in dates.items()})


def rows_of(layout: Layout, parse: Parser[Row], rules: CellRules) -> Iterator[Row | RowErrors]:
    """Yield the rows as the parser reads them, their problems in the words of the file."""
    for record in _filled(layout.table):
        yield _in_words_of_file(_row(layout, record, parse, rules), layout.written)


def _row(layout: Layout, record: TableRecord, parse: Parser[Row], rules: CellRules) -> Row | RowErrors:
    names, known = layout.names, layout.profile.known
    flaws = tuple(
        CellProblem(record.row, names[place], code)
        for place, code in record.flaws.items()
        if place < len(names) and names[place] in known
    )
    if flaws:
        return RowErrors(record.row, flaws)
    cells = _without_empty_tail(record.cells, len(names))
    if len(cells) != len(names):
        return RowErrors(record.row, (CellProblem(record.row, "", "column_count"),))
    values = {name: cell for name, cell in zip(names, cells, strict=True) if name in known}
    return parse(record.row, values, rules)


def _in_words_of_file(row: Row | RowErrors, written: Mapping[str, str]) -> Row | RowErrors:
    """Name the columns as the file does: it is the file that a person mends."""
    if not written:
        return row
    if not isinstance(row, RowErrors):
        return replace(row, written=written)
    problems = (replace(problem, column=written.get(problem.column, problem.column)) for problem in row.problems)
    return RowErrors(row.row, tuple(problems))


def _filled(table: Table) -> Iterator[TableRecord]:
    """Yield the records that hold anything, without the header."""
    records = table.records()
    next(records)
    return (record for record in records if record.is_filled)


def _check_header(table: Table, profile: FileProfile, header: list[str], names: list[str]) -> None:
    missing = profile.lacks(names)
    doubled = tuple(sorted(column for column in profile.known if names.count(column) > 1))
    if missing:
        _tell_cause(table, profile, header)
    if doubled:
        twice = tuple(header[names.index(name)].strip() for name in doubled)
        raise FileRefusedError("duplicate_columns", columns=twice)
    if missing:
        raise FileRefusedError("missing_columns", columns=missing, headings=tuple(cell.strip() for cell in header))


def _tell_cause(table: Table, profile: FileProfile, header: list[str]) -> None:
    """Refuse a header for what made it lack so many columns, where that can be told."""
    first = header[0].strip().lower()
    if first.startswith("sep="):
        raise FileRefusedError("sep_line")
    whole, some = table.separator.join(header), len(profile.required) // 2
    if len(header) < some:
        if table.separator != ";" and whole.count(";") >= some:
            raise FileRefusedError("semicolons")
        if whole.count("\t") >= some:
            raise FileRefusedError("tabs")
        if any(whole.count(sign) >= some for sign in "|^~"):
            raise FileRefusedError("separator")
    if profile.code != PATIENTS and _is_list_of_patients(header):
        raise FileRefusedError("patients")


# Columns that a list of patients and one of results name otherwise.
_PATIENTS_ONLY = (frozenset({"first_name", "last_name"}), frozenset({"patient_last_name", "patient_dob"}))
_OF_RESULTS = frozenset(
    {"test_result", "test_result_code", "observation", "test_result_date", "test_date", "test_performed_code"}
)


def _is_list_of_patients(header: list[str]) -> bool:
    told = {name.strip().lower() for name in header} | set(own_profile().names(header))
    return any(told >= names for names in _PATIENTS_ONLY) and not _OF_RESULTS & told


def _without_empty_tail(cells: list[str], width: int) -> list[str]:
    """Drop empty cells beyond the header's width: spreadsheets leave them behind."""
    return cells[:width] if not any(cell.strip() for cell in cells[width:]) else cells
