"""Reading the one sheet of a workbook as rows of text, in flat memory but for the texts that its cells share.

Neither of the kept libraries would do: openpyxl makes objects of every style before the first cell and has no bound,
calamine holds a sheet as a rectangle, so that one far cell takes the machine's memory, and does not tell a formula
from its value. What is refused is told by its place: a formula, an error, a number with more digits than it keeps.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from temoin.formats.xlsx.parts import MOST_PARTS, Archive, Parser, WorkbookError, opened_archive, own, parse_whole
from temoin.formats.xlsx.values import (
    GENERAL,
    NoValueError,
    NumberFormat,
    built_in,
    format_of,
    number_text,
    unescaped,
)

__all__ = ["WorkbookError", "read_workbook"]

MOST_ROWS = 1_048_576  # that a sheet has
MOST_SHEETS = 256
MOST_TEXT = 64 * 1024 * 1024  # letters that cells share
LONGEST_TEXT = 32_767 * 2  # of a cell; Excel's bound, twice
MOST_FORMATS = 65_536
MOST_CELLS = 10_000_000  # forty for each of the most rows that a file may have
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_OTHER_KINDS = {"mimetype": "ods", "xl/workbook.bin": "xlsb"}

SheetRow = tuple[int, list[str], dict[int, str]]  # its number, its cells, and what is wrong with some of them


@dataclass
class _Book:
    """What of a workbook its cells need: which sheet is read, the calendar, the formats, the texts they share."""

    sheet: str
    is_1904: bool
    formats: list[NumberFormat]
    texts: list[str]


def read_workbook(stream: BinaryIO, *, most_columns: int) -> Iterator[SheetRow]:
    """Yield the rows that the sheet has, with their numbers; WorkbookError when it is none that can be read."""
    with opened_archive(stream) as archive:
        book = _open_book(archive)
        reader = _SheetReader(book, most_columns)
        for _ in Parser(reader.start, reader.end, reader.letters).parse(archive, book.sheet):
            yield from reader.take()


def _open_book(archive: Archive) -> _Book:
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names:
        kind = next((kind for name, kind in _OTHER_KINDS.items() if name in names), "other_zip")
        raise WorkbookError(kind)
    flags: set[bool] = set()
    sheets: list[str] = []  # hidden ones too: which to read is not guessed

    def workbook(tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            flags.add(own(attributes, "date1904") in {"1", "true"})
        elif tag == "sheet":
            sheets.append(own(attributes, "id"))
        if len(sheets) > MOST_SHEETS:
            raise WorkbookError("xlsx_bomb")

    parse_whole(archive, "xl/workbook.xml", workbook)
    paths = _sheet_paths(archive)
    # Each once, however often the workbook names it: whether it holds anything is found by parsing it.
    there = list(dict.fromkeys(paths[number] for number in sheets if paths.get(number) in names))
    filled = [path for path in there if _has_content(archive, path)] if len(there) > 1 else there
    if len(filled) > 1:
        raise WorkbookError("several_sheets")
    if not there:
        raise WorkbookError("xlsx_broken")
    return _Book((filled or there)[0], any(flags), _formats(archive), _texts(archive))


def _sheet_paths(archive: Archive) -> dict[str, str]:
    found: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and own(attributes, "Type").endswith("/worksheet"):
            target = own(attributes, "Target")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            found[own(attributes, "Id")] = posixpath.normpath(whole)
        if len(found) > MOST_PARTS:
            raise WorkbookError("xlsx_bomb")

    parse_whole(archive, "xl/_rels/workbook.xml.rels", relation)
    return found


class _FoundError(Exception):
    """Ends the search for a first cell."""


def _has_content(archive: Archive, path: str) -> bool:
    def start(tag: str, _attributes: dict[str, str]) -> None:
        if tag in {"v", "is", "f"}:
            raise _FoundError

    try:
        parse_whole(archive, path, start)
    except _FoundError:
        return True
    return False


def _formats(archive: Archive) -> list[NumberFormat]:
    """Return the number format of each style that cells name."""
    own_formats: dict[int, NumberFormat] = {}
    formats: list[NumberFormat] = []
    inside: list[str] = [""]

    def style(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            own_formats[_number(own(attributes, "numFmtId"))] = format_of(own(attributes, "formatCode"))
        elif tag in {"cellXfs", "cellStyleXfs", "dxfs", "cellStyles"}:
            inside[0] = tag
        elif tag == "xf" and inside[0] == "cellXfs":
            number = _number(own(attributes, "numFmtId"))
            formats.append(own_formats.get(number) or built_in(number))
        if max(len(formats), len(own_formats)) > MOST_FORMATS:
            raise WorkbookError("xlsx_bomb")

    parse_whole(archive, "xl/styles.xml", style)
    return formats


def _texts(archive: Archive) -> list[str]:
    """Return the texts that cells share."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    reader = _TextsReader()
    for _ in Parser(reader.start, reader.end, reader.letters).parse(archive, "xl/sharedStrings.xml"):
        pass
    return reader.texts


class _TextsReader:
    """Gathers the shared texts; how a name is read aloud (rPh) is no part of it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._is_text = False
        self._aloud = 0
        self._size = self._length = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "rPh":
            self._aloud += 1
        self._is_text = name == "t" and not self._aloud

    def letters(self, text: str) -> None:
        if self._is_text:
            self._size += len(text)
            self._length += len(text)
            if self._length > LONGEST_TEXT or self._size > MOST_TEXT:
                raise WorkbookError("xlsx_bomb")
            self._parts.append(text)

    def end(self, name: str) -> None:
        self._is_text = False
        if name == "rPh":
            self._aloud -= 1
        elif name == "si":
            self.texts.append(unescaped("".join(self._parts)))
            self._parts, self._length = [], 0
            self._size += 16
        if self._size > MOST_TEXT:
            raise WorkbookError("xlsx_bomb")


@dataclass
class _Cell:
    """The cell that is being read."""

    column: int
    kind: str
    style: int
    parts: list[str] = field(default_factory=list)
    is_formula: bool = False


class _SheetReader:
    """Takes in the elements of a sheet, and gives its rows."""

    def __init__(self, book: _Book, most_columns: int) -> None:
        self._book = book
        self._most_columns = most_columns
        self._rows: list[SheetRow] = []
        self._row, self._cells, self._flaws = 0, list[str](), dict[int, str]()
        self._cell: _Cell | None = None
        self._is_text, self._aloud, self._length, self._count = False, 0, 0, 0

    def take(self) -> list[SheetRow]:
        """Return the rows that are whole since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "row":
            self._begin_row(attributes)
        elif self._cell is not None:
            self._aloud += name == "rPh"
            self._cell.is_formula = self._cell.is_formula or name == "f"
            self._is_text = name == "v" or (name == "t" and not self._aloud)

    def letters(self, text: str) -> None:
        if self._is_text and self._cell is not None:
            self._length += len(text)
            if self._length > LONGEST_TEXT:
                raise WorkbookError("xlsx_bomb", self._row)
            self._cell.parts.append(text)

    def end(self, name: str) -> None:
        self._is_text = False
        if name == "rPh":
            self._aloud = max(0, self._aloud - 1)
        elif name == "c" and self._cell is not None:
            self._end_cell(self._cell)
            self._cell = None
        elif name == "row" and (self._flaws or any(self._cells)):
            self._rows.append((self._row, self._cells, self._flaws))

    def _begin_row(self, attributes: dict[str, str]) -> None:
        told = own(attributes, "r")
        row = _number(told) if told else self._row + 1
        if row <= self._row or row > MOST_ROWS:
            raise WorkbookError("xlsx_broken", self._row)
        self._row, self._cells, self._flaws = row, [], {}

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = own(attributes, "r")
        column = _column(place) if place else len(self._cells)
        if column >= self._most_columns:
            raise WorkbookError("too_many_columns", self._row)
        if column < len(self._cells):
            raise WorkbookError("xlsx_broken", self._row)
        self._count += 1
        if self._count > MOST_CELLS:
            raise WorkbookError("xlsx_bomb", self._row)
        self._cells.extend([""] * (column - len(self._cells)))
        self._cell = _Cell(column, own(attributes, "t") or "n", _number(own(attributes, "s") or "0"))
        self._length = 0

    def _end_cell(self, cell: _Cell) -> None:
        text = ""
        try:
            text = self._text(cell)
        except NoValueError as error:
            self._flaws[cell.column] = error.code
        self._cells.append(text)

    def _text(self, cell: _Cell) -> str:
        value = "".join(cell.parts)
        if cell.is_formula:
            raise NoValueError("formula")
        if cell.kind == "e":
            raise NoValueError("cell_error")
        if not value or cell.kind in {"str", "inlineStr", "d"}:
            return unescaped(value)
        if cell.kind == "s":
            place = _number(value)
            if place >= len(self._book.texts):
                raise WorkbookError("xlsx_broken", self._row)
            return self._book.texts[place]
        if cell.kind == "b":
            return "true" if value.strip() == "1" else "false"
        formats = self._book.formats
        shown = formats[cell.style] if cell.style < len(formats) else GENERAL
        return number_text(value, shown, is_1904=self._book.is_1904)


def _number(text: str) -> int:
    """Return a number of the workbook's own making; WorkbookError when it is none."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise WorkbookError("xlsx_broken")
    return int(text)


def _column(place: str) -> int:
    match = _PLACE.fullmatch(place)
    if match is None:
        raise WorkbookError("xlsx_broken")
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
