"""The pages of the reading clock: a strip is started, mended and undone; a time entered by hand is marked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_test, open_house, sign_in

from temoin.lib.clock import now, shifted_by
from temoin.web.times import local_minute

MARK = "(heure saisie)"
STRIP = {"outcome-leucocytes": "plus-1", "outcome-nitrites": "negative"}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def take(client: Client, house: House, kind: str, kit: str, specimen: str, **typed: str) -> tuple[UUID, str]:
    """Take a sample on the page; return the record and the page that follows."""
    record_id = make_test(house.owner, make_patient(house.owner), kind=kind)
    form = {"lot": str(make_lot(house.owner, kit=kit)), "specimen": specimen, **typed}
    answer = client.post(reverse("sample", args=[record_id]), form, follow=True)
    return record_id, answer.content.decode()


def at(client: Client, name: str, record_id: UUID, **form: str) -> str:
    return client.post(reverse(name, args=[record_id]), form, follow=True).content.decode()


def test_a_strip_is_started_by_one_button_and_read_and_signed(house: House):
    client = sign_in(Client(), house.owner)
    record_id, page = take(client, house, "cystitis-strip", "siemens-multistix", "urine")
    assert "Lancer le chronomètre" in page
    assert "outcome-leucocytes" not in page
    assert "Chronomètre à lancer" in client.get(reverse("home")).content.decode()

    page = at(client, "start", record_id)
    assert "outcome-leucocytes" in page
    with shifted_by(timedelta(seconds=70)):
        assert "Signer" in at(client, "sign", record_id, **STRIP)
        page = at(client, "sign", record_id, **STRIP, reviewed="yes")

    assert "Signé" in page
    assert MARK not in page


def test_a_start_is_mended_and_taken_back_on_the_page(house: House):
    client = sign_in(Client(), house.owner)
    record_id, _ = take(client, house, "cystitis-strip", "siemens-multistix", "urine")
    future = local_minute(now() + timedelta(hours=1))
    assert "est dans le futur" in at(client, "start", record_id, started_at=future)

    assert MARK in at(client, "start", record_id, started_at=local_minute(now()))
    assert MARK not in at(client, "start", record_id)
    assert "outcome-leucocytes" not in at(client, "undo_start", record_id)


@pytest.mark.parametrize("typed", [True, False])
def test_a_time_entered_by_hand_is_marked_on_the_review_the_page_and_the_print(house: House, typed: bool):
    client = sign_in(Client(), house.owner)
    record_id, _ = take(client, house, "covid19-ag", "aaz-covid-viro", "nasal-swab")
    with shifted_by(timedelta(minutes=16)):
        client = sign_in(Client(), house.owner)  # the session has ended
        form = {"outcome-sars-cov-2": "negative", "read_at": local_minute(now()) if typed else ""}
        review = at(client, "sign", record_id, **form)
        hidden = review.split('name="reviewed"')[1]
        sent = {
            name: hidden.split(f'name="{name}" value="')[1].split('"')[0] for name in ("read_at", "read_at-instant")
        }
        page = at(client, "sign", record_id, **{**form, **sent}, reviewed="yes")
        sheet = client.get(reverse("print_result", args=[record_id])).content.decode()

    assert {MARK in text for text in (review, page, sheet)} == {typed}
