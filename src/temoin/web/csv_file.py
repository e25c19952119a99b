"""Tables as CSV files for a spreadsheet: sent line by line as they are read, and written to no disk."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from temoin.lib.spreadsheet import guarded_cell


class _Echo:
    """A file that gives back each line written to it."""

    def write(self, line: str) -> str:
        return line


def csv_answer(
    name: str, columns: Sequence[object], rows: Iterable[Sequence[object]], *, separator: str = ",", mark: str = ""
) -> StreamingHttpResponse:
    """Return a file to be saved; what a spreadsheet would compute is guarded.

    With a semicolon and the mark of UTF-8, a spreadsheet set to French opens it right.
    """
    answer = StreamingHttpResponse(_lines(columns, rows, separator, mark), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _lines(columns: Sequence[object], rows: Iterable[Sequence[object]], separator: str, mark: str) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=separator)
    yield mark + writer.writerow([guarded_cell(cell) for cell in columns])
    for row in rows:
        yield writer.writerow([guarded_cell(cell) for cell in row])
