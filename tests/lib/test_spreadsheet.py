"""Cells for spreadsheets: nothing that a person typed is computed when the file is opened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.lib.spreadsheet import FORMULA, begins_formula, guarded_cell


@pytest.mark.parametrize("sign", FORMULA)
def test_what_would_be_computed_gets_an_apostrophe(sign: str):
    assert guarded_cell(f"{sign}1+1") == f"'{sign}1+1"


@given(st.text())
def test_any_text_is_kept_whole_and_begins_no_formula(text: str):
    cell = guarded_cell(text)

    assert not cell.startswith(FORMULA)
    assert not begins_formula(cell)
    assert cell.endswith(text)


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
