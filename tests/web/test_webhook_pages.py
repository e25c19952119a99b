"""The page of a program's notices: the secret shown once, the last tries, and whom it is not for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.http import HttpResponse
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
    moved = press(owner, "move_webhook", program, address="https://program.example/new")
    tried = press(owner, "try_webhook", program)
    turned = press(owner, "turn_webhook_secret", program).content.decode()
    page = owner.get(reverse("webhook", args=[program])).content.decode()
    seen = seen_in(page)
    ends = [press(owner, "end_webhook", program, seen=seen).status_code for _ in range(2)]

    check_page("webhook", page)
    assert (moved.status_code, tried.status_code, "whsec_" in turned, ends) == (302, 302, True, [302, 404])
    assert ("https://program.example/new" in page, "Avis d’essai" in page, "pas encore essayé" in page) == (True,) * 3


def seen_in(page: str) -> str:
    return re.findall('name="seen" value="([0-9a-f]+)"', page)[-1]  # above it stands what a refused form had


def press(client: Client, name: str, program: UUID, *, seen: str = "", **form: str) -> HttpResponse:
    """Press a button as the page has it now, or as one that was shown before."""
    seen = seen or seen_in(client.get(reverse("webhook", args=[program])).content.decode())
    return client.post(reverse(name, args=[program]), {"seen": seen, **form})


@pytest.mark.parametrize("act", ["turn_webhook_secret", "move_webhook", "end_webhook"])
@pytest.mark.parametrize("before", ["turn_webhook_secret", "move_webhook"])
def test_an_old_page_and_a_second_press_change_nothing(house: House, owner: Client, before: str, act: str):
    program = make_reader(house.owner)
    owner.post(reverse("register_webhook", args=[program]), {"address": ADDRESS})
    seen = seen_in(owner.get(reverse("webhook", args=[program])).content.decode())
    press(owner, before, program, address="https://program.example/first")
    stands = seen_in(owner.get(reverse("webhook", args=[program])).content.decode())

    answer = press(owner, act, program, seen=seen, address="https://program.example/second")
    told = owner.get(reverse("webhook", args=[program])).content.decode()

    assert seen_in(told) == stands
    if act == "move_webhook":
        assert answer.status_code == 400
        assert "https://program.example/second" in answer.content.decode()  # what was typed, to be sent again
    else:
        assert "whsec_" not in answer.content.decode()
        assert "Rien n’a été fait" in told


def test_a_program_that_reads_no_tests_is_offered_nothing(house: House, owner: Client):
    page = owner.get(reverse("webhook", args=[make_program(house.owner)])).content.decode()

    check_page("webhook", page)
    assert 'name="address"' not in page


def test_it_is_not_for_a_colleague_nor_for_another_pharmacy(house: House, owner: Client):
    page = reverse("webhook", args=[make_reader(house.owner)])
    elsewhere = reverse("webhook", args=[make_reader(house.stranger)])

    assert sign_in(Client(), house.colleague).get(page).status_code == 403
    assert owner.get(elsewhere).status_code == 404
