"""Cells for spreadsheets: nothing that a person typed is computed when the file is opened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.lib.spreadsheet import FORMULA, guarded_cell


@pytest.mark.parametrize("sign", FORMULA)
def test_what_would_be_computed_gets_an_apostrophe(sign: str):
    assert guarded_cell(f"{sign}1+1") == f"'{sign}1+1"


@given(st.text())
def test_any_text_is_kept_whole_and_begins_no_formula(text: str):
    cell = guarded_cell(text)

    assert not cell.startswith(FORMULA)
    assert cell.endswith(text)


def test_nothing_is_an_empty_cell():
    assert (guarded_cell(None), guarded_cell(0)) == ("", "0")
