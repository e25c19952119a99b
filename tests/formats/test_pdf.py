"""The page of a result, read by a program that is not ours: every fact is on it, and it is what PDF/A-1 asks for."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cda_reports import amended
from hypothesis import given
from lxml import etree
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from strategies import covid_positive, examples, reports

from temoin.formats.pdf import page, report_pdf
from temoin.formats.pdf.letters import written
from temoin.lib.zones import HOUSE, wall_clock, zone_named
from temoin.testing.report import Device, Report, ReportStatus


def reader(report: Report) -> PdfReader:
    return PdfReader(io.BytesIO(report_pdf(report)))


def text(report: Report) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader(report).pages).split())


@pytest.mark.parametrize(
    "fact",
    [
        "Pharmacie du Marché & des Halles",
        "FINESS 750712184",
        "PAT-TROIS DOMINIQUE MARIE-LOUISE",
        "D'ARTAGNAN Dominique",
        "28/03/1979 · Sexe : Féminin",
        "TROD antigénique COVID-19",
        "COVID-19 Positif",
        "Résultat qualitatif, sans unité.",
        "Isolement conseillé.",
        "Écouvillon nasopharyngé",
        "Prélevé le 23/11/2026 à 17:41",
        "Lu le 23/11/2026 à 17:58",
        "Fabricant d'exemple Test rapide COVID-19 · réf. REF-25 · UDI (01)00686597200018(17)270930(10)A12345",
        "Lot A12345 (à utiliser avant le 30/09/2027)",
        "Camille OFFICINE-DEUX, Pharmacien titulaire d'officine · RPPS 10003879623",
        "Signé le 23/11/2026 à 17:59",
    ],
)
def test_the_page_says_what_the_printed_result_says(fact):
    assert fact in text(covid_positive())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ReportStatus.CORRECTED, "Résultat corrigé, version 2 : il remplace toute version antérieure."),
        (ReportStatus.CANCELLED, "RÉSULTAT ANNULÉ : il ne doit plus être utilisé."),
    ],
)
def test_an_amended_result_says_so_and_why(status, words):
    said = text(amended(status))

    assert words in said
    assert "Motif : Erreur de lecture" in said


def test_an_invented_result_says_so():
    assert "Démonstration : résultat fictif." in text(covid_positive(is_demo=True))
    assert "Démonstration" not in text(covid_positive())


def test_a_kit_of_which_little_is_known_is_told_so():
    device = Device(manufacturer="Fabricant", reference="R", name="Kit")

    assert "Fabricant Kit · réf. R Lot non connu" in text(covid_positive(device=device))


def test_times_are_those_of_the_pharmacy():
    read_at = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert "Lu le 01/07/2026 à 14:00" in text(covid_positive(read_at=wall_clock(read_at, HOUSE)))
    cayenne = wall_clock(read_at, zone_named("America/Cayenne"))
    assert "Lu le 01/07/2026 à 09:00 (UTC-3)" in text(covid_positive(read_at=cayenne))


@given(reports())
@examples(10)
def test_any_report_makes_a_page_with_its_key_the_same_each_time(report):
    made = report_pdf(report)

    assert report.key in text(report)
    assert report_pdf(replace(report)) == made


def test_an_ordinary_result_fits_one_page():
    assert len(reader(covid_positive()).pages) == 1


def test_a_long_comment_is_never_cut():
    long = "\n".join(f"Ligne {number}." for number in range(80))

    assert "Ligne 79." in text(covid_positive(comment=long))


def test_what_cannot_be_laid_out_is_refused_without_quoting_it(monkeypatch):
    monkeypatch.setattr(page, "_MARGIN", 104.9)

    with pytest.raises(ValueError, match="the page cannot be made"):
        report_pdf(covid_positive())


def test_the_page_is_what_pdf_a_1_asks_for():
    read = reader(covid_positive())
    metadata = etree.fromstring(read.root_object["/Metadata"].get_data())
    told = {etree.QName(each).localname: each.text for each in metadata.iter() if each.text and each.text.strip()}

    assert (told["part"], told["conformance"]) == ("1", "B")
    assert told["CreateDate"] == "2026-11-23T17:59:12+01:00"
    assert read.pdf_header == "%PDF-1.4"
    assert read.root_object["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert read.root_object["/Lang"] == "fr-FR"
    assert not read.is_encrypted
    assert all(is_embedded(font.get_object()) for font in read.pages[0]["/Resources"]["/Font"].values())


def is_embedded(font: DictionaryObject) -> bool:
    return "/FontFile2" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Œuvre d’Élise à 10 €", "Œuvre d’Élise à 10 €"),
        ("Nguyễn Thị Ánh", "Nguyen Thi Ánh"),
        ("e\u0301\u200d\u202f!", "é\u00a0!"),
        ("李小龍 🙂\n", "??? ?\n"),
        ("ﬁ\t\x00", "fi ?"),
    ],
)
def test_a_letter_that_the_page_has_not_is_never_lost_silently(typed, shown):
    assert written(typed) == shown
