"""The panel of a test's page on what the patient knows."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from page_tree import texts
from people import House, make_lot, make_patient, make_sampled, make_signed, open_house, sign_in


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

    answer = owner.post(reverse("told", args=[record_id, way]), {"version": "1"}, follow=True)

    told = [text for text in texts(answer.content.decode(), "//li") if words in text]
    assert len(told) == 1
    assert "version 1" in told[0]


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
