"""Taking up an invitation: the code opens one place, once, in time, for the invited address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import DatabaseError
from people import NEWCOMER, PASSWORD, House, at_once, make_person, make_pharmacy, make_seat, open_house
from test_team import events

from temoin.journal.events import EventKind
from temoin.lib.clock import shifted_by
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.pharmacies.invitations import Offer, accept_offer, find_offer, read_offer
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import pharmacies_of, take_seat
from temoin.pharmacies.team import VALIDITY, approve_invitation, invite_member, suspend_member, withdraw_invitation
from temoin.signin.joining import HasAccountError, enrol_with_password
from temoin.signin.models import Person


@pytest.fixture
def code(house: House) -> str:
    return invite_member(by=house.owner, newcomer=NEWCOMER).code


@pytest.fixture
def offer(code: str) -> Offer:
    return find_offer(code=code)


def test_a_code_leads_to_what_was_offered(house: House, offer: Offer):
    assert (offer.pharmacy_id, offer.pharmacy_name) == (house.here.id, house.here.name)
    assert (offer.email, offer.profession) == (NEWCOMER.email, Profession.ADJOINT)


def test_a_code_is_found_however_it_was_typed(code: str):
    assert find_offer(code=f"  {code.lower().replace('-', ' ')} ")
    assert find_offer(code=code[:9] + code[9:].replace("0", "o").replace("1", "l"))


@pytest.mark.parametrize("wrong", ["", "x", "750000019", "750000019-0000-0000-0000-0000", "7" * 25, "é" * 25])
@pytest.mark.usefixtures("house")
def test_a_wrong_code_leads_nowhere(wrong: str):
    with pytest.raises(NotFoundError):
        find_offer(code=wrong)


def test_a_code_is_of_its_own_pharmacy(house: House, code: str):
    with pytest.raises(NotFoundError):
        find_offer(code=house.elsewhere.finess + code[9:])


def test_an_offer_of_no_pharmacy_is_none(offer: Offer):
    with pytest.raises(NotFoundError):
        read_offer(pharmacy_id=offer.invitation_id, invitation_id=offer.invitation_id)


def test_a_code_ends_after_seventy_two_hours(code: str, offer: Offer):
    assert timedelta(hours=72) == VALIDITY
    with shifted_by(VALIDITY + timedelta(seconds=1)):
        with pytest.raises(NotFoundError):
            find_offer(code=code)
        with pytest.raises(NotFoundError):
            enrol_with_password(offer=offer, password=PASSWORD)
    assert not Person.objects.filter(email=NEWCOMER.email).exists()


def test_a_code_opens_nothing_once_its_inviter_may_not_invite(house: House):
    invited = invite_member(by=house.administrator, newcomer=NEWCOMER)
    approve_invitation(by=house.owner, invitation_id=invited.id)
    code, offer = invited.code, find_offer(code=invited.code)

    suspend_member(by=house.owner, member_id=house.administrator.member_id)

    with pytest.raises(NotFoundError):
        find_offer(code=code)
    with pytest.raises(NotFoundError):
        enrol_with_password(offer=offer, password=PASSWORD)
    assert not Person.objects.filter(email=NEWCOMER.email).exists()


def test_a_newcomer_makes_an_account_and_has_a_place(house: House, code: str, offer: Offer):
    person = enrol_with_password(offer=offer, password=PASSWORD)

    seat = take_seat(person_id=person.id, pharmacy_id=house.here.id)
    assert authenticate(email=NEWCOMER.email, password=PASSWORD) == person
    assert (seat.profession, seat.name, seat.rpps) == (Profession.ADJOINT, "Léa GARNIER", NEWCOMER.rpps)
    assert events(house.here.id, EventKind.MEMBER_ENROLLED) == [(seat.member_id, seat.member_id, "page", "adjoint")]
    with pytest.raises(NotFoundError):
        find_offer(code=code)


def test_a_code_opens_once(house: House, offer: Offer):
    person = enrol_with_password(offer=offer, password=PASSWORD)

    with pytest.raises(HasAccountError):
        enrol_with_password(offer=offer, password=PASSWORD)
    with pytest.raises(ConflictError):
        accept_offer(offer=offer, person_id=person.id, email=person.email)
    assert pharmacies_of(person.id) == [house.here]


@pytest.mark.django_db(transaction=True)
def test_a_code_used_twice_at_once_opens_once():
    house = open_house()
    offer = find_offer(code=invite_member(by=house.owner, newcomer=NEWCOMER).code)

    found = at_once(*[lambda: enrol_with_password(offer=offer, password=PASSWORD)] * 2)

    assert sorted(type(one).__name__ for one in found) == ["HasAccountError", "Person"]


def test_a_withdrawn_code_opens_nothing(house: House, offer: Offer):
    withdraw_invitation(by=house.owner, invitation_id=offer.invitation_id)

    with pytest.raises(ConflictError):
        enrol_with_password(offer=offer, password=PASSWORD)


def test_a_failure_in_the_middle_leaves_neither_account_nor_place(
    offer: Offer, stick: Callable[..., Callable[[], object]]
):
    unstick = stick("INSERT", "journal_event", "true")
    with pytest.raises(DatabaseError, match="stuck"):
        enrol_with_password(offer=offer, password=PASSWORD)
    unstick()

    assert not Person.objects.filter(email=NEWCOMER.email).exists()
    assert enrol_with_password(offer=offer, password=PASSWORD)


def test_inviting_who_has_an_account_looks_the_same_and_adds_a_place(house: House):
    known = make_person()
    make_seat(house.elsewhere, Profession.REMPLACANT, person=known, rpps=NEWCOMER.rpps)
    invited = invite_member(by=house.owner, newcomer=_addressed_to(known.email))

    offer = find_offer(code=invited.code)
    with pytest.raises(HasAccountError):
        enrol_with_password(offer=offer, password="Un-autre-mot-de-passe-1")
    accept_offer(offer=offer, person_id=known.id, email=known.email)

    assert {pharmacy.id for pharmacy in pharmacies_of(known.id)} == {house.here.id, house.elsewhere.id}
    assert authenticate(email=known.email, password=PASSWORD) == known


def test_an_invitation_is_for_its_address(offer: Offer):
    other = make_person()

    with pytest.raises(NotFoundError):
        accept_offer(offer=offer, person_id=other.id, email=other.email)


def test_who_has_a_place_takes_no_second_one(house: House):
    email = Person.objects.get(id=house.colleague.person_id).email
    invited = invite_member(by=house.owner, newcomer=_addressed_to(email))

    with pytest.raises(ConflictError):
        accept_offer(offer=find_offer(code=invited.code), person_id=house.colleague.person_id, email=email)

    assert (
        take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id).profession is Profession.PREPARATEUR
    )


@pytest.mark.django_db
def test_the_operator_invites_the_first_owner():
    owner = NEWCOMER.__class__(**{**NEWCOMER.__dict__, "profession": Profession.TITULAIRE})
    place = make_pharmacy("Pharmacie neuve")

    invited = invite_member(by=Operator(place.id), newcomer=owner)
    person = enrol_with_password(offer=find_offer(code=invited.code), password=PASSWORD)

    assert take_seat(person_id=person.id, pharmacy_id=place.id).profession is Profession.TITULAIRE
    assert events(place.id, EventKind.MEMBER_INVITED) == [(None, invited.id, "command", "titulaire")]


def _addressed_to(email: str):
    return NEWCOMER.__class__(**{**NEWCOMER.__dict__, "email": email})
