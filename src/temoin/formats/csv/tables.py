"""A file as a table: its records one by one, whether it is CSV or a workbook, and what it is where it is neither."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO

from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.xlsx.reader import WorkbookError, read_workbook
from temoin.lib.spreadsheet import unguarded_cell

LARGEST_FILE = 200 * 1024 * 1024
LONGEST_LINE = 256 * 1024
MOST_COLUMNS = 500
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# What a file begins with that is no table, whatever its name says.
_OTHERS = {b"%PDF": "pdf", b"<": "markup", b"MSH|": "hl7", b"{": "json", b"[{": "json"}


class Encoding(StrEnum):
    """What a sender may say that a CSV file is written in; nobody guesses it."""

    UTF_8 = "utf-8"
    WINDOWS_1252 = "windows-1252"
    ISO_8859_15 = "iso-8859-15"


@dataclass(frozen=True, slots=True)
class TableRecord:
    """One record of a table; `flaws` tells the places whose cell is no value, with the code of what is wrong."""

    row: int  # as a spreadsheet counts: the header is row 1
    cells: list[str]
    flaws: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_filled(self) -> bool:
        return bool(self.flaws) or any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A file that is a table; each `records` begins anew."""

    stream: BinaryIO
    start: int
    is_workbook: bool
    separator: str = ","
    encoding: Encoding = Encoding.UTF_8
    first_row: int = 1

    def records(self) -> Iterator[TableRecord]:
        self.stream.seek(self.start)
        if self.is_workbook:
            return _sheet_records(self.stream)
        return _text_records(_Lines(self.stream, self.encoding, self.first_row), self.separator)


def open_table(stream: BinaryIO, encoding: Encoding = Encoding.UTF_8, first_row: int = 1) -> Table:
    """Tell what a seekable file is, by its first bytes; FileRefusedError names what it is where that is no table."""
    start = stream.tell()
    head = stream.read(64)
    stream.seek(start)
    if head.startswith(_ZIP):
        return Table(stream, start, is_workbook=True)
    if head.startswith(_OLE):
        raise FileRefusedError("xls")
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    for beginning, code in _OTHERS.items():
        if text.startswith(beginning):
            raise FileRefusedError(code)
    return Table(stream, start, is_workbook=False, encoding=encoding, first_row=first_row)


def _sheet_records(stream: BinaryIO) -> Iterator[TableRecord]:
    """Yield the rows of a sheet, none shorter than the first: a workbook writes no empty cell at the end of a row."""
    width = 0
    try:
        for row, cells, flaws in read_workbook(stream, most_columns=MOST_COLUMNS):
            width = width or len(cells)
            yield TableRecord(row, cells + [""] * (width - len(cells)), flaws)
    except WorkbookError as error:
        raise FileRefusedError(error.code, row=error.row) from None


class _Lines:
    """The lines of a file, decoded one at a time; says at which byte and row a file stops being text."""

    def __init__(self, stream: BinaryIO, encoding: Encoding, first_row: int) -> None:
        self.row = first_row
        self._stream = stream
        self._encoding = encoding
        self._offset = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(LONGEST_LINE + 1):
            text = self._decoded(line)
            self._offset += len(line)
            if self._offset > LARGEST_FILE:
                raise FileRefusedError("too_large")
            yield text

    def _decoded(self, line: bytes) -> str:
        if self._offset == 0:
            self._look_at_beginning(line)
        if len(line) > LONGEST_LINE:
            raise FileRefusedError("line_too_long", row=self.row)
        is_utf8 = self._encoding is Encoding.UTF_8
        try:
            text = line.decode("utf-8-sig" if is_utf8 and self._offset == 0 else self._encoding)
        except UnicodeDecodeError as error:
            code = "not_utf8" if is_utf8 else "not_encoding"
            raise FileRefusedError(code, row=self.row, byte=self._offset + error.start + 1) from None
        if "\0" in text:
            raise FileRefusedError("nul", row=self.row, byte=self._offset + line.index(0) + 1)
        return text

    def _look_at_beginning(self, line: bytes) -> None:
        """Refuse a file for what its first bytes show; a mark of UTF-8 goes before what was said."""
        if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_unmarked_utf16(line):
            raise FileRefusedError("utf16")
        if b"\r" in line.rstrip(b"\r\n") or (line.endswith(b"\r") and not line.endswith(b"\n")):
            raise FileRefusedError("old_mac")
        if line.startswith(codecs.BOM_UTF8):
            self._encoding = Encoding.UTF_8


def _is_unmarked_utf16(line: bytes) -> bool:
    """Tell whether every second byte is NUL, as Latin letters are in UTF-16 without its mark."""
    part = line[:64]
    return len(part) >= 4 and any(part[place::2].count(0) * 2 >= len(part) - 2 for place in (0, 1))


def _text_records(lines: _Lines, separator: str) -> Iterator[TableRecord]:
    """Yield the records of a file with their row, strictly: a stray quote is an error, never a guess."""
    reader = csv.reader(lines, strict=True, delimiter=separator)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            too_long = "field limit" in str(error)
            raise FileRefusedError("line_too_long" if too_long else "malformed", row=lines.row) from None
        if cells is None:
            return
        yield TableRecord(lines.row, [unguarded_cell(cell) for cell in cells])  # files to correct have marks
        lines.row += 1
