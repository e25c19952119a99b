"""What signs a person in goes a year after their last day in every pharmacy; who did what stays."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.db import DatabaseError
from django.test import Client
from people import House, make_seat, open_house, person_of, set_up_totp, sign_in
from retention_rounds import decided, reap
from roles import take_role

from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.errors import InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.queries import read_team
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.team import depart_member, resume_member, suspend_member
from temoin.retention.accounts import end_accounts
from temoin.retention.holds import lift_hold, place_hold

KEPT, GONE = timedelta(days=365), timedelta(days=367)


@pytest.fixture
def house(db, settings, tmp_path: Path) -> House:  # noqa: ARG001
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl", days=None)
    return open_house()


def leave(house: House) -> None:
    depart_member(by=house.owner, member_id=house.colleague.member_id, last_day=today_in(HOUSE))


def ends_told(seat: Seat) -> list[object]:
    with tenant_scope(seat.pharmacy_id):
        return list(Event.objects.filter(kind="account.ended").values_list("subject_id", flat=True))


def test_a_year_after_the_last_day_nothing_signs_them_in_and_the_journal_still_names_them(house: House):
    set_up_totp(person_of(house.colleague))
    leave(house)

    early, late, again = (reap(after).accounts for after in (KEPT, GONE, GONE))

    person = person_of(house.colleague)
    assert (early, late, again) == (0, 1, 0)
    assert (person.email, person.is_active) == (f"{person.id}@ended.invalid", False)
    assert not person.has_usable_password()
    assert not Authenticator.objects.filter(user=person).exists()
    assert ends_told(house.colleague) == [house.colleague.member_id]
    assert house.colleague.family_name in {one.family_name for one in read_team(by=house.owner)}


def test_whoever_works_anywhere_or_was_only_suspended_keeps_their_account(house: House):
    make_seat(house.elsewhere, Profession.ADJOINT, person=person_of(house.colleague), rpps="10003879623")
    suspend_member(by=house.owner, member_id=house.student.member_id)
    leave(house)

    assert reap(GONE).accounts == 0
    assert person_of(house.colleague).is_active


def test_the_end_is_told_in_every_pharmacy_that_they_left(house: House):
    there = make_seat(house.elsewhere, Profession.ADJOINT, person=person_of(house.colleague), rpps="10003879623")
    leave(house)
    depart_member(by=house.stranger, member_id=there.member_id, last_day=today_in(HOUSE))

    assert reap(GONE).accounts == 1
    assert (ends_told(house.colleague), ends_told(there)) == ([house.colleague.member_id], [there.member_id])


def test_who_is_signed_in_may_be_taking_another_place(house: House):
    leave(house)
    with shifted_by(GONE):
        sign_in(Client(), house.colleague)

    assert reap(GONE).accounts == 0


def test_a_hold_of_all_that_a_pharmacy_keeps_keeps_the_account(house: House):
    leave(house)
    hold_id = place_hold(by=house.owner, patient_id=None, reason="Réquisition")
    held = reap(GONE).accounts
    lift_hold(by=house.owner, hold_id=hold_id, reason="Classée")

    assert (held, reap(GONE).accounts) == (0, 1)


@pytest.mark.parametrize("poisoned", ["colleague", "student"])  # whichever comes first
def test_an_account_that_cannot_be_emptied_holds_no_other(house: House, stick, poisoned: str):
    leave(house)
    depart_member(by=house.owner, member_id=house.student.member_id, last_day=today_in(HOUSE))
    stick("UPDATE", "signin_person", f"old.id = '{getattr(house, poisoned).person_id}'")

    with take_role("temoin_keeper"), shifted_by(GONE), pytest.raises(DatabaseError, match="stuck"):
        end_accounts(365, threading.Event())

    active = {name for name in ("colleague", "student") if person_of(getattr(house, name)).is_active}
    assert active == {poisoned}


def test_a_last_day_that_somebody_wrote_into_the_database_ends_nothing(house: House, tamper):
    tamper(f"UPDATE pharmacies_member SET last_day = '2020-01-01' WHERE id = '{house.colleague.member_id}'")  # noqa: S608

    assert reap(GONE).accounts == 0
    assert person_of(house.colleague).is_active


@pytest.mark.parametrize("act", ["resume", "longer"])
def test_a_place_without_an_account_is_not_given_back(house: House, act: str):
    leave(house)
    reap(GONE)

    with shifted_by(GONE), pytest.raises(InvalidError, match="account_ended"):
        give_back(house, act)


def give_back(house: House, act: str) -> None:
    member_id = house.colleague.member_id
    if act == "resume":
        resume_member(by=house.owner, member_id=member_id)
    else:
        depart_member(by=house.owner, member_id=member_id, last_day=today_in(HOUSE))
