"""A file of the staff site as a spreadsheet set to French opens it."""

from __future__ import annotations

import csv
import io

from django.http import HttpResponseBase


def sheet_of(answer: HttpResponseBase) -> list[list[str]]:
    """Return the rows of a CSV answer, its head first; it has the mark of UTF-8 and semicolons, or it opens wrongly."""
    text = b"".join(answer).decode()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert len(rows[0]) > 1
    return rows


def lines_of(answer: HttpResponseBase) -> list[dict[str, str]]:
    """Return the rows after the head, each by the names of its columns."""
    head, *rows = sheet_of(answer)
    return [dict(zip(head, row, strict=True)) for row in rows]
