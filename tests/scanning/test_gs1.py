"""The code on a box by GS1: read whole or refused with what to do, never half understood."""

from __future__ import annotations

from datetime import date

import pytest

from temoin.scanning.reading import join_codes, read_scan
from temoin.scanning.scan import BoxCode, Scan, ScanKind, ScanTrouble

TODAY = date(2026, 11, 29)
GTIN = "05012345678900"
GS = "\x1d"
DEVICE = f"(01){GTIN}"
TEXT = f"{DEVICE}(17)271130(10)A-12/3"
READ = BoxCode(gtin=GTIN, device=DEVICE, lot="A-12/3", expiry=date(2027, 11, 30), text=TEXT)


def read(text: str) -> Scan:
    return read_scan(text, today=TODAY)


@pytest.mark.parametrize(
    "code",
    [
        f"01{GTIN}1727113010A-12/3",
        f"]d201{GTIN}1727113010A-12/3",
        f"]C101{GTIN}1727113010A-12/3",
        f"{GS}01{GTIN}1727113010A-12/3{GS}",
        f"]Q3{GS}01{GTIN}{GS}17271130{GS}10A-12/3",
        f" (01) {GTIN} (17) 271130 (10) A-12/3 ",
        TEXT,
        f"\r\n01{GTIN}1727113010A-12/3\r\n",
    ],
)
def test_one_box_reads_the_same_however_it_is_scanned(code: str):
    assert read(code).box == READ


@pytest.mark.parametrize(
    "separator", [GS, "\u241d", "\u2194", "\ufffd", "<GS>", "{GS}", "[GS]", "<FNC1>", "^]", "|", "~", "^", "#"]
)
def test_the_lot_ends_at_whatever_the_scanner_sends_for_fnc1(separator: str):
    box = read(f"01{GTIN}10A-12/3{separator}17271130").box

    assert box is not None
    assert (box.lot, box.expiry) == ("A-12/3", date(2027, 11, 30))


@pytest.mark.parametrize(
    "link",
    [
        f"https://id.gs1.org/01/{GTIN}/10/A-12%2F3?17=271130",
        f"HTTPS://maker.example/shop/01/{GTIN}/10/A-12%2F3?17=271130&campaign=x#top",
        f"http://r.example:8443/01/{GTIN[1:]}/10/A-12%2F3?17=271130",
    ],
)
def test_a_digital_link_of_any_host_reads_as_the_box_does(link: str):
    box = read(link).box

    assert box is not None
    assert (box.gtin, box.lot, box.expiry) == (GTIN, "A-12/3", date(2027, 11, 30))


@pytest.mark.parametrize(
    ("link", "trouble"),
    [
        (f"https://id.gs1.org/10/A1/01/{GTIN}", ScanTrouble.LINK_ORDER),
        (f"https://id.gs1.org/01/{GTIN}/21/S1/10/A1", ScanTrouble.LINK_ORDER),
        (f"https://id.gs1.org/01/{GTIN}/17/271130", ScanTrouble.LINK_ORDER),
        (f"https://id.gs1.org/01/{GTIN}?17=271130&17=281130", ScanTrouble.LINK_ORDER),
        (f"https://id.gs1.org/01/{GTIN}/10", ScanTrouble.LINK_ORDER),
        ("https://id.gs1.org/01/%D9%A0501234567890", ScanTrouble.GS1_FORM),
        ("https://example.com/ARFKk4XB0CDJWcnpq", ScanTrouble.LINK_COMPRESSED),
        (f"https://id.gs1.org/01/{GTIN[:-1]}7", ScanTrouble.GTIN_CHECK),
    ],
)
def test_a_link_that_the_standard_does_not_know_is_refused_by_its_cause(link: str, trouble: ScanTrouble):
    assert (read(link).kind, read(link).faults) == (ScanKind.BOX, (trouble,))


@pytest.mark.parametrize("address", ["https://www.ameli.fr/", "http://[", f"https://x.example/{'a' * 500}"])
def test_another_address_is_told_as_one(address: str):
    assert read(address).kind is ScanKind.ADDRESS


def test_the_device_comes_first_in_the_text_and_the_rest_is_kept():
    assert read(f"10A1{GS}01{GTIN}21S9").box.text == f"{DEVICE}(10)A1(21)S9"


@pytest.mark.parametrize(("written", "day"), [("280200", (2028, 2, 29)), ("270200", (2027, 2, 28))])
def test_a_day_of_zero_is_the_last_of_its_month(written: str, day: tuple[int, int, int]):
    assert read(f"{DEVICE}(17){written}").box.expiry == date(*day)


def test_what_else_a_box_bears_is_kept_and_disturbs_nothing():
    box = read(f"01{GTIN}112401012401234{GS}3020{GS}17271130240REF-9{GS}10A1").box

    assert box is None or (box.lot, box.expiry) == ("A1", date(2027, 11, 30))
    assert read(f"01{GTIN}11240101240REF-9{GS}3020{GS}1727113010A1{GS}9112").box.lot == "A1"


# Without any separator, what follows a value of variable length may be a part of it.
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (f"01{GTIN}10LOT17271130", DEVICE),
        (f"01{GTIN}10LOT21S9", DEVICE),
        (f"01{GTIN}1727113010LOT21S9", f"{DEVICE}(17)271130"),
        (f"01{GTIN}1727113010LOT11260101", f"{DEVICE}(17)271130"),
        (f"01{GTIN}21S910LOT", DEVICE),
        (f"01{GTIN}1727113010{'A' * 18}21{'S' * 15}", f"{DEVICE}(17)271130"),
    ],
)
def test_a_lost_separator_is_told_and_neither_reading_taken(code: str, text: str):
    scan = read(code)

    assert (scan.box.text, scan.notices) == (text, (ScanTrouble.NO_SEPARATOR,))
    assert scan.box.lot == ""


@pytest.mark.parametrize(
    "code",
    [
        f"01{GTIN}1727113010LOT{GS}21S9",  # a scanner that sends separators, sends them all
        f"01{GTIN}1727113010A-12/3",
        f"01{GTIN}1127113010LOT17",  # no date follows
        f"01{GTIN}1727113021S910LOT1717"[:30],
        f"{DEVICE}(10)LOT21S9",  # brackets leave no doubt
    ],
)
def test_a_value_that_can_mean_one_thing_only_is_taken(code: str):
    assert ScanTrouble.NO_SEPARATOR not in read(code).notices


@pytest.mark.parametrize("number", ["05012345678900", "5012345678900", "3400930000007"])
def test_the_number_of_the_till_names_the_device_alone(number: str):
    assert read(number).box == BoxCode(
        gtin=number.zfill(14), device=f"(01){number.zfill(14)}", text=f"(01){number.zfill(14)}"
    )


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("01" + GTIN[:-1] + "7", ScanTrouble.GTIN_CHECK),
        (f"(01){GTIN[:-1]}7(17)271130(10)A", ScanTrouble.GTIN_CHECK),
        (f"01{GTIN}17279930", ScanTrouble.GS1_FORM),
        (f"01{GTIN}17270231", ScanTrouble.GS1_FORM),
        (f"01{GTIN[:10]}", ScanTrouble.GS1_FORM),
        (f"(01){GTIN}(10)A(1", ScanTrouble.GS1_FORM),
        (f"(01){GTIN}x", ScanTrouble.GS1_FORM),
        (f"(01){GTIN}(10)A(10)B", ScanTrouble.GS1_FORM),
        (f"(1){GTIN}", ScanTrouble.GS1_FORM),
        ("(01)", ScanTrouble.GS1_FORM),
        (f"01{GTIN}10" + "A" * 100, ScanTrouble.GS1_FORM),
        (f"01{GTIN}10" + "A" * 300, ScanTrouble.UNREADABLE),
        ("01٠٥٠١٢٣٤٥٦٧٨٩٠٠", ScanTrouble.UNREADABLE),
        ("", ScanTrouble.UNREADABLE),
        ("3400930000000", ScanTrouble.UNREADABLE),
        ("2790351215189", ScanTrouble.UNREADABLE),  # a NIR without its key, or a number of a shop's own
    ],
)
def test_what_is_no_code_of_a_box_says_why(code: str, trouble: ScanTrouble):
    assert (read(code).box, read(code).faults) == (None, (trouble,))


def test_the_second_code_of_a_box_joins_the_first_and_no_other():
    second = read("1727113010A-12/3").box

    assert second is not None
    assert second.device == ""
    assert join_codes(f"01{GTIN}", second, today=TODAY).box == READ
    assert join_codes(TEXT, second, today=TODAY) is None  # an identifier would come twice
    assert join_codes("", second, today=TODAY) is None
    assert join_codes("+A123BJC5D6E71G", second, today=TODAY) is None
