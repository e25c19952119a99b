"""Scanning a box at the lots page, without script: one field, Enter, and the lot is in the stock."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from people import COVID_KIT, House, sign_in

CODE = "0105012345678900172909301012AB"
FIELDS = {"kit": "", "number": "", "expiry": ""}


def scan(client: Client, code: str = CODE, **typed: str):
    return client.post(reverse("receive_lot"), {**FIELDS, "udi": code, **typed})


def value_of(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def test_the_page_waits_for_the_scanner(owner: Client):
    page = owner.get(reverse("lots")).content.decode()

    assert re.search(r'<input id="field-udi"[^>]* autofocus', page)
    assert page.index('name="udi"') < page.index('name="kit"')


def test_a_new_device_keeps_what_the_scan_told_and_asks_for_its_kit(owner: Client):
    answer = scan(owner)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Ce dispositif est nouveau ici" in page
    assert (value_of(page, "number"), value_of(page, "expiry")) == ("12AB", "2029-09-30")
    assert value_of(page, "udi") == "(01)05012345678900(17)290930(10)12AB"


def test_the_page_sent_again_with_its_kit_is_received_and_the_next_box_needs_the_scan_only(owner: Client):
    page = scan(owner).content.decode()
    told = {name: value_of(page, name) for name in ("number", "expiry")}

    assert scan(owner, value_of(page, "udi"), kit=COVID_KIT, **told).status_code == 302
    assert scan(owner, CODE + "2").status_code == 302

    stock = owner.get(reverse("lots")).content.decode()
    assert ">12AB<" in stock
    assert ">12AB2<" in stock


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("0105012345678907", "La clé du numéro du dispositif est fausse"),
        ("bonjour", "Ce n’est pas un code GS1"),
        ("1012AB", "Ce code ne désigne pas le dispositif"),
        ("01050123456789001012AB17290930", "Le lecteur omet les séparateurs"),
        ("0105012345678900172001311012AB", "mettez cette boîte de côté"),
        ("01050123456789001012AB", "Saisissez le dernier jour d’utilisation"),
        ("010501234567890017290930", "Saisissez le numéro de lot"),
    ],
)
def test_a_bad_scan_says_what_to_do_and_keeps_what_was_typed(owner: Client, code: str, message: str):
    answer = scan(owner, code, kit=COVID_KIT)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count(message) >= 2  # in the summary, and beside the field
    assert code in page or "(01)" in value_of(page, "udi")
    assert f'<option value="{COVID_KIT}" selected>' in page


def test_the_student_scans_nothing_in(house: House):
    assert scan(sign_in(Client(), house.student), kit=COVID_KIT).status_code == 403
