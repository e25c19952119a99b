"""Scanning a box at the lots page, without script: the scan fills the form, and a person adds the lot to the stock."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from people import COVID_KIT, House, sign_in

CODE = "0105012345678900172909301012AB"
TEXT = "(01)05012345678900(17)290930(10)12AB"
HIBC = "+A99912345/$$32909301012AB"
FIELDS = {"kit": "", "number": "", "expiry": "", "udi": ""}


def scan(client: Client, code: str = CODE, **typed: str):
    return client.post(reverse("receive_lot") + "?read", {**FIELDS, "scan": code, **typed})


def add(client: Client, page: str, **typed: str):
    """Send the form as a scan has filled it."""
    told = {name: value_of(page, name) for name in ("number", "expiry", "udi")}
    kit = re.search(r'<option value="([^"]+)" selected', page)
    return client.post(reverse("receive_lot"), {"kit": kit[1] if kit else "", "scan": "", **told, **typed})


def value_of(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def stock(client: Client) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)<', client.get(reverse("lots")).content.decode())


def test_the_page_waits_for_the_scanner(owner: Client):
    page = owner.get(reverse("lots")).content.decode()

    assert re.search(r'<input id="field-scan"[^>]* autofocus', page)
    assert page.index('name="scan"') < page.index('name="kit"')


def test_a_new_device_keeps_what_the_scan_told_and_asks_for_its_kit(owner: Client):
    answer = scan(owner)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Ce dispositif est nouveau ici" in page
    assert (value_of(page, "number"), value_of(page, "expiry")) == ("12AB", "2029-09-30")
    assert (value_of(page, "udi"), value_of(page, "scan")) == (TEXT, "")


@pytest.mark.parametrize("code", [CODE, "https://maker.example/01/05012345678900/10/12AB?17=290930"])
def test_a_scan_records_nothing_and_the_filled_form_is_received(owner: Client, code: str):
    assert add(owner, scan(owner, code).content.decode(), kit=COVID_KIT).status_code == 302

    again = scan(owner, code + "2" if code == CODE else code.replace("12AB", "12AB2"))

    assert (again.status_code, stock(owner)) == (200, ["12AB"])
    assert re.search(r'<button class="button main"\s+data-focus>', again.content.decode())
    assert add(owner, again.content.decode()).status_code == 302
    assert stock(owner) == ["12AB", "12AB2"]


def test_a_scan_left_in_the_field_is_read_before_anything_is_recorded(owner: Client):
    typed = {"kit": COVID_KIT, "number": "B1", "expiry": "2090-01-01", "scan": CODE}

    page = owner.post(reverse("receive_lot"), {**FIELDS, **typed}).content.decode()

    assert (value_of(page, "number"), stock(owner)) == ("12AB", [])


def test_a_box_of_the_other_issuer_is_learnt_as_well(owner: Client):
    from temoin.scanning.hibc import check_character

    codes = [f"+A99912345/$$3290930{lot}" for lot in ("12AB", "13AB")]
    first, second = (code + check_character(code) for code in codes)
    add(owner, scan(owner, first).content.decode(), kit=COVID_KIT)

    page = scan(owner, second).content.decode()

    assert f'<option value="{COVID_KIT}" selected>' in page
    assert (value_of(page, "number"), value_of(page, "udi")) == ("13AB", second)
    assert add(owner, page).status_code == 302


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("0105012345678900", "172909301012AB", TEXT),
        ("+A123BJC5D6E71G", "+$$52001510X3GD", "+A123BJC5D6E71/$$52001510X3C"),
    ],
)
def test_the_two_codes_of_one_box_are_scanned_one_after_the_other(owner: Client, first: str, second: str, text: str):
    page = scan(owner, first).content.decode()

    both = scan(owner, second, udi=value_of(page, "udi")).content.decode()

    assert value_of(both, "udi") == text


def test_a_box_that_was_scanned_and_not_added_is_told_when_the_next_one_comes(owner: Client):
    page = scan(owner).content.decode()
    told = {name: value_of(page, name) for name in ("number", "udi")}

    assert "n’a pas été ajoutée au stock" in scan(owner, CODE + "2", **told).content.decode()
    assert "n’a pas été ajoutée au stock" not in scan(owner, CODE, **told).content.decode()


def test_a_lost_separator_fills_what_is_sure_and_asks_for_the_lot(owner: Client):
    page = scan(owner, "0105012345678900172909301012AB21123", number="old").content.decode()

    assert (value_of(page, "number"), value_of(page, "expiry")) == ("", "2029-09-30")
    assert page.count("Le lecteur omet les séparateurs") == 2  # in the summary, and beside the field


def test_a_space_that_is_a_check_character_is_kept_and_without_it_the_lot_is_asked_for(owner: Client):
    sent = scan(owner, "+A99912345/$$3290930V9J ").content.decode()
    cut_off = scan(owner, "+A99912345/$$3290930V9J").content.decode()

    assert (value_of(sent, "number"), value_of(sent, "expiry")) == ("V9J", "2029-09-30")
    assert (value_of(cut_off, "number"), value_of(cut_off, "expiry")) == ("", "2029-09-30")
    assert "Le J qui termine ce code" in cut_off


def test_a_scanner_of_another_keyboard_is_understood_and_named(owner: Client):
    page = scan(owner, 'à&à(à&é"\'(-è_çàà&èéçàç"à&à&éQB').content.decode()

    assert "réglé pour un autre clavier" in page
    assert value_of(page, "udi") == TEXT


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("0105012345678907", "La clé du numéro du dispositif est fausse"),
        ("bonjour", "Ce code est inconnu ici"),
        ("1012AB", "Ce code ne désigne pas le dispositif"),
        ("0105012345678900172001311012AB", "mettez cette boîte de côté"),
        ("01050123456789001012AB", "Saisissez le dernier jour d’utilisation"),
        ("010501234567890017290930", "Saisissez le numéro de lot"),
        ("279035121518989", "numéro de sécurité sociale"),
        ("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<8806923102858CORINNE<<<<<<<6512068F6", "document d’identité"),
        ("7K2QF-XM04CP", "code du ticket"),
        ("10003879623", "numéro d’un professionnel de santé"),
        ("https://id.gs1.org/10/A/01/05012345678900", "dans un ordre que la norme ne connaît pas"),
        ("+A99912345/$$52001510X34", "La clé de ce code HIBC est fausse"),
    ],
)
def test_a_bad_scan_says_what_it_is_and_what_to_do(owner: Client, code: str, message: str):
    answer = scan(owner, code, kit=COVID_KIT)

    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count(message) >= 2  # in the summary, and beside the field
    assert value_of(page, "scan") == ""
    assert "BERTHIER" not in page


def test_the_student_scans_nothing_in(house: House):
    assert scan(sign_in(Client(), house.student), kit=COVID_KIT).status_code == 403
