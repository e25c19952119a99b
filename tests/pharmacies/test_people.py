"""Pharmacies and their people: the seat, and a suspension that bites at once."""

from __future__ import annotations

import pytest
from people import make_person, make_pharmacy, make_seat, person_of, suspend

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.actions import seat_member
from temoin.pharmacies.professions import RIGHTS, Profession
from temoin.pharmacies.seat import pharmacies_of, take_seat
from temoin.signin.models import Person
from temoin.signin.own_secrets import open_own

# The seat -------------------------------------------------------------------------------------------------------------


def test_the_seat_says_who_acts_and_where(house):
    seat = take_seat(person_id=house.owner.person_id, pharmacy_id=house.here.id, origin="import")

    assert (seat.name, seat.rpps, seat.origin) == ("Claire MARTIN", "10003879623", "import")
    assert (seat.actor_id, seat.rights) == (house.owner.member_id, RIGHTS[Profession.TITULAIRE])


def test_seating_a_person_is_one_event_of_the_operator(house):
    with tenant_scope(house.here.id):
        events = list(Event.objects.filter(kind=EventKind.MEMBER_SEATED.value).values_list("origin", "subject_id"))

    assert ("command", house.owner.member_id) in events
    assert len(events) == 4


def test_nobody_sits_twice_in_one_pharmacy(house):
    names = {"family_name": "MARTIN", "given_name": "Claire", "rpps": ""}

    with pytest.raises(ConflictError, match="pharmacies_member_once"):
        seat_member(
            pharmacy_id=house.here.id,
            person_id=house.owner.person_id,
            profession=Profession.ADJOINT,
            names=names,
        )


def test_the_stranger_has_no_seat_here_and_an_unknown_pharmacy_has_none(house):
    for pharmacy_id in (house.here.id, new_id()):
        with pytest.raises(NotFoundError):
            take_seat(person_id=house.stranger.person_id, pharmacy_id=pharmacy_id)


def test_a_person_of_two_pharmacies_sees_both_by_name_and_no_other(house):
    make_pharmacy("Pharmacie des Inconnus")
    make_seat(house.elsewhere, Profession.REMPLACANT, person=person_of(house.owner))

    names = [pharmacy.name for pharmacy in pharmacies_of(house.owner.person_id)]

    assert names == ["Pharmacie de la Gare", "Pharmacie du Marché"]
    assert [pharmacy.name for pharmacy in pharmacies_of(house.stranger.person_id)] == ["Pharmacie de la Gare"]
    assert pharmacies_of(new_id()) == []


def test_a_suspended_member_has_no_seat_and_sees_no_pharmacy(house):
    suspend(house.colleague)

    with pytest.raises(NotFoundError):
        take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id)
    assert pharmacies_of(house.colleague.person_id) == []


# Persons --------------------------------------------------------------------------------------------------------------


def test_a_person_and_a_pharmacy_show_as_identifier_and_name(house):
    person = make_person()

    assert str(person) == str(person.id)  # never the address: it would reach logs
    assert str(house.here) == "Pharmacie du Marché"


@pytest.mark.django_db
def test_an_address_is_kept_in_small_letters_and_the_password_hashed():
    person = Person.objects.create_user("Claire.Martin@Officine.Example", "Un-Mot-de-passe-0fficine!")

    assert person.email == "claire.martin@officine.example"
    assert open_own("password", person.id, person.password, table="").startswith("argon2$argon2id$")
