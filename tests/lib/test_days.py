"""A day is read as people type it, the day first; what has two readings is asked for."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.lib.days import ShortYearError, read_day

MARKS = ["/", "-", ".", " ", "", " / ", "\u202f", "\u00a0-"]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from(MARKS))
def test_every_day_is_read_with_every_mark_and_with_none(day: date, mark: str):
    assert read_day(day.strftime(f"%d{mark}%m{mark}%Y")) == day


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.sampled_from("-/."))
def test_a_year_that_comes_first_is_read_as_such(day: date, mark: str):
    assert read_day(day.strftime(f"%Y{mark}%m{mark}%d")) == day


@pytest.mark.parametrize("text", ["28/03/79", "28-3-79", "280379", "28 03 79", "1.1.00"])
def test_a_short_year_is_asked_for(text: str):
    with pytest.raises(ShortYearError):
        read_day(text)


@pytest.mark.parametrize(
    "text", ["", "28/03", "31/02/1979", "03/28/1979", "03281979", "19790328", "2803197", "٢٨/03/1979", "28/03/1979x"]
)
def test_what_is_no_day_is_refused(text: str):
    with pytest.raises(ValueError, match=r"day|month"):
        read_day(text)


def test_eight_digits_have_one_reading():
    """What begins like a year is a day and a month of January to December: no month is the 19th or the 20th."""
    assert read_day("20011912") == date(1912, 1, 20)
