"""Cells for spreadsheets: nothing that a person typed is computed when the file is opened."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import temoin
from temoin.lib.spreadsheet import FORMULA, begins_formula, guarded_cell, unguarded_cell


@pytest.mark.parametrize("sign", FORMULA)
def test_what_would_be_computed_gets_an_apostrophe(sign: str):
    assert guarded_cell(f"{sign}1+1") == f"'{sign}1+1"


@given(st.text())
def test_any_text_is_kept_whole_and_begins_no_formula(text: str):
    cell = guarded_cell(text)

    assert not cell.startswith(FORMULA)
    assert not begins_formula(cell)
    assert unguarded_cell(cell) == text


def read(text: str, separator: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])


@given(st.lists(st.text("a1'\" =+@－,;\t\r\n\u200b", max_size=8), min_size=1, max_size=3), st.sampled_from(",;\t"))
@example(["x", 'a,"=1'], ";")
@example(["a;=1"], ",")
@example(["'=1", "a,'=1"], ";")
@example(["a\n\t=1", "\r=1"], ";")
def test_nothing_is_computed_whichever_separator_a_spreadsheet_is_set_to(texts: list[str], separator: str):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator).writerow([guarded_cell(text) for text in texts])

    written = file.getvalue()
    lines = re.split("[\r\n]", written)
    naive = [cell for line in lines for other in ",;\t" for cell in read(line, other)]
    parts = [part.replace('"', "") for line in lines for part in re.split("[,;\t]", line)]
    assert [cell for cell in parts + naive if begins_formula(cell.lstrip("\t"))] == []
    assert [unguarded_cell(cell) for cell in read(written, separator)] == texts


@pytest.mark.parametrize(
    "before", ["", " ", "\u00a0", "\u202f", "\u3000", "\n", "\r\n", "\t", "\u200b", "\ufeff", "\u202e"]
)
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫"])
def test_a_sign_behind_what_nobody_sees_is_a_sign(before: str, sign: str):
    assert guarded_cell(f"{before}{sign}1+1").startswith("'")


@pytest.mark.parametrize("text", ["Durand", " Durand", "1+1", "’=1", "12 rue de l’Église", "\u200bDurand"])
def test_ordinary_text_is_left_alone(text: str):
    assert guarded_cell(text) == text


def test_nothing_is_an_empty_cell():
    assert (guarded_cell(None), guarded_cell(0)) == ("", "0")


def test_whoever_writes_rows_guards_their_cells():
    """But for the file of reports, whose columns and marks are published: programs read it."""
    home = Path(temoin.__file__).parent
    texts = {str(one.relative_to(home)): one.read_text("utf-8") for one in home.rglob("*.py")}
    writers = {path for path, text in texts.items() if "csv.writer(" in text or "csv.DictWriter(" in text}

    assert {path for path in writers if "guarded_cell(" not in texts[path]} == {"formats/csv/report_file.py"}
