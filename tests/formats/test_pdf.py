"""The page of a result, read by a program that is not ours: every fact is on it, and it is what PDF/A-1 asks for."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cda_reports import amended
from hypothesis import given
from lxml import etree
from pdf_tags import elements_of
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from strategies import covid_positive, examples, reports

from temoin.formats.pdf import page, report_pdf
from temoin.formats.pdf.letters import written
from temoin.formats.pdf.poster import poster_file
from temoin.lib.zones import HOUSE, wall_clock, zone_named
from temoin.testing.report import Device, Report, ReportStatus


def reader(report: Report) -> PdfReader:
    return PdfReader(io.BytesIO(report_pdf(report)))


def text(report: Report) -> str:
    return words_of(reader(report))


def words_of(read: PdfReader) -> str:
    return " ".join("\n".join(page.extract_text() for page in read.pages).split(None))


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


MANY_PAGES = """
from ctypes import CDLL
from dataclasses import replace
from pathlib import Path
from temoin.formats.pdf import report_pdf
from temoin_conformance.documents import example_story
held = []
for number in range(500):
    report_pdf(replace(example_story().first, comment=f"Page {number}"))
    CDLL(None).malloc_trim(0)
    held.append(int(Path("/proc/self/statm").read_text().split()[1]))
print(4 * (min(held[400:]) - min(held[100:200])))
"""


def test_three_hundred_pages_more_leave_nothing_in_memory():
    run = subprocess.run([sys.executable, "-c", MANY_PAGES], capture_output=True, text=True, check=True)

    # Kilobytes. What the C library keeps of what was given back goes up and down by 4,000, so it is asked for it first;
    # then lows differ by less than 100, and by 6,900 if each layout were handed over as text.
    assert int(run.stdout) < 500


def test_an_ordinary_result_fits_one_page():
    assert len(reader(covid_positive()).pages) == 1


def test_a_long_comment_is_never_cut():
    long = "\n".join(f"Ligne {number}." for number in range(80))

    assert "Ligne 79." in text(covid_positive(comment=long))


def test_what_cannot_be_laid_out_is_refused_without_quoting_it(monkeypatch):
    monkeypatch.setattr(page, "all_written", lambda told: told)
    pharmacy = replace(covid_positive().organisation, name="SECRET 李")

    with pytest.raises(ValueError, match="the page cannot be made") as refused:
        report_pdf(covid_positive(organisation=pharmacy))
    assert "SECRET" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_no_word_of_a_result_is_read_as_a_command_of_the_layout():
    typed = "#panic[x] $x$ *a* _b_ = c @d <e> \\ // f"

    assert f"Isolement conseillé. {typed}" in text(covid_positive(comment=f"Isolement conseillé. {typed}"))


def test_the_patients_page_has_advice_and_others_have_none():
    advice = [[("Aujourd’hui", "Reposez-vous."), ("Urgence", "Appelez le 15.")]]

    read = PdfReader(io.BytesIO(report_pdf(covid_positive(), advice)))

    assert "Que faire maintenant ? Aujourd’hui Reposez-vous. Urgence Appelez le 15." in words_of(read)
    assert "Que faire" not in text(covid_positive())


def test_the_page_is_what_pdf_a_1_asks_for():
    read = reader(covid_positive())
    metadata = etree.fromstring(read.root_object["/Metadata"].get_data())
    told = {etree.QName(each).localname: each.text for each in metadata.iter() if each.text and each.text.strip()}

    assert (told["part"], told["conformance"]) == ("1", "A")
    assert datetime.fromisoformat(told["CreateDate"]) == covid_positive().signed_at
    assert read.pdf_header == "%PDF-1.4"
    assert read.root_object["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert read.root_object["/Lang"] == "fr-FR"
    assert not read.is_encrypted
    assert all(is_embedded(font.get_object()) for font in read.pages[0]["/Resources"]["/Font"].values())


def test_a_screen_reader_is_told_language_title_headings_and_lists_in_their_order():
    read = reader(covid_positive(is_demo=True))
    metadata = etree.fromstring(read.root_object["/Metadata"].get_data())
    (part,) = metadata.iter("{http://www.aiim.org/pdfua/ns/id/}part")

    assert part.text == "1"
    assert read.root_object["/MarkInfo"]["/Marked"].value is True
    assert read.root_object["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert read.metadata.title == "Test rapide d'orientation diagnostique : TROD antigénique COVID-19"
    order = [each["/S"] for each in elements_of(read.root_object["/StructTreeRoot"]["/K"])]
    assert order[0] == "/Document"
    assert [tag for tag in order if tag in {"/H1", "/H2", "/L", "/Table"}] == ["/H1", "/L", "/H2", "/L"]
    assert order.count("/LI") == order.count("/Lbl") == order.count("/LBody") == 10


def test_the_poster_tells_what_its_code_opens_and_speaks_each_language():
    made = poster_file(
        place="Pharmacie du Marché",
        address="https://r.example/form/#abc",
        site="https://r.example",
        at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    read = PdfReader(io.BytesIO(made))
    elements = list(elements_of(read.root_object["/StructTreeRoot"]["/K"]))

    (figure,) = (each for each in elements if each["/S"] == "/Figure")
    assert (
        figure["/Alt"] == "Code QR qui ouvre, sur https://r.example, le formulaire d’inscription de Pharmacie du Marché"
    )
    assert [each["/S"] for each in elements if each["/S"] in {"/H1", "/Figure", "/L"}] == ["/H1", "/Figure", "/L"]
    assert [each["/Lang"] for each in elements if "/Lang" in each] == ["en", "es", "pt", "ar", "uk"]
    assert "Потрібен тест?" in read.pages[0].extract_text()
    assert all(is_embedded(font.get_object()) for font in read.pages[0]["/Resources"]["/Font"].values())


def is_embedded(font: DictionaryObject) -> bool:
    described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    return bool({"/FontFile2", "/FontFile3"} & described.keys())


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
