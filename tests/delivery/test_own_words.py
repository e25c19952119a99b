"""The result on paper in its patient's language: the words of the letter, on a tagged page before the French one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from cda_reports import amended, of_kind
from pdf_tags import elements_of
from pypdf import PdfReader
from strategies import covid_positive

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.patient_languages import patient_languages
from temoin.delivery.content import letter_content
from temoin.delivery.own_words import END_OF_ISOLATE, ISOLATE, own_page
from temoin.formats.pdf import report_pdf
from temoin.formats.pdf.letters import UNWRITABLE, written
from temoin.lib.label import PATIENT_LANGUAGES
from temoin.testing.report import Report, ReportStatus

OTHERS = [code for code in PATIENT_LANGUAGES if code != "fr"]


def read_in(report: Report, language: str) -> PdfReader:
    return PdfReader(io.BytesIO(report_pdf(report, own=own_page(report, language))))


def words_of(value: Any) -> Iterator[str]:
    """Yield every text of a page."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from words_of(each)


@pytest.mark.parametrize("language", OTHERS)
def test_the_page_in_another_language_stands_before_the_french_one_and_says_so_to_screen_readers(language):
    report = covid_positive()

    read = read_in(report, language)

    assert len(read.pages) == 2
    assert "TROD antigénique COVID-19" in read.pages[1].extract_text()
    assert "Que faire" not in read.pages[0].extract_text()
    told = [each["/Lang"] for each in elements_of(read.root_object["/StructTreeRoot"]["/K"]) if "/Lang" in each]
    assert set(told) == {language}
    assert read.root_object["/Lang"] == "fr-FR"
    order = [each["/S"] for each in elements_of(read.root_object["/StructTreeRoot"]["/K"])]
    assert [tag for tag in order if tag in {"/H1", "/H2"}] == ["/H1", "/H2", "/H2", "/H1", "/H2"]


@pytest.mark.parametrize("language", ["", "fr"])
def test_who_asked_for_french_or_nothing_has_the_french_page_alone(language):
    assert own_page(covid_positive(), language) is None


@pytest.mark.parametrize("language", OTHERS)
def test_its_words_are_those_of_the_letter(language):
    report = covid_positive()
    told, words = letter_content(report), patient_languages()[language].page

    page = own_page(report, language)

    assert page.title == told["headline"][language]
    assert page.results == [(told["findings"][0]["target"][language], told["findings"][0]["label"][language])]
    assert page.remarks[0] == words["means_positive"]
    assert page.warning == words["limits"]
    assert "2026" in dict(page.facts)[words["sampled"]]
    assert "17:41" in dict(page.facts)[words["sampled"]]
    assert not re.search("[0-9]{2}/[0-9]{2}/", " ".join(words_of(asdict(page))))  # which has two readings


def test_days_are_written_as_each_language_writes_them():
    days = {language: own_page(covid_positive(), language).patient_lines[0] for language in OTHERS}

    assert days == {
        "en": "Date of birth: 28 March 1979",
        "es": "Fecha de nacimiento: 28 de marzo de 1979",
        "pt": "Data de nascimento: 28 de março de 1979",
        "ar": "تاريخ الميلاد: 28 مارس، 1979",
        "uk": "Дата народження: 28 березня 1979 р.",
    }


def test_a_cancelled_result_tells_that_and_nothing_that_was_found():
    page = own_page(amended(ReportStatus.CANCELLED), "es")

    assert (page.results, page.advice, page.remarks[:1]) == ([], [], page.remarks)
    assert page.notices[0].startswith("Resultado anulado por la farmacia el ")
    assert page.notices[-1] == f"Motivo: {ISOLATE}Erreur de lecture{END_OF_ISOLATE}"


def test_a_corrected_result_says_so_in_full():
    notice = own_page(amended(ReportStatus.CORRECTED), "en").notices[0]

    assert notice.startswith("Corrected result, ")
    assert "(version 2)" in notice


def test_a_box_of_which_little_is_known_leaves_its_line_out():
    bare = replace(covid_positive().device, lot="", expiry=None)
    words = patient_languages()["en"].page

    assert words["lot"] not in dict(own_page(covid_positive(device=bare), "en").facts)
    no_day = replace(bare, lot="A1")
    assert dict(own_page(covid_positive(device=no_day), "en").facts)[words["lot"]] == f"{ISOLATE}A1{END_OF_ISOLATE}"


@pytest.mark.parametrize("language", OTHERS)
def test_no_letter_of_a_language_is_lost(language):
    """Of every kind, outcome and piece of advice: what the typefaces lack would be a question mark."""
    for kind in load_kinds().values():
        for outcomes in zip(*([one.code for one in target.outcomes] for target in kind.targets), strict=False):
            for text in words_of(asdict(own_page(of_kind(kind, outcomes), language))):
                assert written(text, is_own=True).count(UNWRITABLE) == text.count(UNWRITABLE)


def test_a_name_in_letters_of_the_language_is_written_there_and_a_strange_one_is_not_lost_silently():
    assert written("Олена й زينب", is_own=True) == "Олена й زينب"
    assert written("Олена 李", is_own=True) == "Олена ?"
    assert written("Олена") == "?????"
