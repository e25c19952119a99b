"""Codes that exist, each with where it was published, and what is read of them."""

from __future__ import annotations

from datetime import date

import pytest

from temoin.scanning.hibc import check_character
from temoin.scanning.reading import join_codes, read_scan
from temoin.scanning.scan import Scan, ScanKind, ScanTrouble

TODAY = date(2026, 11, 29)


def read(text: str) -> Scan:
    return read_scan(text, today=TODAY)


# ANSI/HIBC 2.6 has +A123BJC5D6E71G, +H123ABC01234567890D and +A99912345/$$52001510X33; the rest are examples that
# HIBCC's own pages and the tests of the library BarcodeParserBuilder show.
BOXES = {
    "+A123BJC5D6E71G": ("+A123BJC5D6E71", "", None),
    "*+H123ABC01234567890D*": ("+H123ABC01234567890", "", None),
    "]d1+A123BJC5D6E71G": ("+A123BJC5D6E71", "", None),
    "+A99912345/$$52001510X33": ("+A99912345", "10X3", date(2020, 1, 15)),
    "+A123BJC5D6E71G+2001510X3GG": ("+A123BJC5D6E71", "10X3", date(2020, 1, 15)),
    "+A123BJC5D6E71G+$$52001510X3GD": ("+A123BJC5D6E71", "10X3", date(2020, 1, 15)),
    "+A123BJC5D6E71G+$$710X3G7": ("+A123BJC5D6E71", "10X3", None),
    "+A123BJC5D6E71G+$$+52001510X3GB": ("+A123BJC5D6E71", "", date(2020, 1, 15)),
    "+A123BJCMD6E79++$$52001510X3+ ": ("+A123BJCMD6E79", "10X3", date(2020, 1, 15)),
    "+J123AQ3451/25330BC34567/S4012X": ("+J123AQ3451", "BC34567", date(2025, 11, 26)),
    "+J123AQ3451/$$1125BC34567/S4012L": ("+J123AQ3451", "BC34567", date(2025, 11, 30)),
    "+J123AQ3451/$$0125BC34567/S4012K": ("+J123AQ3451", "BC34567", date(2025, 1, 31)),
    "+J123AQ3451/$$3231231BC34567/S4012R": ("+J123AQ3451", "BC34567", date(2023, 12, 31)),
    "+A99912345/$$52025010X3/16D20111212/S77DEFG458": ("+A99912345", "10X3", date(2020, 9, 6)),
    "+A99912345/$$81210X3/16D20111212/14D20200906/S77DEFG45$": ("+A99912345", "10X3", date(2020, 9, 6)),
    "+A99912345/$$90234510X3/16D20111212/14D20200906/S77DEFG458": ("+A99912345", "10X3", date(2020, 9, 6)),
    "+A99912345/$$81210X3/$$+320090677DEFG45/16D20111212U": ("+A99912345", "10X3", date(2020, 9, 6)),
    "+A123ABCDEFGHI1234567891/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202$": (
        "+A123ABCDEFGHI1234567891",
        "LOT123456789012345",
        date(2020, 2, 2),
    ),
    # GS1 General Specifications and the tests of the library biip.
    "010703206980498815210526100329": ("(01)07032069804988", "0329", None),
    "https://id.gs1.org/01/614141123452/10/ABC1/21/12345?17=180426": ("(01)00614141123452", "ABC1", date(2018, 4, 26)),
    # A printed UDI of a French example of the ANS (IHM TROD).
    "(01)00686597200018(17)270930(10)A12345": ("(01)00686597200018", "A12345", date(2027, 9, 30)),
}


@pytest.mark.parametrize("text", BOXES)
def test_the_code_of_a_real_box_is_read(text: str):
    scan = read(text)

    assert scan.box is not None
    assert (scan.box.device, scan.box.lot, scan.box.expiry, scan.faults) == (*BOXES[text], ())
    assert read(scan.box.text).box == scan.box


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("+A123BJC5D6E71H", ScanTrouble.HIBC_CHECK),
        ("+A99912345/$$52001510X34", ScanTrouble.HIBC_CHECK),
        ("+J123AQ3451/$$1325BC34567L", ScanTrouble.HIBC_FORM),  # a month of 13
        ("+J123AQ3451/25367BC34567E", ScanTrouble.HIBC_FORM),  # a day of 367
        ("+J123AQ3451/X12345M", ScanTrouble.HIBC_FORM),
    ],
)
def test_a_wrong_hibc_code_says_why(text: str, trouble: ScanTrouble):
    given = text if trouble is ScanTrouble.HIBC_CHECK else text[:-1] + check_character(text[:-1])

    assert read(given).faults == (trouble,)


def test_the_two_hibc_codes_of_one_box_are_tied_by_the_first_ones_check_character():
    second = read("+$$52001510X3GD").box

    assert second is not None
    assert join_codes("+A123BJC5D6E71G", second, today=TODAY).box.lot == "10X3"
    assert join_codes("+H123ABC01234567890D", second, today=TODAY) is None


DOCUMENTS = {
    # ICAO 9303, parts 4, 5 and 6: the specimens of Utopia.
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10": (
        ("ERIKSSON", "ANNA MARIA", "F", (date(1974, 8, 12),))
    ),
    "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<": (
        ("ERIKSSON", "ANNA MARIA", "F", (date(1974, 8, 12),))
    ),
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6": (
        ("ERIKSSON", "ANNA MARIA", "F", (date(1974, 8, 12),))
    ),
    # PRADO FRA-BO-03001: the French card since 2021.
    "IDFRAX4RTBPFW46<<<<<<<<<<<<<<<\n9007138F3002119FRA<<<<<<<<<<<6\nMARTIN<<MAELYS<GAELLE<MARIE<<<": (
        ("MARTIN", "MAELYS GAELLE MARIE", "F", (date(1990, 7, 13),))
    ),
    # PRADO FRA-BO-02002: the French card before.
    "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512068F6": (
        ("BERTHIER", "CORINNE", "F", (date(1965, 12, 6),))
    ),
    "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<9409923102854CORINNE<<<<<<<6512068F4": (
        ("BERTHIER", "CORINNE", "F", (date(1965, 12, 6),))
    ),
    # PRADO BEL-BO: a number of more than nine characters goes on in the optional part.
    "IDBEL590335801485120100200<<<<8512017F0901015BEL<<<<<<<<<<<7REINARTZ<<ULRIKE<KATIA<E<<<<<<": (
        ("REINARTZ", "ULRIKE KATIA E", "F", (date(1985, 12, 1),))
    ),
}


@pytest.mark.parametrize("text", DOCUMENTS)
def test_the_lines_of_a_real_document_are_read(text: str):
    person = read(text).person

    assert person is not None
    assert (person.family_name, person.given_names, person.sex, person.birth_dates) == DOCUMENTS[text]
    assert read(text.replace("\n", "").lower()).person == person
    assert read(text).notices == (ScanTrouble.NAMES_OF_ZONE,)


@pytest.mark.parametrize("text", DOCUMENTS)
def test_one_wrong_digit_of_a_document_refuses_all_of_it(text: str):
    wrong = text.replace("7408122", "7408132").replace("9007138", "9007148")
    wrong = wrong.replace("6512068", "6512078").replace("8512017", "8512027")

    assert (read(wrong).person, read(wrong).faults) == (None, (ScanTrouble.MRZ_CHECK,))


@pytest.mark.parametrize("text", [text for text in DOCUMENTS if "\n" in text])
def test_one_line_alone_says_that_others_are_missing(text: str):
    assert read(text.partition("\n")[0]).faults == (ScanTrouble.MRZ_PART,)


HEAD = "IS010000000000000000000000"
GS = "\x1d"
# The patient of the ANS examples; blocks as its specification 2.2 orders them, and as the tests of ZXing do.
INS = (
    f"{HEAD}S1279035121518989S21.2.250.1.213.1.4.8{GS}S3DOMINIQUE MARIE-LOUISE{GS}S4PAT-TROIS{GS}S5FS628-03-1979S751215"
)


@pytest.mark.parametrize(
    "text",
    [
        INS,
        INS.replace(GS, ""),  # names hold no digits: a lost separator hides nothing
        INS.replace(GS, "\u241d"),
        f"{HEAD}S1279035121518989S21.2.250.1.213.1.4.8 S3DOMINIQUE MARIE-LOUISE S5FS628-03-1979S751215S4PAT-TROIS",
    ],
)
def test_the_code_of_a_health_identity_is_read(text: str):
    scan = read(text)

    assert scan.person is not None
    person = scan.person
    assert (person.family_name, person.given_names) == ("PAT-TROIS", "DOMINIQUE MARIE-LOUISE")
    assert (person.sex, person.birth_dates, person.birth_place) == ("F", (date(1979, 3, 28),), "51215")
    assert (person.nir, scan.notices) == ("279035121518989", ())


@pytest.mark.parametrize(
    ("changed", "notice"),
    [
        (("1.4.8", "1.4.9"), ScanTrouble.NUMBER_PROVISIONAL),
        (("1.4.8", "1.4.10"), ScanTrouble.INS_TEST),
        (("1.4.8", "1.4.11"), ScanTrouble.INS_TEST),
    ],
)
def test_a_number_that_is_no_nir_is_not_taken_for_one(changed: tuple[str, str], notice: ScanTrouble):
    scan = read(INS.replace(*changed))

    assert scan.person is not None
    assert (scan.person.nir, scan.notices) == ("", (notice,))


@pytest.mark.parametrize(
    ("changed", "trouble"),
    [
        (("IS01", "IS02"), ScanTrouble.INS_VERSION),
        (("279035121518989", "279035121518988"), ScanTrouble.NIR_KEY),
        (("S5F", "S5X"), ScanTrouble.INS_FORM),
        (("S3", "S4"), ScanTrouble.INS_FORM),
        (("1.4.8", "1.4.7"), ScanTrouble.INS_FORM),
        (("S628-03-1979", ""), ScanTrouble.INS_FORM),
    ],
)
def test_a_damaged_health_identity_says_why(changed: tuple[str, str], trouble: ScanTrouble):
    assert (read(INS.replace(*changed)).person, read(INS.replace(*changed)).faults) == (None, (trouble,))


def test_a_birth_day_that_the_civil_status_does_not_know_is_asked_for():
    scan = read(INS.replace("28-03-1979", "00-00-1979"))

    assert scan.person is not None
    assert (scan.person.birth_dates, scan.notices) == ((), (ScanTrouble.BIRTH_OPEN,))


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        # The numbers of domain examples: ANS, python-stdnum; the RPPS number of a published card.
        ("2 79 03 51 215 189 89", ScanKind.NIR, "279035121518989"),
        ("253072B07300470", ScanKind.NIR, "253072B07300470"),
        ("253072a07300443", ScanKind.NIR, "253072A07300443"),
        ("295109912611193", ScanKind.NIR, "295109912611193"),
        ("10003879623", ScanKind.PROFESSIONAL, "10003879623"),
        ("810003879623", ScanKind.PROFESSIONAL, "10003879623"),
        ("7K2QF-XM04CP", ScanKind.TICKET, "7K2QFXM04C"),
        ("https://resultats.example/#code=7K2QF-XM04CP", ScanKind.TICKET, "7K2QFXM04C"),
        ("T50011", ScanKind.SAMPLE, "50011"),
        ("50011", ScanKind.SAMPLE, "50011"),
        ("DC04FR0000011E581E58B201FRF0DEPOTHPRIM\x1dF1NEG", ScanKind.STAMP, ""),
        ("HC1:6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3/XIV0W23NTDE", ScanKind.CERTIFICATE, ""),
        ("bonjour", ScanKind.UNKNOWN, ""),
    ],
)
def test_other_kinds_are_told_apart(text: str, kind: ScanKind, number: str):
    assert (read(text).kind, read(text).number) == (kind, number)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("295109912611199", ScanTrouble.NIR_KEY),
        ("7K2QF-XM04CQ", ScanTrouble.TICKET_CHECK),
        ("50012", ScanTrouble.SAMPLE_CHECK),
        ("https://resultats.example/#code=7K2QF", ScanTrouble.TICKET_CHECK),
    ],
)
def test_a_wrong_check_character_is_named(text: str, trouble: ScanTrouble):
    assert read(text).faults == (trouble,)


def test_a_provisional_number_is_said_to_be_one():
    body = "7790351215189"
    nir = body + f"{97 - int(body) % 97:02}"

    assert read(nir).notices == (ScanTrouble.NUMBER_PROVISIONAL,)


def test_no_trace_shows_a_person_or_their_number():
    assert "PAT-TROIS" not in f"{read(INS)!r} {read(INS).person!r}"
    assert "279035121518989" not in repr(read("279035121518989"))
