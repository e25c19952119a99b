"""Every page, drawn for real: labelled fields, headings in order, no script or style inside, nothing unknown."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import pytest
from django.template import engines
from django.test import Client
from django.urls import reverse
from every_page import every_page
from people import House, make_lot, make_patient, make_signed, make_test
from pypdf import PdfReader

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope
from temoin.testing.signing import cancel_result

UNKNOWN = "UNKNOWN-VARIABLE"


class Outline(HTMLParser):
    """What a screen reader meets: headings, labels, fields; nothing of a template, which is no part of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.depth = self.templates = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.templates += tag == "template"
        if self.templates:
            return
        if identifier := found.get("id"):
            self.ids.append(identifier)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.depth += 1
            self.labelled.add(found.get("for") or "")
        if tag in {"input", "select", "textarea"} and found.get("type") not in {"hidden"}:
            self.fields.append({**found, "inside": "yes" if self.depth else None})

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "label" and not self.templates
        self.templates -= tag == "template"


@pytest.fixture
def strict_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", UNKNOWN)


@pytest.mark.usefixtures("strict_templates")
def test_every_page_is_sound(house: House, owner: Client):
    for name, path in every_page(house).items():
        answer = owner.get(path)
        assert answer.status_code == 200, name
        check_page(name, answer.content.decode())


@pytest.mark.django_db
@pytest.mark.usefixtures("strict_templates")
def test_the_sign_in_pages_are_sound():
    check_page("enrol", Client().get(reverse("enrol")).content.decode())
    check_page("refused enrolment", Client().post(reverse("enrol"), {"email": "x"}).content.decode())
    check_page("login", Client().get(reverse("account_login")).content.decode())
    check_page("refused", Client().post(reverse("account_login"), {"login": "x", "password": "y"}).content.decode())


def check_page(name: str, page: str) -> None:
    assert "courriel" not in page.lower(), name  # the framework's word: ours is e-mail
    outline = Outline()
    outline.feed(page)
    assert UNKNOWN not in page, (name, page[max(0, page.index(UNKNOWN) - 200) :][:400])
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), name
    assert len(outline.ids) == len(set(outline.ids)), name
    if "<html" in page:
        assert outline.headings[0] == 1, name
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False)), name
    bare = [one for one in outline.fields if not one["inside"] and one.get("id") not in outline.labelled]
    assert bare == [], name


def test_no_title_names_a_person(house: House, owner: Client):
    for path in every_page(house).values():
        title = re.search("<title>(.*?)</title>", owner.get(path).content.decode(), re.DOTALL)
        assert title is None or "PAT-TROIS" not in title[1].upper()


def test_a_patient_form_is_remembered_by_no_browser(owner: Client):
    page = owner.get(reverse("new_patient")).content.decode()

    fields = re.findall(r'<input id="field-[^>]*>', page)
    assert fields
    assert all('autocomplete="off"' in field for field in fields)


def test_the_printed_result_bears_every_mention(house: House, owner: Client):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    page = owner.get(reverse("print_result", args=[record_id])).content.decode()

    mentions = ["Panbio", "41FK10", "A12345", "Claire MARTIN", "10003879623", "ne remplace pas un examen", "Négatif"]
    mentions += ["PAT-TROIS", "28/03/1979", "Pharmacie du Marché", "DÉMONSTRATION", "sans unité"]
    assert [mention for mention in mentions if mention not in page] == []


def test_the_result_is_a_tagged_file_too_with_the_advice_of_the_sheet_and_the_look_is_an_event(
    house: House, owner: Client, stranger: Client
):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    record_id, unsigned = make_signed(house.owner, patient_id, lot_id), make_test(house.owner, patient_id)
    file = reverse("result_pdf", args=[record_id])

    answer = owner.get(file)

    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer["Content-Disposition"] == 'attachment; filename="resultat.pdf"'
    said = " ".join(PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())
    mentions = [
        "Panbio",
        "A12345",
        "PAT-TROIS",
        "négatif",
        "Démonstration",
        "Que faire maintenant ? Ce que cela veut dire",
    ]
    assert [mention for mention in mentions if mention not in said] == []
    assert f'href="{file}"' in owner.get(reverse("print_result", args=[record_id])).content.decode()
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.RESULT_PRINTED.value, subject_id=record_id).count() == 2
    assert owner.get(reverse("result_pdf", args=[unsigned])).status_code == 404
    assert stranger.get(file).status_code == 404


def test_who_asked_for_another_language_has_a_page_in_it_before_the_french_one(house: House, owner: Client):
    record_id = make_signed(house.owner, make_patient(house.owner, language="uk"), make_lot(house.owner))

    pages = PdfReader(io.BytesIO(owner.get(reverse("result_pdf", args=[record_id])).content)).pages

    first, *_, last = [" ".join(page.extract_text().split()) for page in pages]
    assert "Ваш тест негативний" in first
    assert "Що робити зараз?" in first
    assert "Test rapide d'orientation diagnostique" in last
    assert (
        "dans la langue du patient (Українська)"
        in owner.get(reverse("print_result", args=[record_id])).content.decode()
    )


def test_the_file_of_a_void_result_gives_no_advice(house: House, owner: Client):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="Inversion")

    said = PdfReader(io.BytesIO(owner.get(reverse("result_pdf", args=[record_id])).content)).pages[0].extract_text()

    assert "RÉSULTAT ANNULÉ" in said
    assert "Que faire" not in said


def test_the_ticket_names_nobody(house: House, owner: Client):
    record_id = make_test(house.owner, make_patient(house.owner))

    page = owner.get(reverse("ticket", args=[record_id])).content.decode()

    assert "DOMINIQUE" not in page
    assert re.search("[0-9A-Z]{5}-[0-9A-Z]{5}", page)
    assert "<svg" in page


def test_parcels_are_followed_live_until_they_have_arrived(house: House, owner: Client):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    part = owner.get(reverse("parcels", args=[record_id])).content.decode()

    assert f'data-live="{reverse("parcels", args=[record_id])}"' in part
    assert "À transmettre" in part
    assert "Lien à envoyer" in part
