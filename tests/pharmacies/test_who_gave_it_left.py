"""What a person gave ends with their place: every kind of gift, by every way in which a place or its right ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from joserfc import jwt
from joserfc.jwk import ECKey
from people import NEWCOMER, PASSWORD, House, at_once, make_seat, open_house, person_of, set_up_totp
from test_team import events

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.events import EventKind
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TemoinError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.invitations import find_offer
from temoin.pharmacies.models import StaffNotice
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import (
    IssuedToken,
    UnvouchedError,
    add_program,
    issue_token,
    list_programs,
    revoke_program,
    take_program_seat,
)
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat, take_seat
from temoin.pharmacies.team import (
    approve_invitation,
    change_profession,
    depart_member,
    invite_member,
    resume_member,
    suspend_member,
)
from temoin.pharmacies.vouching import programs_vouched_by, vouch_for_program
from temoin.signin.enrolment import enrol, reset_factors
from temoin.signin.models import ENROLMENT
from temoin.signin.own_secrets import seal_hash

KEY = ECKey.generate_key("P-256")
READ = (Scope.TESTS_READ,)
Works = Callable[[], bool]


def add(by: Seat, scopes: tuple[Scope, ...] = READ) -> UUID:
    return add_program(by=by, name="LGO", public_key=KEY.as_pem(private=False).decode(), scopes=scopes)


def ask(house: House, program_id: UUID) -> IssuedToken:
    issuer, moment = f"{house.here.id}.{program_id}", int(now().timestamp())
    claims = {"iss": issuer, "sub": issuer, "aud": "test", "jti": f"number {moment}".replace(" ", "-")}
    claims["jti"] += str(len(events(house.here.id, EventKind.TOKEN_ISSUED)))
    signed = jwt.encode({"alg": "ES256"}, {**claims, "exp": moment + 60}, KEY)
    return issue_token(assertion=signed, audiences=["test"], scope="", certificate=b"")


def opens(ask: Callable[[], object]) -> bool:
    with suppress(TemoinError):
        return ask() is not None
    return False


def _invitation(_house: House, giver: Seat) -> Works:
    code = invite_member(by=giver, newcomer=NEWCOMER).code
    return lambda: opens(lambda: find_offer(code=code))


def _approval(house: House, giver: Seat) -> Works:
    invited = invite_member(by=house.administrator, newcomer=NEWCOMER)
    approve_invitation(by=giver, invitation_id=invited.id)
    return lambda: opens(lambda: find_offer(code=invited.code))


def _token(house: House, giver: Seat) -> Works:
    text = ask(house, add(giver)).text
    return lambda: opens(lambda: take_program_seat(token=text, certificate=b""))


def _next_token(house: House, giver: Seat) -> Works:
    program_id = add(giver)
    return lambda: opens(lambda: ask(house, program_id))


def _code(house: House, giver: Seat, *, password_too: bool) -> Works:
    set_up_totp(person_of(house.colleague))
    code = reset_factors(by=giver, member_id=house.colleague.member_id, password_too=password_too)
    email = person_of(house.colleague).email
    return lambda: opens(lambda: enrol(email=email, code=code, password="" if password_too else PASSWORD))


def _seat(_house: House, giver: Seat) -> Works:
    def works() -> bool:
        seat = take_seat(person_id=giver.person_id, pharmacy_id=giver.pharmacy_id)
        return seat.profession is Profession.TITULAIRE

    return lambda: opens(lambda: works() or None)


GIFTS: dict[str, Callable[[House, Seat], Works]] = {
    "an invitation": _invitation,
    "an approval": _approval,
    "a program's token in use": _token,
    "a program's next token": _next_token,
    "a code to enrol again": lambda house, giver: _code(house, giver, password_too=False),
    "a code for a forgotten password": lambda house, giver: _code(house, giver, password_too=True),
    "their own seat": _seat,
}


def _departed(by: Seat, one: Seat) -> None:
    depart_member(by=by, member_id=one.member_id, last_day=today_in(HOUSE) - timedelta(days=1))


def _changed(by: Seat, one: Seat) -> None:
    change_profession(by=by, member_id=one.member_id, profession=Profession.ADJOINT, rpps="")


ENDS: dict[str, Callable[[Seat, Seat], None]] = {
    "suspended": lambda by, one: suspend_member(by=by, member_id=one.member_id),
    "left": _departed,
    "another profession": _changed,
}


@pytest.fixture
def second(house: House) -> Seat:
    """Another owner, who gives something and then leaves."""
    return make_seat(house.here, Profession.TITULAIRE, family_name="HENRY", rpps="10003879672")


@pytest.mark.parametrize("gift", GIFTS)
def test_what_a_person_gave_works_while_they_are_at_work(house: House, second: Seat, gift: str):
    assert GIFTS[gift](house, second)()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("gift", GIFTS)
def test_what_a_person_gave_ends_with_their_place(house: House, second: Seat, gift: str, end: str):
    works = GIFTS[gift](house, second)

    ENDS[end](house.owner, second)

    assert not works()


def test_an_administrators_code_ends_with_their_place_too(house: House):
    works = _code(house, house.administrator, password_too=False)

    suspend_member(by=house.owner, member_id=house.administrator.member_id)

    assert not works()


def test_a_code_that_the_journal_does_not_know_opens_nothing(house: House):
    person = person_of(house.colleague)
    person.enrolment, person.enrolment_until = (
        seal_hash(ENROLMENT, person.id, "0123456789AB"),
        now() + timedelta(hours=1),
    )
    person.save()

    assert enrol(email=person.email, code="0123456789AB", password=PASSWORD) is None


def test_a_colleague_takes_a_program_over_and_it_is_let_in_again(house: House, second: Seat):
    program_id = add(second)
    suspend_member(by=house.owner, member_id=second.member_id)
    with pytest.raises(UnvouchedError):
        ask(house, program_id)

    vouch_for_program(by=house.owner, program_id=program_id)

    assert ask(house, program_id).scopes == READ
    assert events(house.here.id, EventKind.PROGRAM_VOUCHED) == [(house.owner.member_id, program_id, "page", "")]


def test_a_program_is_let_in_again_when_the_place_is_given_back(house: House, second: Seat):
    program_id = add(second)
    suspend_member(by=house.owner, member_id=second.member_id)

    resume_member(by=house.owner, member_id=second.member_id)

    assert ask(house, program_id)


def test_the_list_names_who_vouches_and_says_when_they_no_longer_may(house: House, second: Seat):
    add(second)
    (before,) = list_programs(by=house.owner)
    suspend_member(by=house.owner, member_id=second.member_id)
    (after,) = list_programs(by=house.owner)

    assert (before.voucher, before.is_vouched, before.may_vouch) == ("Alice HENRY", True, True)
    assert (after.voucher, after.is_vouched, after.may_vouch) == ("Alice HENRY", False, True)
    assert [one.may_vouch for one in list_programs(by=house.administrator)] == [False]
    assert programs_vouched_by(by=house.owner, member_id=second.member_id) == ["LGO"]


def test_the_operators_program_asks_nothing_and_names_nobody(house: House):
    program_id = add(Operator(house.here.id), scopes=())

    (program,) = list_programs(by=house.owner)
    assert (program.voucher, program.is_vouched) == ("", True)
    assert ask(house, program_id).scopes == ()


def test_nobody_vouches_beyond_their_own_rights(house: House):
    program_id = add(house.owner)

    for by in (house.administrator, house.colleague, Operator(house.here.id)):
        with pytest.raises(DeniedError):
            vouch_for_program(by=by, program_id=program_id)
    with pytest.raises(NotFoundError):
        vouch_for_program(by=house.stranger, program_id=program_id)
    with pytest.raises(DeniedError):
        programs_vouched_by(by=house.colleague, member_id=house.owner.member_id)


def test_vouching_twice_or_for_a_revoked_program_is_told(house: House, second: Seat):
    program_id = add(second)
    vouch_for_program(by=house.owner, program_id=program_id)
    with pytest.raises(ConflictError):
        vouch_for_program(by=house.owner, program_id=program_id)
    revoke_program(by=house.owner, program_id=program_id)
    with pytest.raises(ConflictError):
        vouch_for_program(by=second, program_id=program_id)


@pytest.mark.django_db(transaction=True)
def test_two_who_vouch_at_the_same_moment_are_told_apart():
    house = open_house()
    third = make_seat(house.here, Profession.TITULAIRE, rpps="10003879680")
    program_id = add(make_seat(house.here, Profession.TITULAIRE, rpps="10003879672"))

    found = at_once(
        lambda: vouch_for_program(by=house.owner, program_id=program_id),
        lambda: vouch_for_program(by=third, program_id=program_id),
    )

    last = events(house.here.id, EventKind.PROGRAM_VOUCHED)[-1][0]
    assert [one for one in found if isinstance(one, InvalidError)] == []
    (program,) = list_programs(by=house.owner)
    assert program.may_vouch is (last != house.owner.member_id)


def test_a_voucher_written_into_the_row_opens_nothing(house: House, second: Seat):
    program_id = add(second)
    suspend_member(by=house.owner, member_id=second.member_id)
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("UPDATE pharmacies_program SET vouched_by = %s", [house.owner.member_id])

    with pytest.raises(SealBrokenError):
        ask(house, program_id)


def test_the_owners_are_written_to_once_a_day_when_a_program_stops(house: House, second: Seat, as_role):
    program_id = add(second)
    suspend_member(by=house.owner, member_id=second.member_id)
    for hours in (0, 1, 25):
        with shifted_by(timedelta(hours=hours)), suppress(UnvouchedError):
            ask(house, program_id)

    with as_role("temoin_worker"):
        told = list(StaffNotice.objects.values_list("person_id", "kind"))
    assert told == [(house.owner.person_id, "program_stopped")] * 2
