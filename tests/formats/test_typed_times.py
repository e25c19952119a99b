"""What each format says of the start of a reading clock and of a typed time: written, or no place for it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from pypdf import PdfReader
from strategies import covid_positive
from test_mssante_message import TO_DOCTOR
from xdm_sending import SENDING

import temoin.formats
from temoin.formats import cda, fhir, hl7v2, mssante, pdf, xdm
from temoin.formats.csv.report_file import report_file
from temoin.formats.hcert.own_writing import own_content
from temoin.testing.report import Report

# A document is in XDM and the message of the secure messaging as it is; the latter carries the PDF beside it.
WRITERS: dict[str, Callable[[Report], bytes]] = {
    "cda": cda.document,
    "csv": report_file,
    "fhir": fhir.document,
    "hcert": lambda report: orjson.dumps(own_content(report)),
    "hl7v2": lambda report: hl7v2.report_message(report, hl7v2.Route()),
    "mssante": lambda report: mssante.secure_message(report, TO_DOCTOR),
    "pdf": pdf.report_pdf,
    "xdm": lambda report: xdm.package(report, SENDING),
}
WRITTEN = {"mssante", "pdf"}


def typed(**changes: object) -> Report:
    now_pressed = covid_positive()
    started_at = now_pressed.sampled_at + timedelta(minutes=1)
    return replace(now_pressed, **{"started_at": started_at, "typed_times": ("started_at", "read_at"), **changes})


def test_each_format_has_decided():
    folders = {each.parent.name for each in Path(temoin.formats.__file__).parent.glob("*/__init__.py")}

    assert set(WRITERS) == folders - {"xlsx", "handed"}  # which are only read


@pytest.mark.parametrize("change", [{"started_at": None}, {"typed_times": ()}])
@pytest.mark.parametrize("name", WRITERS)
def test_a_format_writes_a_typed_time_or_has_no_place_for_it(name: str, change: dict[str, object]):
    write = WRITERS[name]

    assert (write(typed(**change)) != write(typed())) is (name in WRITTEN)


def test_the_page_marks_the_times_that_were_typed_and_no_other():
    page = " ".join(PdfReader(io.BytesIO(pdf.report_pdf(typed()))).pages[0].extract_text().split())

    assert "Prélevé le 23/11/2026 à 17:41 Chronomètre lancé le 23/11/2026 à 17:42 (heure saisie)" in page
    assert "Lu le 23/11/2026 à 17:58 (heure saisie)" in page


def test_the_page_of_a_reading_told_by_now_says_nothing_of_typing():
    page = PdfReader(io.BytesIO(pdf.report_pdf(covid_positive()))).pages[0].extract_text()

    assert "saisie" not in page
    assert "Chronomètre" not in page
