"""The acknowledgement file of a file of reports: one line for each key, accepted or refused.

    key,verdict,id,reason
    6f1c0b0e-…,accepted,2026-000123,
    91d2…,refused,,unknown LOINC code

Key and verdict decide, and both are ASCII. The rest was written by a machine that we do not know: quotes round every
cell, capitals, more columns or fewer, another order, a semicolon, another character set hide nothing. Each line stands
for itself: what was cut off, or cannot be read, says nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

COLUMNS = ("key", "verdict", "id", "reason")
HEADER = ",".join(COLUMNS)
EVERY_ROW = "*"  # in place of a key, with "refused" only: a file of which no row can be read
SEPARATORS = ",;\t|"
LONGEST_CELL = 20  # lines in one quoted cell; a quote that nobody closes must not swallow the lines after it


class RowVerdict(StrEnum):
    """What the receiver did with the rows of a key."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CsvAcknowledgement:
    """What the receiver says of one key, and the line in which it does."""

    key: str
    verdict: RowVerdict
    id: str  # the receiver's own, if any
    reason: str
    line: bytes


def read_acknowledgements(data: bytes, *, is_whole: bool = False) -> list[CsvAcknowledgement]:
    """Read every line that has its end, and the last one too when the file is known to be whole."""
    lines = _decoded(data).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not is_whole:
        del lines[-1]  # after the last end of line stands nothing, or half a line
    lines = [line for line in lines if line.strip() and not line.lower().startswith("sep=")]  # as Excel marks its files
    if not lines:
        return []
    separator = max(SEPARATORS, key=lines[0].count)
    places = _places(lines[0], separator)
    return [] if places is None else list(_read(lines, separator, places))


def ends_a_line(data: bytes) -> bool:
    """Tell whether nothing at the end of a file can be half a line."""
    return data.endswith((b"\n", b"\r", b"\n\0"))


def acknowledgement_of(key: str, told: list[CsvAcknowledgement]) -> CsvAcknowledgement | None:
    """Return what is said of a key; None when nothing is, or the lines about it contradict each other."""
    found = [each for each in told if each.key in {key.lower(), EVERY_ROW}]
    return found[-1] if len({each.verdict for each in found}) == 1 else None


def _decoded(data: bytes) -> str:
    """Return the text: UTF-8, or what old programs write; a byte that is neither is replaced."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _places(first: str, separator: str) -> dict[str, int] | None:
    """Return where each column stands; in a file without a header, where this page says; None when it is neither."""
    names = [cell.lower() for cell in _cells(first, separator) or []]
    if {"key", "verdict"} <= set(names):
        return {name: names.index(name) for name in COLUMNS if name in names}
    is_line = len(names) > 1 and names[1] in set(RowVerdict)
    return {name: place for place, name in enumerate(COLUMNS)} if is_line else None


def _read(lines: list[str], separator: str, places: dict[str, int]) -> Iterator[CsvAcknowledgement]:
    start = 0
    while start < len(lines):
        length, cells = _row(lines, start, separator)
        told = dict.fromkeys(COLUMNS, "") | {name: cells[at] for name, at in places.items() if at < len(cells)}
        line = "\n".join(lines[start : start + length])
        start += length
        key, word = told["key"].lower(), told["verdict"].lower()
        if not key or word not in set(RowVerdict) or (key == EVERY_ROW and word != RowVerdict.REFUSED):
            continue  # the header, or a line that says nothing we know
        yield CsvAcknowledgement(key, RowVerdict(word), told["id"], told["reason"], line.encode())


def _row(lines: list[str], start: int, separator: str) -> tuple[int, list[str]]:
    """Return how many lines the next row takes, and its cells; none for a line that cannot be read."""
    for length in range(1, min(LONGEST_CELL, len(lines) - start) + 1):
        cells = _cells("\n".join(lines[start : start + length]), separator)
        if cells is not None:
            return length, cells
    return 1, []


def _cells(text: str, separator: str) -> list[str] | None:
    try:
        rows = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return [cell.strip() for cell in rows[0]] if len(rows) == 1 else None
