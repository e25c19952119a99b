"""Tables as CSV files for a spreadsheet: sent line by line as they are read, and written to no disk."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.formats import number_format

from temoin.lib.spreadsheet import guarded_cell

Answer = TypeVar("Answer", bound=HttpResponseBase)
_KIND = "text/csv; charset=utf-8"


class _Echo:
    """A file that gives back each line written to it."""

    def write(self, line: str) -> str:
        return line


SEPARATOR, MARK = ";", "\ufeff"  # with both, a spreadsheet set to French opens a file right


def csv_answer(
    name: str, columns: Sequence[object], rows: Iterable[Sequence[object]], *, separator: str = SEPARATOR
) -> StreamingHttpResponse:
    """Return a file to be saved, sent while its rows are read; another separator is for who takes no semicolon."""
    answer = StreamingHttpResponse(_lines(columns, rows, separator), content_type=_KIND)
    return _to_be_saved(answer, name)


def csv_whole(name: str, columns: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Return a file to be saved whose rows were all read."""
    return csv_content(name, "".join(_lines(columns, rows, SEPARATOR)).encode())


def csv_content(name: str, content: bytes) -> HttpResponse:
    """Return a file to be saved that was written elsewhere, with the separator and the mark of the others."""
    return _to_be_saved(HttpResponse(content, content_type=_KIND), name)


def number_cell(value: float, places: int) -> str:
    """Return a number as the language's spreadsheet reads it as one: with a comma in French."""
    return number_format(value, places, force_grouping=False)


def _to_be_saved(answer: Answer, name: str) -> Answer:
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _lines(columns: Sequence[object], rows: Iterable[Sequence[object]], separator: str) -> Iterator[str]:
    """Yield the lines of a file; what a spreadsheet would compute is guarded."""
    writer = csv.writer(_Echo(), delimiter=separator)
    yield MARK + writer.writerow([guarded_cell(cell) for cell in columns])
    for row in rows:
        yield writer.writerow([guarded_cell(cell) for cell in row])
