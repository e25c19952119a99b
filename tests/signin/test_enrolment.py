"""Recovery by a second person: who may, what ends, and what the one-time code opens."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from people import PASSWORD, House, make_seat, open_house, person_of, set_up_totp

from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.errors import DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import Seat
from temoin.signin.enrolment import complete_enrolment, enrol, reset_factors
from temoin.signin.recovery import recover_factors
from temoin.signin.two_holders import ShownBackup

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    made = open_house()
    set_up_totp(person_of(made.colleague))
    return made


def reset(by: Seat, whom: Seat, *, password_too: bool = False) -> str:
    return reset_factors(by=by, member_id=whom.member_id, password_too=password_too)


def take(whom: Seat, code: str, password: str = PASSWORD) -> object:
    return enrol(email=person_of(whom).email, code=code, password=password)


def test_a_reset_ends_every_factor_and_is_written_down(house: House):
    reset(house.owner, house.colleague)

    assert not Authenticator.objects.filter(user=person_of(house.colleague)).exists()
    with tenant_scope(house.here.id):
        event = Event.objects.filter(kind="member.factors_reset").get()
    assert (event.actor_id, event.subject_id) == (house.owner.member_id, house.colleague.member_id)


def test_the_code_opens_once_with_the_password_that_its_owner_knows(house: House):
    code = reset(house.owner, house.colleague)

    assert take(house.colleague, code, "another password") is None
    assert take(house.colleague, code.lower().replace("-", " ")) == person_of(house.colleague)
    assert take(house.colleague, code) is None


def test_a_wrong_code_an_unknown_address_and_no_code_at_all_are_alike(house: House):
    reset(house.owner, house.colleague)

    assert take(house.colleague, "0000-0000-0000") is None
    assert enrol(email="nobody@officine.example", code="0000-0000-0000", password=PASSWORD) is None
    assert take(house.student, "") is None


def test_the_code_lasts_a_day(house: House):
    code = reset(house.owner, house.colleague)

    with shifted_by(timedelta(hours=24)):
        assert take(house.colleague, code) is None


def test_a_second_reset_replaces_the_code(house: House):
    first, second = reset(house.owner, house.colleague), reset(house.owner, house.colleague)

    assert take(house.colleague, first) is None
    assert take(house.colleague, second) is not None


def test_a_forgotten_password_yields_to_whoever_may_do_all_that_its_owner_may(house: House):
    code = reset(house.owner, house.colleague, password_too=True)

    assert take(house.colleague, code, "") == person_of(house.colleague)


def test_an_administrator_resets_a_colleague_but_never_their_password(house: House):
    with pytest.raises(DeniedError):
        reset(house.administrator, house.colleague, password_too=True)
    assert person_of(house.colleague).has_usable_password()

    assert reset(house.administrator, house.colleague)


@pytest.mark.parametrize("profession", [Profession.TITULAIRE, Profession.ADMINISTRATOR, Profession.AUDITOR])
def test_an_administrator_resets_nobody_above_their_reach(house: House, profession: Profession):
    above = make_seat(house.here, profession)
    set_up_totp(person_of(above))

    with pytest.raises(DeniedError):
        reset(house.administrator, above)

    assert Authenticator.objects.filter(user=person_of(above)).exists()


def test_an_administrator_does_not_reset_who_has_no_password_to_keep(house: House):
    person = person_of(house.colleague)
    person.set_unusable_password()
    person.save()

    with pytest.raises(DeniedError):
        reset(house.administrator, house.colleague)


def test_nobody_else_resets_and_nobody_resets_themself(house: House):
    for by in (house.colleague, house.student):
        with pytest.raises(DeniedError):
            reset(by, house.owner)
    with pytest.raises(NotFoundError):
        reset(house.owner, house.owner)


def test_another_pharmacys_colleague_is_an_unknown_one(house: House):
    for member_id in (house.colleague.member_id, uuid4()):
        with pytest.raises(NotFoundError):
            reset_factors(by=house.stranger, member_id=member_id, password_too=False)
    assert Authenticator.objects.filter(user=person_of(house.colleague)).exists()


def test_one_pharmacy_does_not_open_the_door_of_another(house: House):
    make_seat(house.elsewhere, Profession.PREPARATEUR, person=person_of(house.colleague))

    with pytest.raises(InvalidError):
        reset(house.owner, house.colleague)

    assert Authenticator.objects.filter(user=person_of(house.colleague)).exists()


def test_a_factor_set_up_ends_the_recovery(house: House):
    take(house.colleague, reset(house.owner, house.colleague))
    assert person_of(house.colleague).enrolment == "!"

    complete_enrolment(house.colleague.person_id)

    assert person_of(house.colleague).enrolment == ""


NOBODY = ShownBackup(Path("nowhere"), [])  # no holder; tests/journal/test_two_holders.py has them


def recover(house: House, whom: Seat) -> str:
    return recover_factors(by=Operator(house.here.id), member_id=whom.member_id, password_too=False, shown=NOBODY)


def test_whom_a_colleague_can_reset_the_operator_does_not(house: House):
    with pytest.raises(InvalidError):
        recover(house, house.colleague)
    make_seat(house.here, Profession.TITULAIRE)
    with pytest.raises(InvalidError):
        recover(house, house.owner)


def test_nobody_but_the_operator_recovers_and_nobody_of_elsewhere(house: House):
    for by in (house.owner, house.administrator, house.stranger):
        with pytest.raises(DeniedError):
            recover_factors(by=by, member_id=house.owner.member_id, password_too=False, shown=NOBODY)
    with pytest.raises(NotFoundError):
        recover(house, house.stranger)
