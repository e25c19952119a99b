"""The page of a program's notices: the secret shown once, the last tries, and whom it is not for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_program, sign_in
from test_pages import check_page
from told_programs import make_reader

from temoin.webhooks.settings import OUTSIDE, Outside

ADDRESS = "https://program.example/temoin?key=s3cret"


@pytest.fixture(autouse=True)
def outside() -> Iterator[None]:
    before = OUTSIDE()
    OUTSIDE.give(Outside())
    yield
    OUTSIDE.give(before)


def test_an_address_is_registered_and_its_secret_shown_once(house: House, owner: Client):
    program = make_reader(house.owner)
    page = reverse("webhook", args=[program])
    check_page("webhook", owner.get(page).content.decode())

    shown = owner.post(reverse("register_webhook", args=[program]), {"address": ADDRESS})

    check_page("webhook", shown.content.decode())
    again = owner.get(page).content.decode()
    assert ("whsec_" in shown.content.decode(), "whsec_" in again, ADDRESS in again) == (True, False, True)
    assert shown["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["http://program.example", "https://10.0.0.1/x", "x" * 3000])
def test_an_address_that_cannot_be_taken_is_told_beside_its_field(house: House, owner: Client, address: str):
    program = make_reader(house.owner)

    answer = owner.post(reverse("register_webhook", args=[program]), {"address": address})

    assert answer.status_code == 400
    check_page("webhook", answer.content.decode())


def test_it_is_moved_tried_turned_and_ended_by_its_buttons(house: House, owner: Client):
    program = make_reader(house.owner)
    owner.post(reverse("register_webhook", args=[program]), {"address": ADDRESS})
    moved = owner.post(reverse("move_webhook", args=[program]), {"address": "https://program.example/new"})
    tried = owner.post(reverse("try_webhook", args=[program]))
    turned = owner.post(reverse("turn_webhook_secret", args=[program])).content.decode()
    page = owner.get(reverse("webhook", args=[program])).content.decode()
    ends = [owner.post(reverse("end_webhook", args=[program])).status_code for _ in range(2)]

    check_page("webhook", page)
    assert (moved.status_code, tried.status_code, "whsec_" in turned, ends) == (302, 302, True, [302, 404])
    assert ("https://program.example/new" in page, "Avis d’essai" in page, "pas encore essayé" in page) == (True,) * 3


def test_a_program_that_reads_no_tests_is_offered_nothing(house: House, owner: Client):
    page = owner.get(reverse("webhook", args=[make_program(house.owner)])).content.decode()

    check_page("webhook", page)
    assert 'name="address"' not in page


def test_it_is_not_for_a_colleague_nor_for_another_pharmacy(house: House, owner: Client):
    page = reverse("webhook", args=[make_reader(house.owner)])
    elsewhere = reverse("webhook", args=[make_reader(house.stranger)])

    assert sign_in(Client(), house.colleague).get(page).status_code == 403
    assert owner.get(elsewhere).status_code == 404
