"""Any text at all is read or refused, what a maker writes is what is read, and another keyboard changes nothing."""

from __future__ import annotations

import string
import time
from datetime import date, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from stdnum import luhn

from temoin.catalogue.kits import is_gtin
from temoin.crypto.letter import draw_code
from temoin.scanning.hibc import check_character
from temoin.scanning.keyboards import meanings
from temoin.scanning.reading import LONGEST, join_codes, read_scan
from temoin.scanning.scan import Scan, ScanKind, ScanTrouble

TODAY = date(2026, 11, 29)
GS = "\x1d"
UPPER, DIGITS = string.ascii_uppercase, string.digits


def read(text: str) -> Scan:
    return read_scan(text, today=TODAY)


def texts(alphabet: str, least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, min_size=least, max_size=most)


# What a scanner may send, and what comes close to it.
PIECES = st.sampled_from(
    f"{GS} ]d2 01 10 17 21 11 (01) ( +A123 $$ / + IS01 S1 S3 S6 P<UTO IDFRA << < https:// http://[ #code= /01/ ?17= % "
    "HC1: DC04 08 é & \u241d".split(" ")
)
LINES = texts(UPPER + DIGITS + "<.-", 0, 44)
NOISE = st.lists(PIECES | st.text(max_size=6) | texts(DIGITS, 0, 14) | LINES, max_size=20)


@given(text=st.text(max_size=80) | NOISE.map("".join))
@example("https://[")
@example("(01)05012345678900(17)")
@example("]d2")
@example("+")
@example("30")
@example("10(")
@example("]C17004")
@example("010501234567890030\x1d10AB")
@example("IS01" + "0" * 22 + "S1")
def test_any_text_is_read_or_refused_and_what_is_taken_reads_the_same_again(text: str):
    scan = read(text)

    assert scan.is_sound or scan.faults
    assert not (scan.faults and (scan.box or scan.person or scan.number))
    assert scan.box is None or read(scan.box.text).box == scan.box
    assert scan.box is None or not scan.box.gtin or is_gtin(scan.box.gtin)


@pytest.mark.parametrize("piece", ["(", "21", "10", "+", "S3A", "<", "%", "/01/", "A", "1", "17271130", "\x1d"])
def test_no_text_takes_long(piece: str):
    began = time.process_time()

    for text in ("https://x.example/" + piece * 400, piece * 300, "0105012345678900" + piece * 80, "+A" + piece * 90):
        read(text[:LONGEST])

    assert time.process_time() - began < 1


@st.composite
def gtins(draw: st.DrawFn) -> str:
    body = draw(texts(DIGITS, 13, 13))
    return next(body + str(digit) for digit in range(10) if is_gtin(body + str(digit)))


LOTS = texts(string.ascii_letters + DIGITS + "-/.+!", 1, 20)
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@given(gtin=gtins(), lot=LOTS, expiry=DAYS, serial=LOTS)
def test_what_a_maker_encodes_by_gs1_is_what_is_read(gtin: str, lot: str, expiry: date, serial: str):
    day = f"{expiry:%y%m%d}"

    box = read(f"]d201{gtin}10{lot}{GS}17{day}21{serial}").box
    apart = read(f"{GS}01{gtin}17{day}10{lot}").box

    assert box is not None
    assert apart is not None
    assert (box.gtin, box.lot, box.expiry) == (apart.gtin, apart.lot, apart.expiry) == (gtin, lot, expiry)
    assert apart.text == f"(01){gtin}(17){day}(10){lot}"


@given(gtin=gtins(), lot=LOTS, expiry=DAYS)
def test_without_separators_a_lot_is_right_or_not_told(gtin: str, lot: str, expiry: date):
    scan = read(f"01{gtin}17{expiry:%y%m%d}10{lot}")

    assert scan.box is not None
    assert scan.box.lot == ("" if ScanTrouble.NO_SEPARATOR in scan.notices else lot)


@given(gtin=gtins(), lot=texts(UPPER + DIGITS, 1, 10), serial=texts(UPPER + DIGITS, 1, 10))
def test_a_lot_and_a_serial_number_that_ran_together_are_never_one_lot(gtin: str, lot: str, serial: str):
    assert read(f"01{gtin}10{lot}21{serial}").box.lot == ""


@given(gtin=gtins(), lot=texts(UPPER + DIGITS + "-/%", 1, 20), expiry=DAYS)
def test_what_a_maker_links_to_is_what_is_read(gtin: str, lot: str, expiry: date):
    coded = "".join(f"%{ord(character):02X}" if character in "/%" else character for character in lot)

    box = read(f"https://maker.example/x/01/{gtin}/10/{coded}?17={expiry:%y%m%d}&a=b").box

    assert box is not None
    assert (box.gtin, box.lot, box.expiry) == (gtin, lot, expiry)


FORMS = {"$$2": "%m%d%y", "$$3": "%y%m%d", "$$4": "%y%m%d07", "$$5": "%y%j", "$$6": "%y%j07", "": "%y%j", "$$": "%m%y"}


@given(
    device=st.from_regex("[A-Z][A-Z0-9]{4,21}[0-9]", fullmatch=True),
    lot=st.from_regex("[0-9A-Z][0-9A-Z.-]{0,17}", fullmatch=True),
    expiry=DAYS,
    form=st.sampled_from(list(FORMS)),
    end=st.sampled_from(["", "\r\n", "\t"]),
)
# The check character is a space, and without it the lot's last letter checks.
@example(device="B139DGIJNNOQTV5", lot="AJ", expiry=date(2042, 1, 29), form="$$4", end="\r\n")
def test_what_a_maker_encodes_by_hibc_is_what_is_read(device: str, lot: str, expiry: date, form: str, end: str):
    body = f"+{device}/{form}{expiry.strftime(FORMS[form])}{lot}"
    check = check_character(body)

    scan = read(body + check + end)
    trimmed = read((body + check).strip())

    box = scan.box
    assert box is not None
    assert trimmed.box is not None
    assert trimmed.box.lot == ("" if ScanTrouble.CHECK_OR_LOT in trimmed.notices else lot)
    if check == "J" and len(lot) < 18:  # the longest; a shorter one may have lost its space
        assert scan.notices == (ScanTrouble.CHECK_OR_LOT,)
        lot = ""
    next_day = box.expiry + timedelta(days=1)
    assert box.device == f"+{device}"
    assert box.lot == lot
    assert (box.expiry == expiry) if form != "$$" else (next_day.day == 1 and expiry <= box.expiry)


@given(
    device=st.from_regex("[A-Z][A-Z0-9]{4,21}[0-9]", fullmatch=True),
    lot=st.from_regex("[0-9A-Z][0-9A-Z.-]{0,11}", fullmatch=True),
    expiry=DAYS,
)
@example(device="VDEFGU9", lot="0", expiry=date(2020, 1, 1))  # whose link is a slash
@example(device="P07KR4", lot="V7KR", expiry=date(2020, 1, 23))  # whose link and check are spaces
def test_two_codes_of_hibc_are_joined_by_the_first_ones_check(device: str, lot: str, expiry: date):
    first = f"+{device}"
    link = check_character(first)
    second = f"+$$3{expiry:%y%m%d}{lot}{link}"

    boxes = [read(code + check_character(code)).box for code in (first, second)]
    both = join_codes(boxes[0].text, boxes[1], today=TODAY)

    assert (both.box.device, both.box.lot, both.box.expiry) == (first, lot, expiry)


NAMES = st.lists(texts(UPPER, 1, 8), min_size=1, max_size=2).map(" ".join)
BORN = st.dates(date(1927, 1, 1), date(1999, 12, 31))


def checked(text: str) -> str:
    values = [0 if one == "<" else int(one, 36) for one in text]
    return text + str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def zone(shape: str, family: str, given_names: str, born: date, sex: str) -> str:
    """Write the lines of a document, as ICAO 9303 and the former French card have them."""
    number, day, end = checked("X4RTBPFW4"), checked(f"{born:%y%m%d}"), checked("330101")
    names = f"{family.replace(' ', '<')}<<{given_names.replace(' ', '<')}"
    if shape == "TD1":
        one, two = f"IDFRA{number}".ljust(30, "<"), f"{day}{sex}{end}FRA".ljust(29, "<")
        last = checked(one[5:30] + two[0:7] + two[8:15] + two[18:29])[-1]
        return one + two + last + names.ljust(30, "<")[:30]
    if shape == "old French":
        one = f"IDFRA{family.replace(' ', '<').ljust(25, '<')}" + "<" * 6
        two = checked("880692310285") + given_names.replace(" ", "<").ljust(14, "<")[:14] + day + sex
        return checked(one + two)
    width, first = (44, "P<FRA") if shape == "TD3" else (36, "I<FRA")
    two = f"{number}FRA{day}{sex}{end}".ljust(width - 1, "<")
    last = checked(two[0:10] + two[13:20] + two[21:])[-1]
    return (first + names).ljust(width, "<")[:width] + two + last


SHAPES = st.sampled_from(["TD1", "TD2", "TD3", "old French"])
ZONES = st.builds(lambda *parts: (zone(*parts), parts), SHAPES, NAMES, NAMES, BORN, st.sampled_from("MF"))


@given(written=ZONES)
def test_what_a_document_says_is_what_is_read(written: tuple[str, tuple[str, str, str, date, str]]):
    text, (_shape, family, given_names, born, sex) = written

    scan = read(text)

    assert scan.person is not None
    assert (scan.person.sex, scan.person.birth_dates) == (sex, (born,))
    if ScanTrouble.NAMES_CUT not in scan.notices:
        assert (scan.person.family_name, scan.person.given_names) == (family, given_names)


@given(born=st.dates(date(2000, 1, 1), TODAY))
def test_an_infant_and_whoever_is_a_hundred_are_not_told_apart_by_guessing(born: date):
    assume((born.month, born.day) != (2, 29))

    scan = read(zone("TD3", "MARTIN", "LEA", born, "F"))

    assert scan.person.birth_dates == (born, born.replace(year=born.year - 100))
    assert ScanTrouble.BIRTH_CENTURY in scan.notices


def nir_of(body: str) -> str:
    number = int(body.replace("2A", "19").replace("2B", "18"))
    return body + f"{97 - number % 97:02}"


DEPARTMENTS = st.sampled_from(["2A", "2B", "75", "99"])
NIRS = st.builds(
    lambda sex, year, place, rest: nir_of(f"{sex}{year}12{place}{rest}"),
    *(st.sampled_from("12"), texts(DIGITS, 2, 2), DEPARTMENTS, texts(DIGITS, 6, 6)),
)
PEOPLE = st.tuples(NAMES, NAMES, st.sampled_from("MF"), st.dates(date(1900, 1, 1), TODAY), NIRS)


@given(person=PEOPLE, loses=st.booleans())
def test_what_a_health_document_says_is_what_is_read(person: tuple[str, str, str, date, str], loses: bool):
    family, given_names, sex, born, nir = person
    end = "" if loses else GS
    text = f"S1{nir}S21.2.250.1.213.1.4.8{end}S3{given_names}{end}S4{family}{end}S5{sex}S6{born:%d-%m-%Y}S72A004"

    read_back = read(f"IS01{'0' * 22}{text}").person

    assert read_back is not None
    assert (read_back.family_name, read_back.given_names, read_back.sex) == (family, given_names, sex)
    assert (read_back.birth_dates, read_back.birth_place, read_back.nir) == ((born,), "2A004", nir)


@given(nir=NIRS, mark=st.sampled_from(["", " ", ".", "-"]))
def test_a_number_with_its_key_is_read_with_marks_and_without(nir: str, mark: str):
    scan = read(mark.join((nir[0], nir[1:3], nir[3:5], nir[5:])))

    assert (scan.kind, scan.number) == (ScanKind.NIR, nir)


@given(digits=texts(DIGITS, 9, 9))
def test_the_number_of_a_professional_is_read_as_on_the_card(digits: str):
    rpps = f"1{digits}{luhn.calc_check_digit(f'1{digits}')}"

    assert read(f"8{rpps}").number == rpps


def test_a_fresh_ticket_is_a_ticket_however_it_is_read():
    for _each in range(200):
        code = draw_code()
        assert {read(code).kind, read(f"https://x.example/#code={code}").kind} == {ScanKind.TICKET}


# The same key gives one character on the keyboard that the scanner imagines, and another on the computer's.
UNSHIFTED_US, SHIFTED_US = (
    "1234567890-=qwertyuiopasdfghjkl;'zxcvbnm,./]",
    '!@#$%^&*()_+QWERTYUIOPASDFGHJKL:"ZXCVBNM<>?}',
)
UNSHIFTED_FR, SHIFTED_FR = (
    "&é\"'(-è_çà)=azertyuiopqsdfghjklmùwxcvbn,;:!$",
    "1234567890°+AZERTYUIOPQSDFGHJKLM%WXCVBN?./§£",
)
US_TO_FR = str.maketrans(UNSHIFTED_US + SHIFTED_US, UNSHIFTED_FR + SHIFTED_FR)
FR_TO_US = str.maketrans(UNSHIFTED_FR + SHIFTED_FR, UNSHIFTED_US + SHIFTED_US)
CODES = st.one_of(
    st.builds(lambda gtin, lot: f"]d201{gtin}1727113010{lot}", gtins(), texts(UPPER + "34", 1, 10)),
    st.builds(lambda gtin, lot: f"01{gtin}10{lot}\u241d17271130", gtins(), texts(UPPER + DIGITS, 1, 20)),
    st.sampled_from(["+A123BJC5D6E71G", "+A99912345/$$52001510X33", "+J123AQ3451/$$1125BC34567/S4012L"]),
    ZONES.map(lambda written: written[0]),
    NIRS,
    PEOPLE.map(lambda one: f"IS01{'0' * 22}S1{one[4]}S21.2.250.1.213.1.4.8S3{one[1]}S4{one[0]}S5{one[2]}S628-03-1979"),
)


@given(code=CODES)
def test_an_american_scanner_on_a_french_computer_reads_the_same_and_is_named(code: str):
    meant, arrived = read(code), read(code.translate(US_TO_FR))

    assert arrived.notices == (*meant.notices, ScanTrouble.SCANNER_IS_US)
    assert (arrived.kind, arrived.box, arrived.person, arrived.number) == (
        *(meant.kind, meant.box, meant.person),
        meant.number,
    )


@given(code=CODES.filter(lambda code: "]" not in code and "$" not in code))
def test_a_french_scanner_on_an_american_computer_reads_the_same_and_is_named(code: str):
    meant, arrived = read(code), read(code.translate(FR_TO_US | {ord("<"): "\\"}))

    assert arrived.notices == (*meant.notices, ScanTrouble.SCANNER_IS_FRENCH)
    assert (arrived.kind, arrived.box, arrived.person, arrived.number) == (
        *(meant.kind, meant.box, meant.person),
        meant.number,
    )


def test_caps_lock_is_named_where_the_code_shows_it():
    scan = read("]D20105012345678900172711301012ab")

    assert (scan.box.lot, scan.notices) == ("12AB", (ScanTrouble.CAPS_LOCK,))


@given(text=texts(UNSHIFTED_US + SHIFTED_US, 1, 40))
def test_each_key_is_undone(text: str):
    assert (ScanTrouble.SCANNER_IS_US, text) in list(meanings(text.translate(US_TO_FR)))
