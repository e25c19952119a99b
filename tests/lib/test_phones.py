"""Telephone numbers: what is typed at a counter of any French pharmacy can be dialled from anywhere, or is refused."""

from __future__ import annotations

from contextlib import suppress

import phonenumbers
import pytest

from temoin.lib.phones import AmbiguousPhoneError, PhoneError, phone_as_said, read_phone, region_of_postcode


@pytest.mark.parametrize(
    ("typed", "regions", "number"),
    [
        ("06 12 34 56 78", ["FR"], "+33612345678"),
        ("01.42.68.53.00", ["FR"], "+33142685300"),
        ("0594 30 12 34", ["FR"], "+594594301234"),
        ("0594 30 12 34", ["GF"], "+594594301234"),
        ("0694 20 12 34", ["FR"], "+594694201234"),
        ("0262 20 12 34", ["FR"], "+262262201234"),
        ("0692 12 34 56", ["RE"], "+262692123456"),
        ("0269 61 12 34", ["FR"], "+262269611234"),
        ("0639 69 12 34", ["YT"], "+262639691234"),
        ("0590 20 12 34", ["FR"], "+590590201234"),
        ("0690 30 12 34", ["BL"], "+590690301234"),
        ("0596 30 12 34", ["FR"], "+596596301234"),
        ("0696 20 12 34", ["MQ"], "+596696201234"),
        ("0508 41 23 45", ["FR"], "+508412345"),
        ("41 23 45", ["PM"], "+508412345"),
        ("0508 41 23 45", ["PM"], "+508412345"),
        ("27 12 34", ["NC"], "+687271234"),
        ("40 41 23 45", ["PF"], "+68940412345"),
        ("06 12 34 56 78", ["NC"], "+33612345678"),
        ("06 12 34 56 78", ["GF"], "+33612345678"),
        ("+33 594 30 12 34", ["FR"], "+594594301234"),
        ("+33 (0)6 12 34 56 78", ["FR"], "+33612345678"),
        ("0033 6 12 34 56 78", ["FR"], "+33612345678"),
        ("+41 22 345 67 89", ["FR"], "+41223456789"),
        ("(202) 555-0143", ["US"], "+12025550143"),
        ("06 39 98 12 34", ["FR"], "+33639981234"),
    ],
)
def test_a_number_can_be_dialled_from_anywhere(typed, regions, number):
    assert read_phone(typed, regions) == number
    assert read_phone(number, regions) == number


@pytest.mark.parametrize(
    "typed",
    ["12", "le fixe", "06 12 34 56", "06 12 34 56 78 90", "00 00 00 00 00", "+33 0", "+999 12345678", "0000000000",
     "0508 00 00 00", "٠٦١٢٣٤٥٦٧٨", "0800 FLEURS", "06 12 34 56 78 poste 4", "+", ""],
)  # fmt: skip
def test_an_impossible_number_is_refused(typed):
    with pytest.raises(PhoneError):
        read_phone(typed, ["FR"])


def test_a_number_that_two_countries_have_is_asked_for():
    with pytest.raises(AmbiguousPhoneError):
        read_phone("06 12 34 56 78", ["FR", "CH"])
    assert read_phone("030 123 45 678", ["FR", "DE"]).startswith("+49")


TERRITORIES = ("GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF", "MC")
KINDS = (0, 1, 6)  # fixed, mobile and by internet, as libphonenumber counts them


@pytest.mark.parametrize("region", TERRITORIES)
def test_no_number_of_a_place_is_read_as_another_there(region):
    for kind in KINDS:
        example = phonenumbers.example_number_for_type(region, kind)
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL) if example else ""
        with suppress(AmbiguousPhoneError):
            assert not written or read_phone(written, [region]) == phonenumbers.format_number(example, 0)


HOMES = [["FR"], ["FR", "CH"], *([region] for region in TERRITORIES)]


@pytest.mark.parametrize("regions", HOMES, ids="-".join)
@pytest.mark.parametrize(
    "number", ["+33612345678", "+33142685300", "+33976012345", "+590976012345", "+377612345678", "+262692123456"]
)
def test_a_number_that_a_form_shows_is_read_as_itself_again(number, regions):
    assert read_phone(phone_as_said(number, regions), regions) == number


def test_a_number_that_a_place_shares_with_france_is_asked_for():
    for typed, region in (("0976 01 23 45", "GP"), ("06 12 34 56 78", "MC")):
        with pytest.raises(AmbiguousPhoneError):
            read_phone(typed, [region])


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+594594301234", "0594 30 12 34"),
        ("+33612345678", "06 12 34 56 78"),
        ("+508412345", "+508 41 23 45"),
        ("?", "?"),
    ],
)
def test_a_number_is_said_as_in_its_country(number, said):
    assert phone_as_said(number) == said


@pytest.mark.parametrize(("postcode", "region"), [("97300", "GF"), ("98800", "NC"), ("75001", "FR"), ("", "FR")])
def test_a_postcode_tells_the_numbering_plan(postcode, region):
    assert region_of_postcode(postcode) == region
