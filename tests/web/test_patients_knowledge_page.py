"""The panel of a test's page on what the patient knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from page_tree import found, texts
from people import TRAITS, House, make_lot, make_patient, make_sampled, make_signed, open_house, sign_in

from temoin.delivery.actions import LIFE
from temoin.delivery.models import Letter
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import couriers
from temoin.outbox.queue import claim_parcels
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def owner(house) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="fr")
    sign_in(client, house.owner)
    return client


@pytest.mark.parametrize(("way", "words"), [("phone", "Communiqué par téléphone"), ("paper", "Remis sur papier")])
def test_what_was_told_is_shown(house, owner, way, words):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    page = owner.get(reverse("test", args=[record_id])).content.decode()
    assert "personne n’a noté que le patient était informé" in page

    asked = owner.get(reverse("told", args=[record_id, way])).content.decode()
    assert "Ce qui est à dire" in asked
    answer = owner.post(reverse("told", args=[record_id, way]), {"version": "1"}, follow=True)

    told = [text for text in texts(answer.content.decode(), "//li") if words in text]
    assert len(told) == 1
    assert "version 1" in told[0]


def test_what_is_to_be_said_is_shown_before_and_a_look_alone_notes_nothing(house, owner):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner), outcome="positive")
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())
    correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")

    asked = owner.get(reverse("told", args=[record_id, "phone"])).content.decode()

    for words in (
        "Négatif",
        "avant «\u00a0Positif\u00a0», maintenant",
        "Lecture inversée",
        "date de naissance",
        "15 ou le 112",
    ):
        assert words in asked
    assert found(asked, "//input[@name='version'][@value='2']")
    assert "Communiqué par téléphone" not in owner.get(reverse("test", args=[record_id])).content.decode()


def test_a_new_link_is_sent_from_the_page_to_the_address_that_it_shows(house, owner):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    page = owner.get(reverse("test", args=[record_id])).content.decode()
    (form,) = found(page, f"//form[@action='{reverse('send_again', args=[record_id])}']")
    told = {field.get("name"): field.get("value") for field in form.findall(".//input")}
    assert TRAITS["email"] in form.text_content()

    answer = owner.post(reverse("send_again", args=[record_id]), told, follow=True)

    assert "Un nouveau lien part" in answer.content.decode()


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"version": "2", "way": "email"}, "entre-temps"),
        ({"version": "1", "way": "email"}, "entre-temps"),  # of a page that showed no link yet
        ({"version": "1", "way": "pigeon"}, "être joint ainsi"),
    ],
)
def test_what_the_page_did_not_offer_sends_nothing_and_is_said(house, owner, posted, words):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    answer = owner.post(reverse("send_again", args=[record_id]), posted, follow=True)

    assert words in answer.content.decode()


def test_a_note_is_taken_back_with_a_reason(house, owner):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    page = owner.post(reverse("told", args=[record_id, "phone"]), {"version": "1"}, follow=True).content.decode()
    (link,) = [one for one in found(page, "//a/@href") if one.endswith("/undo/")]

    assert "Annuler une mention" in owner.get(link).content.decode()
    assert owner.post(link, {}).status_code == 400
    page = owner.post(link, {"reason": "slip"}, follow=True).content.decode()
    assert "une erreur de manipulation" in page
    assert "/undo/" not in page
    assert "déjà annulée" in owner.post(link, {"reason": "slip"}, follow=True).content.decode()


def test_another_way_does_not_exist(house, owner):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    assert owner.post(reverse("told", args=[record_id, "pigeon"]), {"version": "1"}).status_code == 404


def test_a_version_that_was_not_seen_is_said(house, owner):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    answer = owner.post(reverse("told", args=[record_id, "phone"]), {"version": "9"}, follow=True)

    assert "Une autre version a été signée" in answer.content.decode()


def test_before_the_signature_there_is_no_such_panel(house, owner):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    assert "Ce que sait le patient" not in owner.get(reverse("test", args=[record_id])).content.decode()


@pytest.fixture
def unopened(house, as_role):
    """A positive result whose letter was sealed two days ago, and never opened."""
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner), outcome="positive")
    letter = Letter(pharmacy_id=house.here.id, id=new_id(), record_id=record_id, version=1, tries_left=5)
    letter.lookup_hash, letter.auth_hash, letter.ciphertext = letter.id.bytes, b"", b""
    letter.expires_at = now() + LIFE - timedelta(days=2)
    with as_role("temoin_worker"), tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(letter)
        commit.flush()
    return record_id


def test_the_counter_leads_to_whom_to_call_and_telling_takes_them_off(owner, unopened):
    home = owner.get(reverse("home")).content.decode()
    assert found(home, f"//a[@href='{reverse('calls')}']")
    assert "1 résultat n’a peut-être pas atteint son patient" in home

    page = owner.get(reverse("calls")).content.decode()
    assert found(page, f"//a[@href='{reverse('test', args=[unopened])}']")
    assert found(page, "//a[starts-with(@href, 'tel:')]")

    (tell,) = [one for one in found(page, "//a/@href") if "/told/phone/" in one]
    assert "La lettre n’a pas été ouverte en un jour" in page or "Le message n’est pas parti" in page
    assert found(owner.get(tell).content.decode(), "//input[@name='calls']")
    form = {"version": "1", "calls": "yes"}
    page = owner.post(reverse("told", args=[unopened, "phone"]), form, follow=True).content.decode()
    assert "Personne n’est à appeler." in page
    (undo,) = [one for one in found(page, "//a/@href") if "/undo/" in one]
    form = {"reason": "not_reached", "calls": "yes"}
    page = owner.post(undo, form, follow=True).content.decode()
    assert found(page, "//a[contains(@href, '/told/phone/')]")


def test_the_counter_sees_that_a_letter_holds_a_certificate_and_that_its_end_revokes_it(house, owner, as_role):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    with as_role("temoin_worker"):
        for load in claim_parcels("email", 10):
            with tenant_scope(load.pharmacy_id):
                couriers()["email"].prepare(load)

    page = owner.get(reverse("test", args=[record_id])).content.decode()
    assert "Elle contient un certificat que le patient peut montrer" in page

    cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="Autre personne")
    page = owner.get(reverse("test", args=[record_id])).content.decode()
    assert "Son certificat est révoqué." in page
    assert "Elle contient un certificat" not in page
