"""What is typed into the one field: names, dates and telephones are looked for, and nothing is two things at once."""

from __future__ import annotations

from datetime import date

import pytest

from temoin.lib.sample_number import all_numbers
from temoin.patients.starts import Beginnings
from temoin.web.typed_person import typed_person

BORN = date(1979, 3, 28)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mar", Beginnings(("mar",))),
        ("  Mar   dom ", Beginnings(("mar", "dom"))),
        ("L’Hôte", Beginnings(("lhote",))),
        ("pat-trois", Beginnings(("pattrois",))),
        ("st denis", Beginnings(("saint", "denis"))),
        ("28031979", Beginnings(born=BORN)),
        ("28/03/1979 mar", Beginnings(("mar",), BORN)),
        ("mar 5678", Beginnings(("mar",), digits="5678")),
        ("5678", Beginnings(digits="5678")),
        ("1979", Beginnings(digits="1979")),  # the end of a telephone, never a year
        ("06 12 34 56 78", Beginnings(digits="612345678")),
        ("0612345678", Beginnings(digits="612345678")),
        ("+33612345678", Beginnings(digits="33612345678")),
        ("+33 6 12 34 56 78", Beginnings(digits="33612345678")),
        ("李", Beginnings(("李",))),
    ],
)
def test_what_is_typed_is_read(text: str, meant: Beginnings):
    assert typed_person(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", "mar1", "123", "279035121518989", "10003879623", "3401020304050", "IDFRABERTHIER<<<<"),
        *("7K2QF-XM04CP", "https://x.example/#code=7K2QF-XM04CP", "+A99912345", "a b c d e f", "x" * 81),
        *("0105012345678900172909301012AB", all_numbers()[0], f"T{all_numbers()[0]}"),
    ],
)
def test_what_is_another_thing_is_left_to_its_reader(text: str):
    assert typed_person(text) is None
