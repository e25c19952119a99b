"""The waiting list: since when, who was called or not there, and who stands first where the workstation wishes it."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_test

NAMES = ("AUBERT", "BLANC", "COLIN")


@pytest.fixture
def waiting(house: House) -> dict[str, UUID]:
    make_lot(house.owner)
    return {name: make_test(house.owner, make_patient(house.owner, birth_family_name=name)) for name in NAMES}


def do(client: Client, record_id: UUID, what: str) -> str:
    return client.post(reverse("wait", args=[record_id]), {"do": what}, follow=True).content.decode()


def order(page: str) -> list[str]:
    return re.findall(rf">({'|'.join(NAMES)}) ", page)


def test_who_is_not_there_stands_behind_until_there_again(owner: Client, waiting: dict[str, UUID]):
    assert order(do(owner, waiting["AUBERT"], "absent")) == ["BLANC", "COLIN", "AUBERT"]
    assert order(do(owner, waiting["AUBERT"], "undo-absent")) == ["AUBERT", "BLANC", "COLIN"]


def test_who_has_symptoms_stands_first_where_the_workstation_wishes_it(owner: Client, waiting: dict[str, UUID]):
    owner.post(reverse("keep_habits"), {"paper": "roll", "symptoms_first": "yes"})
    assert order(do(owner, waiting["COLIN"], "first")) == ["COLIN", "AUBERT", "BLANC"]

    owner.post(reverse("keep_habits"), {"paper": "roll"})

    assert order(owner.get(reverse("home")).content.decode()) == list(NAMES)


def test_who_was_called_is_sampled_next_and_the_row_says_when(owner: Client, waiting: dict[str, UUID]):
    page = do(owner, waiting["BLANC"], "called")

    row = page.partition(f'id="row-{waiting["BLANC"]}"')[2].partition("</tr>")[0]
    assert "is-opened" in row
    assert re.search(r"appelé à [0-9]{2}:[0-9]{2}", row)
    assert re.search(r"[0-9]{2}:[0-9]{2}\s+<small[^>]*>0\u00a0min", row)


def test_two_people_who_call_one_patient_are_told(owner: Client, colleague: Client, waiting: dict[str, UUID]):
    do(owner, waiting["BLANC"], "called")

    assert "Quelqu’un d’autre a été plus rapide" in do(colleague, waiting["BLANC"], "called")


def test_nobody_else_marks_them(stranger: Client, owner: Client, waiting: dict[str, UUID]):
    address = reverse("wait", args=[waiting["BLANC"]])

    assert stranger.post(address, {"do": "called"}).status_code == 404
    assert owner.post(address, {"do": "anything"}).status_code == 404
