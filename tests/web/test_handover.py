"""Handing over at the counter: one gesture, nobody's session shared, and back to the same page."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from people import (
    PASSWORD,
    House,
    make_lot,
    make_patient,
    make_sampled,
    make_seat,
    person_of,
    set_up_totp,
    sign_in,
    totp_code,
)

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import Seat


def sampled(house: House) -> UUID:
    return make_sampled(house.colleague, make_patient(house.colleague), make_lot(house.owner))


def sign_in_here(client: Client, seat: Seat, address: str):
    """Sign in at the page that the hand-over led to, with both factors, and follow to the end."""
    set_up_totp(person_of(seat))
    client.post(address, {"login": person_of(seat).email, "password": PASSWORD})
    return client.post(reverse("mfa_authenticate"), {"code": totp_code()}, follow=True)


def test_a_technician_hands_a_test_to_a_pharmacist_in_one_click(house: House, colleague: Client):
    page = reverse("test", args=[sampled(house)])
    assert f'name="next" value="{page}"' in colleague.get(page).content.decode()

    handed = colleague.post(reverse("hand_over"), {"next": page})
    asked = colleague.get(handed["Location"]).content.decode()
    answer = sign_in_here(colleague, house.owner, handed["Location"])

    assert "PETIT" not in asked
    assert answer.request["PATH_INFO"] == page
    assert "Claire MARTIN" in answer.content.decode()
    assert "outcome-sars-cov-2" in answer.content.decode()


def test_the_first_persons_session_is_over_and_its_end_an_event(house: House, colleague: Client):
    before = colleague.cookies["temoin_session_8600"].value

    colleague.post(reverse("hand_over"), {"next": "/"})

    old = Client()
    old.cookies["temoin_session_8600"] = before
    assert old.get(reverse("home"))["Location"].startswith(reverse("account_login"))
    assert colleague.get(reverse("home")).status_code == 302
    with tenant_scope(house.here.id):
        (event,) = Event.objects.filter(kind=EventKind.HANDED_OVER.value)
    assert (event.actor_id, event.subject_id, event.origin) == (*(house.colleague.member_id,) * 2, "page")


def test_the_next_person_comes_back_only_with_the_right_to(house: House, colleague: Client):
    handed = colleague.post(reverse("hand_over"), {"next": reverse("find_patient")})

    answer = sign_in_here(colleague, house.administrator, handed["Location"])

    assert (answer.request["PATH_INFO"], answer.status_code) == (reverse("find_patient"), 403)


@pytest.mark.parametrize(
    "page", ["", "https://mal.example/", "//mal.example/", "/nowhere/", "javascript:alert(1)", "/tests/x/", "\\\\mal"]
)
def test_no_hand_over_leads_out_of_the_site(colleague: Client, page: str):
    answer = colleague.post(reverse("hand_over"), {"next": page})

    assert answer["Location"] == f"{reverse('account_login')}?next=%2F"


def test_who_works_in_two_pharmacies_goes_on_in_the_one_of_this_screen(house: House, colleague: Client):
    locum = make_seat(house.here, Profession.REMPLACANT)
    make_seat(house.elsewhere, Profession.REMPLACANT, person=person_of(locum))
    page = reverse("test", args=[sampled(house)])
    handed = colleague.post(reverse("hand_over"), {"next": page})

    answer = sign_in_here(colleague, locum, handed["Location"])

    assert (answer.request["PATH_INFO"], answer.status_code) == (page, 200)


def test_a_stranger_gets_no_seat_by_a_hand_over(house: House, colleague: Client):
    page = reverse("test", args=[sampled(house)])
    handed = colleague.post(reverse("hand_over"), {"next": page})

    answer = sign_in_here(colleague, house.stranger, handed["Location"])

    assert answer.status_code == 404
    assert house.elsewhere.name in colleague.get(reverse("home")).content.decode()


def test_a_hand_over_after_the_session_ended_leads_to_the_counter(colleague: Client):
    assert colleague.get(reverse("hand_over"))["Location"] == reverse("home")


def test_a_pharmacist_needs_no_button_to_hand_over_a_test(house: House):
    page = sign_in(Client(), house.owner).get(reverse("test", args=[sampled(house)])).content.decode()

    assert page.count(reverse("hand_over")) == 1  # the header's


def test_the_page_says_who_may_sign_to_one_who_may_not(house: House, colleague: Client):
    page = colleague.get(reverse("test", args=[sampled(house)])).content.decode()

    assert "À faire signer par un pharmacien ou un biologiste médical." in page
