"""The code on a box: read whole or refused with what to do, never half understood."""

from __future__ import annotations

import string
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from temoin.catalogue.kits import is_gtin
from temoin.catalogue.udi import Udi, read_udi
from temoin.lib.errors import InvalidError

GTIN = "05012345678900"
GS = "\x1d"
READ = Udi(GTIN, "A-12/3", date(2027, 11, 30), f"(01){GTIN}(17)271130(10)A-12/3")


def code_of(refused: pytest.ExceptionInfo[InvalidError]) -> tuple[str, str]:
    (problem,) = refused.value.problems
    return problem.field, problem.code


@pytest.mark.parametrize(
    "code",
    [
        f"01{GTIN}1727113010A-12/3",
        f"]d201{GTIN}1727113010A-12/3",
        f"]C101{GTIN}1727113010A-12/3",
        f"{GS}01{GTIN}1727113010A-12/3{GS}",
        f"]Q3{GS}01{GTIN}{GS}17271130{GS}10A-12/3",
        f" (01) {GTIN} (17) 271130 (10) A-12/3 ",
        f"(01){GTIN}(17)271130(10)A-12/3",
    ],
)
def test_one_box_reads_the_same_however_it_is_scanned(code: str):
    assert read_udi(code) == READ


@pytest.mark.parametrize("separator", [GS, "\u241d", "|", "~", "^", "#"])
def test_the_lot_ends_at_whatever_the_scanner_sends_for_fnc1(separator: str):
    udi = read_udi(f"01{GTIN}10A-12/3{separator}17271130")

    assert (udi.lot, udi.expiry) == ("A-12/3", date(2027, 11, 30))


def test_the_device_comes_first_in_the_text_and_the_rest_is_kept():
    assert read_udi(f"10A1{GS}01{GTIN}21S9").text == f"(01){GTIN}(10)A1(21)S9"


def test_a_day_of_zero_is_the_last_of_its_month():
    assert read_udi(f"(01){GTIN}(17)280200").expiry == date(2028, 2, 29)


def test_lot_and_date_may_be_absent():
    assert read_udi(f"01{GTIN}") == Udi(GTIN, "", None, f"(01){GTIN}")


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "no_device"),
        ("(10)A-12/3", "no_device"),
        ("10A-12/3", "no_device"),
        ("01" + GTIN[:-1] + "7", "check_digit"),
        (f"(01){GTIN[:-1]}7(17)271130(10)A", "check_digit"),
        (f"01{GTIN}10LOT17271130", "no_separator"),
        (f"01{GTIN}17279930", "malformed"),
        (f"01{GTIN}17270231", "malformed"),
        (f"01{GTIN[:10]}", "malformed"),
        (f"(01){GTIN}(10)A(1", "malformed"),
        (f"(01){GTIN}x", "malformed"),
        (f"(01){GTIN}(10)A(10)B", "malformed"),
        (f"(1){GTIN}", "malformed"),
        ("(01)", "malformed"),
        ("3400930000000", "malformed"),
        ("+A999BCD12345", "malformed"),
        ("https://id.gs1.org/01/" + GTIN, "malformed"),
        (f"01{GTIN}10" + "A" * 300, "malformed"),
        ("01٠٥٠١٢٣٤٥٦٧٨٩٠٠", "malformed"),
    ],
)
def test_what_is_not_the_code_of_a_device_says_why(code: str, why: str):
    with pytest.raises(InvalidError) as refused:
        read_udi(code)

    assert code_of(refused) == ("udi", why)


LOTS = st.text(alphabet=string.ascii_letters + string.digits + "-/.+!", min_size=1, max_size=20)
DATES = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@st.composite
def gtins(draw: st.DrawFn) -> str:
    body = draw(st.text(alphabet=string.digits, min_size=13, max_size=13))
    return next(body + str(digit) for digit in range(10) if is_gtin(body + str(digit)))


@given(gtin=gtins(), lot=LOTS, expiry=DATES)
def test_what_a_maker_encodes_is_what_is_read(gtin: str, lot: str, expiry: date):
    day = f"{expiry:%y%m%d}"
    read = Udi(gtin, lot, expiry, f"(01){gtin}(17){day}(10){lot}")

    assert read_udi(f"01{gtin}17{day}10{lot}") == read
    assert read_udi(read.text) == read
    assert read_udi(f"]d201{gtin}10{lot}{GS}17{day}").lot == lot


@given(code=st.text(max_size=60) | st.text(alphabet="0123456789()[]dCGS\x1d|A", max_size=60))
@example("(01)05012345678900(17)")
@example("]d2")
def test_any_text_is_a_device_or_refused(code: str):
    udi = None
    with suppress(InvalidError):
        udi = read_udi(code)

    assert udi is None or (is_gtin(udi.gtin) and read_udi(udi.text) == udi)
