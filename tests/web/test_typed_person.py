"""What is typed into the one field: names, dates and telephones are looked for, and nothing is two things at once."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import Literal

import pytest

from temoin.lib.clock import frozen_at
from temoin.lib.sample_number import all_numbers
from temoin.patients.starts import Beginnings, answers
from temoin.patients.traits import Traits
from temoin.web.typed_person import typed_person

BORN = date(1979, 3, 28)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mar", Beginnings(("mar",))),
        ("  Mar   dom ", Beginnings(("Mar", "dom"))),
        ("L’Hôte", Beginnings(("L’Hôte",))),
        ("pat-trois", Beginnings(("pat-trois",))),
        ("Ste\u0301phane", Beginnings(("Stéphane",))),
        ("शर्मा", Beginnings(("शर्मा",))),
        ("\ufeffLefe\u0300vre\u200b", Beginnings(("Lefèvre",))),
        ("Dupont, Marie", Beginnings(("Dupont", "Marie"))),
        ("DUPONT,MARIE;", Beginnings(("DUPONT", "MARIE"))),
        ("Jean - Pierre", Beginnings(("Jean", "Pierre"))),
        ("mar -", Beginnings(("mar",))),
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
        ("28 03 1979", Beginnings(born=BORN)),
        ("28 - 03 - 1979", Beginnings(born=BORN)),
        ("MARTIN 28 03 1979", Beginnings(("MARTIN",), BORN)),
        ("28.03.1979, Martin", Beginnings(("Martin",), BORN)),
        ("MARTIN 06 12 34 56 78", Beginnings(("MARTIN",), digits="612345678")),
        ("+33 6 12 34 56 78 de la tour", Beginnings(("de", "la", "tour"), digits="33612345678")),
        ("+33 (0)6 12 34 56 78", Beginnings(digits="33612345678")),
        ("mar (06) 12 34 56 78", Beginnings(("mar",), digits="612345678")),
        ("00 33 6 12 34 56 78", Beginnings(digits="33612345678")),
        ("0033 612345678", Beginnings(digits="33612345678")),
        ("06/12/34/56/78", Beginnings(digits="612345678")),
        ("06-12-34-56-78", Beginnings(digits="612345678")),
        ("mar 56 78", Beginnings(("mar",), digits="5678")),
        ("28 03 1979 56 78", Beginnings(born=BORN, digits="5678")),
        ("06 12 34 56 78 28/03/1979", Beginnings(born=BORN, digits="612345678")),
    ],
)
def test_what_is_typed_is_read(text: str, meant: Beginnings):
    assert typed_person(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("121278", {date(1978, 12, 12), "121278"}),
        ("12 12 78", {date(1978, 12, 12), "121278"}),
        ("12/12/78", {date(1978, 12, 12)}),
        ("12/12/12", {date(1912, 12, 12), date(2012, 12, 12)}),
        ("29/02/00", {date(2000, 2, 29)}),
        ("612345", {"612345"}),
    ],
)
def test_what_may_be_two_things_is_looked_for_as_each(text: str, meant: set[date | str]):
    with frozen_at(datetime(2026, 11, 2, tzinfo=UTC)):
        asked = typed_person(f"mar {text}")

    assert asked is not None
    assert {reading.born or reading.digits for reading in asked.readings} == meant
    assert {reading.names for reading in asked.readings} == {("mar",)}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2 79 03 51 215 189 89",
            "1 05 06 01 215 189 89",
            "1 05 06 01 215 189",
            "0033612345678",
            "03401020304050",
            "5678 mar 1234",
            "<< mar",
        ),
        *("", " ", "-", "mar1", "123", "279035121518989", "10003879623", "3401020304050", "IDFRABERTHIER<<<<"),
        *("7K2QF-XM04CP", "https://x.example/#code=7K2QF-XM04CP", "+A99912345", "a b c d e f", "x" * 81),
        *("0105012345678900172909301012AB", all_numbers()[0], f"T{all_numbers()[0]}"),
    ],
)
def test_what_is_another_thing_is_left_to_its_reader(text: str):
    assert typed_person(text) is None


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("family", "given"),
    [
        *(
            ("LI", "YU"),
            ("NG", "AN"),
            ("LE", "BA"),
            ("O", "I"),
            ("STE", "ST"),
            ("ST-CYR", "Stéphane"),
            ("LI", "Jean-Pierre"),
        ),
        *(("D’ANGELO", "Zoë"), ("D`Angelo", "Pia"), ("Le\u2011Goff", "Anne-Lise"), ("DE LA TOUR", "Éléonore")),
        *(("NGUYỄN", "Thị"), ("الحسن", "محمد"), ("शर्मा", "राज"), ("Иванова", "Ольга"), ("李", "小龙"), ("ʻŌ", "ʻIo")),
    ],
)
def test_whoever_is_registered_is_found_by_their_whole_name(family: str, given: str, form: Literal["NFC", "NFD"]):
    known = Traits(birth_family_name=family, birth_given_names=given, sex="F", birth_date=BORN)

    for text in (family, given, f"{family} {given}", f"{given} {family}", f"{family}, {given}", f"{family} - {given}"):
        asked = typed_person(unicodedata.normalize(form, text))
        assert asked is not None, text
        assert answers(known, asked), text
