"""What is as long as the doors let in still is within the bounds of each standard, and nothing runs off a sheet.

HL7 v2 has a bound for every part: `test_hl7_lengths`. CDA has none: its document is held by the rules of its profile.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from longest_values import longest_reports, stretched
from lxml import etree
from pypdf import PdfReader
from pypdf.generic import ContentStream
from strategies import covid_positive, examples
from test_fhir_dialects import GERMAN, SWISS, at_home, german, swiss
from test_mssante_message import TO_DOCTOR, attachments, sent
from xdm_sending import SENDING

from temoin.formats.csv.report_file import report_file
from temoin.formats.fhir import document
from temoin.formats.fhir.dialect import DialectError
from temoin.formats.mssante import secure_message
from temoin.formats.pdf import report_pdf
from temoin.formats.xdm import package
from temoin.testing.report import Report

ID, STRING = 64, 1 << 20  # FHIR R4, data types
LONG_NAME, FREE_TEXT = 256, 1024  # ebRIM 3.0, rim.xsd
LINE, WITH_WORDS = 998, 76  # RFC 5322 §2.1.1, RFC 2047 §2
FILE_NAME, SUBJECT = 255, 255
CELL = 32_767  # characters that a cell of a spreadsheet holds
SIDE, TOP = 595.28, 841.89  # points of A4
MARGIN = 56.0


def strings(value: Any) -> Iterator[tuple[str, str]]:
    """Give each text of a FHIR document with its name."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from [(name, inside)] if isinstance(inside, str) else strings(inside)
    if isinstance(value, list):
        for inside in value:
            yield from [("", inside)] if isinstance(inside, str) else strings(inside)


def fhir_documents(report: Report) -> list[Any]:
    made = [document(report)]
    for dialect, home in ((swiss, SWISS), (german, GERMAN)):
        try:
            made += dialect(at_home(report, home))
        except DialectError:  # it says nothing about this kind of test
            continue
    return made


@given(longest_reports())
@examples(10)
def test_no_id_nor_text_of_fhir_is_over_its_length(report):
    for name, text in strings(fhir_documents(report)):
        assert len(text) <= (ID if name == "id" else STRING)
        assert text.strip()


@given(longest_reports())
@examples(10)
def test_no_cell_of_the_file_is_over_what_a_spreadsheet_keeps(report):
    rows = csv.reader(io.StringIO(report_file(report).decode(), newline=""))

    assert max(len(cell) for row in rows for cell in row) <= CELL


@given(longest_reports())
@examples(10)
def test_no_value_of_the_metadata_is_over_its_length(report):
    with zipfile.ZipFile(io.BytesIO(package(report, SENDING))) as archive:
        root = etree.fromstring(archive.read("IHE_XDM/SUBSET01/METADATA.XML"))

    for each in root.iter(etree.Element):
        is_words = etree.QName(each).localname == "LocalizedString"
        assert len(each.text or "") <= LONG_NAME
        assert all(len(value) <= (FREE_TEXT if is_words else LONG_NAME) for value in each.attrib.values())


@given(longest_reports())
@examples(5)
def test_no_line_of_a_secure_message_is_over_its_length_and_its_subject_begins_at_once(report):
    data = secure_message(report, TO_DOCTOR)
    headers = data.partition(b"\r\n\r\n")[0].split(b"\r\n")

    assert max(map(len, data.split(b"\r\n"))) <= LINE
    assert all(len(line) <= WITH_WORDS for line in headers if b"=?" in line)
    assert any(line.startswith(b"Subject: XDM/1.0/DDM+") for line in headers)
    assert len(sent(report)["Subject"]) <= SUBJECT
    assert all(len(name.encode()) <= FILE_NAME for name in attachments(sent(report)))


@given(longest_reports())
@examples(3)
def test_no_text_of_the_page_runs_off_the_sheet(report):
    check_on_sheet(report)


@pytest.mark.parametrize("letters", ["! ) / ", "مريم ", "a\u00a0"])
def test_rows_of_marks_and_of_joined_words_stay_on_the_sheet(letters):
    check_on_sheet(stretched(covid_positive(), letters))


def check_on_sheet(report: Report) -> None:
    for page in PdfReader(io.BytesIO(report_pdf(report))).pages:
        for left, right, height in written_at(page):
            assert MARGIN <= left <= right <= SIDE - MARGIN
            assert MARGIN <= height <= TOP - MARGIN


def written_at(page: Any) -> Iterator[tuple[float, float, float]]:
    """Give where each text of a page begins and ends, and how high it stands, in points."""
    held = {name: font.get_object() for name, font in page["/Resources"]["/Font"].items()}
    fonts, blanks = ({name: read(font) for name, font in held.items()} for read in (widths, spaces))
    font, size, corner, place = "", 0.0, (0.0, 0.0), (0.0, 0.0)
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        numbers = [float(each) for each in operands if isinstance(each, (int, float, Decimal))]
        if operator == b"cm":  # each text has a place of its own, turned the right way up
            assert numbers[:4] == [1, 0, 0, -1]
            corner = numbers[4], numbers[5]
        if operator == b"Tf":
            font, size = operands[0], numbers[0]
        if operator == b"Tm":
            place = corner[0] + numbers[4], corner[1] - numbers[5]
        if operator in {b"Tj", b"TJ"}:
            told = operands[0] if operator == b"TJ" else operands
            letters = b"".join(each.original_bytes for each in told if hasattr(each, "original_bytes"))
            codes = [int.from_bytes(letters[at : at + 2]) for at in range(0, len(letters), 2)]
            while (
                codes and codes[-1] in blanks[font]
            ):  # behind the last word of a line there is one, outside the margin
                codes.pop()
            moved = sum(float(each) for each in told if isinstance(each, (int, float, Decimal)))
            yield place[0], place[0] + (sum(fonts[font][code] for code in codes) - moved) * size / 1000, place[1]
        assert operator not in {b"Td", b"TD", b"T*", b"'", b'"'}


def spaces(font: Any) -> set[int]:
    """Return the codes of an embedded font that show nothing."""
    told = re.findall(rb"<([0-9A-Fa-f]{4})>\s*<(?:0020|00A0|200B)+>", font["/ToUnicode"].get_data())
    return {int(code, 16) for code in told}


def widths(font: Any) -> dict[int, float]:
    """Return how wide each letter of an embedded font is, in thousandths of its size."""
    told = list(font["/DescendantFonts"][0].get_object()["/W"])
    found: dict[int, float] = {}
    while told:
        first, second, *told = told
        if isinstance(second, list):
            found |= {first + place: float(width) for place, width in enumerate(second)}
        else:
            width, *told = told
            found |= dict.fromkeys(range(first, second + 1), float(width))
    return found


@pytest.mark.parametrize("letters", ["W", "MOULIN DE LA "])
def test_a_long_name_is_whole_on_the_page(letters):

    report = stretched(covid_positive(), letters)
    shown = "".join(page.extract_text() for page in PdfReader(io.BytesIO(report_pdf(report))).pages)
    shown = "".join(shown.replace("\u200b", "").split())  # where a word that is wider than the sheet may be broken

    assert "".join(report.patient.birth_family_name.split()) in shown
