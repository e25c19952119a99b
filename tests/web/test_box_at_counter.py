"""The box in hand, scanned at the counter: its lot is used at this workstation before any other of the stock."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, sign_in

from temoin.catalogue.lots import close_lot, recall_lot
from temoin.lib.zones import HOUSE, today_in

DEVICE = "(01)05012345678900"


def code_of(number: str, expiry: date | None = None) -> str:
    return f"{DEVICE}(17){expiry or today_in(HOUSE) + timedelta(days=60):%y%m%d}(10){number}"


def stocked(house: House, number: str, days: int = 60):
    """Put a box into the stock whose code tells device, last day and lot."""
    last = today_in(HOUSE) + timedelta(days=days)
    return make_lot(house.owner, number=number, expiry=last, udi=code_of(number, last))


def scan(client: Client, code: str):
    return client.post(reverse("find_patient"), {"scan": code})


def offered(client: Client, house: House) -> str:
    return client.get(reverse("new_test", args=[make_patient(house.owner)])).content.decode()


def test_the_lot_of_a_scanned_box_is_used_before_one_that_expires_sooner(house: House, owner: Client):
    stocked(house, "SOON", days=9)
    stocked(house, "HAND")
    assert "SOON" in offered(owner, house)

    answer = scan(owner, code_of("HAND"))

    assert answer["Location"] == reverse("home")
    assert "Le lot HAND est utilisé à ce poste." in owner.get(reverse("home")).content.decode()
    assert "HAND" in offered(owner, house)


def test_the_box_scanned_last_is_the_one_in_use(house: House, owner: Client):
    for number in ("A1", "B2"):
        stocked(house, number)
        scan(owner, code_of(number))
    assert "B2" in offered(owner, house)

    scan(owner, code_of("A1"))

    assert "A1" in offered(owner, house)


def test_it_is_the_workstations_own_and_changes_no_other(house: House, owner: Client):
    stocked(house, "SOON", days=9)
    stocked(house, "HAND")
    scan(owner, code_of("HAND"))

    assert "SOON" in offered(sign_in(Client(), house.colleague), house)


def test_a_played_with_cookie_is_no_lot(house: House, owner: Client):
    stocked(house, "SOON", days=9)
    owner.cookies[settings.HABITS_COOKIE_NAME] = "lots=x." + "0" * 600

    assert "SOON" in offered(owner, house)


@pytest.mark.parametrize(
    ("act", "words"), [(close_lot, "Ce lot est clos"), (recall_lot, "Ce lot a été rappelé par son fabricant")]
)
def test_a_box_that_may_not_be_used_says_why_and_changes_nothing(house: House, owner: Client, act, words: str):
    stocked(house, "SOON", days=9)
    named = {"reference": "R1"} if act is recall_lot else {}
    act(by=house.owner, lot_id=stocked(house, "BAD"), **named)

    answer = scan(owner, code_of("BAD"))

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert "SOON" in offered(owner, house)


def test_a_box_with_another_last_day_than_the_stock_is_looked_into(house: House, owner: Client):
    stocked(house, "HAND")

    answer = scan(owner, code_of("HAND", today_in(HOUSE) + timedelta(days=61)))

    assert answer.status_code == 400
    assert "une autre date limite que la boîte" in answer.content.decode()


def test_a_box_that_is_not_in_stock_fills_the_form_that_adds_it(house: House, owner: Client):
    stocked(house, "KNOWN")

    page = scan(owner, code_of("NEW")).content.decode()

    assert 'name="number" value="NEW"' in page
    assert f'action="{reverse("receive_lot")}' in page


def test_who_only_takes_samples_is_told_whom_to_ask(house: House):
    stocked(house, "KNOWN")
    student = sign_in(Client(), house.student)

    assert scan(student, code_of("KNOWN"))["Location"] == reverse("home")
    answer = scan(student, code_of("NEW"))

    assert answer.status_code == 400
    assert "la personne qui tient le stock" in answer.content.decode()


def test_another_pharmacys_box_is_not_in_stock_here(house: House, stranger: Client):
    stocked(house, "HAND")

    answer = scan(stranger, code_of("HAND"))

    assert answer.status_code == 400
    assert "Ce dispositif est nouveau ici" in answer.content.decode()
