"""Parcels on the test's page: their states in words, and sending again what was refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from people import TRAITS, House, make_lot, make_patient, make_signed, make_test

from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.outbox.states import ParcelState
from temoin.patients.queries import read_patient
from temoin.testing.queries import read_parcels
from temoin.testing.tickets import read_ticket

AUTHORITY = "fhir"
Settle = Callable[..., None]


@pytest.fixture
def record_id(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


@pytest.fixture
def settle(as_role: Callable[[str], AbstractContextManager[None]]) -> Settle:
    """Answer as the authority would, in the worker's role."""

    def answer(verdict: Verdict, code: str, **more: object) -> None:
        with as_role("temoin_worker"):
            loads = claim_parcels(AUTHORITY, 10)
            settle_parcels([(load, Answer(verdict, code, **more)) for load in loads])

    return answer


def test_a_receipt_is_shown(owner: Client, record_id: UUID, settle: Settle):
    settle(Verdict.ACCEPTED, "acknowledged", receipt={"id": "accuse-42", "location": "", "received_at": ""})

    page = owner.get(reverse("test", args=[record_id])).content.decode()

    assert "Accusé reçu" in page
    assert "Accusé n° accuse-42" in page


@pytest.mark.parametrize(
    ("verdict", "code", "words"),
    [
        (Verdict.REFUSED, "http_422", "L’autorité rejette le document."),
        (Verdict.POSTPONED, "unreachable", "En attente : le service est injoignable."),
        (Verdict.POSTPONED, "http_503", "Le service est en difficulté."),
        (Verdict.DOUBTFUL, "no_answer", "on lui demande ce qu’il a reçu"),
    ],
)
def test_what_went_wrong_is_said_in_plain_words(
    owner: Client, record_id: UUID, settle: Settle, *, verdict: Verdict, code: str, words: str
):
    settle(verdict, code)

    assert words in owner.get(reverse("parcels", args=[record_id])).content.decode()


def test_a_refused_parcel_is_sent_again_by_a_pharmacist(house: House, owner: Client, record_id: UUID, settle: Settle):
    settle(Verdict.REFUSED, "http_422")
    refused = next(one for one in read_parcels(by=house.owner, record_id=record_id) if one.destination == AUTHORITY)
    path = reverse("release", args=[record_id, refused.id])

    offered = path in owner.get(reverse("test", args=[record_id])).content.decode()
    answers = [owner.post(path, {"seen": refused.seen_version}) for _ in range(2)]

    assert offered
    assert [answer.status_code for answer in answers] == [302, 302]
    states = {one.state for one in read_parcels(by=house.owner, record_id=record_id) if one.id == refused.id}
    assert states == {ParcelState.WAITING}


def test_a_technician_is_not_offered_to_send_again(house: House, colleague: Client, record_id: UUID, settle: Settle):
    settle(Verdict.REFUSED, "http_422")
    refused = next(one for one in read_parcels(by=house.owner, record_id=record_id) if one.destination == AUTHORITY)
    path = reverse("release", args=[record_id, refused.id])

    assert path not in colleague.get(reverse("test", args=[record_id])).content.decode()
    assert colleague.post(path).status_code == 403


def test_a_parcel_of_another_record_is_unknown(owner: Client, record_id: UUID):
    assert owner.post(reverse("release", args=[record_id, uuid4()])).status_code == 404


def test_a_lost_ticket_is_renewed(owner: Client, record_id: UUID):
    answer = owner.post(reverse("renew_ticket", args=[record_id]), as_shown(owner, record_id))

    assert answer["Location"] == reverse("ticket", args=[record_id])


def as_shown(client: Client, record_id: UUID) -> dict[str, str]:
    """Return what the form of a lost ticket holds."""
    page = client.get(reverse("test", args=[record_id])).content.decode()
    form = page.partition(f'action="{reverse("renew_ticket", args=[record_id])}"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(version|after)" value="([^"]*)"', form))


def test_a_lost_ticket_asked_for_twice_is_renewed_once_and_shown(house: House, owner: Client, record_id: UUID):
    form = as_shown(owner, record_id)
    owner.post(reverse("renew_ticket", args=[record_id]), form)
    code = read_ticket(by=house.owner, record_id=record_id)

    answer = owner.post(reverse("renew_ticket", args=[record_id]), form, follow=True)

    assert code in answer.content.decode()
    assert "aucun autre par cet appui" in answer.content.decode()
    sent = [parcel for parcel in read_parcels(by=house.owner, record_id=record_id) if parcel.destination == "email"]
    assert len(sent) == 2


def test_without_an_address_the_ticket_is_not_renewed_but_the_result_printed(house: House, owner: Client):
    record_id = make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))

    answer = owner.post(reverse("renew_ticket", args=[record_id]), {"version": "1", "after": ""}, follow=True)

    assert "imprimez plutôt le résultat" in answer.content.decode()


def test_an_abandoned_test_sends_nothing(house: House, owner: Client):
    record_id = make_test(house.owner, make_patient(house.owner))

    owner.post(reverse("abandon", args=[record_id]))

    assert "Abandonné" in owner.get(reverse("test", args=[record_id])).content.decode()
    assert owner.get(reverse("ticket", args=[record_id])).status_code == 410


def test_an_amended_patient_keeps_what_the_form_does_not_show(house: House, owner: Client):
    patient_id = make_patient(house.owner, country="USA", county="Pima", postcode="85701")
    seen = read_patient(by=house.owner, patient_id=patient_id).seen_version
    form = {**TRAITS, "identity_status": "VALI", "country": "USA", "postcode": "85702", "seen": seen}

    answer = owner.post(reverse("amend_patient", args=[patient_id]), form)

    traits = read_patient(by=house.owner, patient_id=patient_id)
    assert answer.status_code == 302
    assert (traits.country, traits.county, traits.postcode, traits.identity_status) == ("USA", "Pima", "85702", "VALI")
