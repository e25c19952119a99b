"""Nobody hands on rights that they lack: an owner approves, and what was not approved opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from people import NEWCOMER, House, at_once, make_pharmacy, make_seat, open_house, suspend
from stdnum import luhn

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.actions import open_pharmacy
from temoin.pharmacies.invitations import AwaitsApprovalError, find_offer
from temoin.pharmacies.models import Pharmacy, StaffNotice
from temoin.pharmacies.newcomer import Newcomer
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import MAY_SEAT, OPERATOR, RIGHTS, Profession
from temoin.pharmacies.queries import read_invitations
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.team import (
    Invited,
    approve_invitation,
    change_profession,
    depart_member,
    invite_member,
    resume_member,
    suspend_member,
    withdraw_invitation,
)


@pytest.fixture
def waiting(house: House) -> Invited:
    """A pharmacist whom an administrator invited."""
    return invite_member(by=house.administrator, newcomer=NEWCOMER)


def newcomer(profession: Profession) -> Newcomer:
    return NEWCOMER.__class__(**{**NEWCOMER.__dict__, "profession": profession})


@pytest.mark.parametrize("profession", Profession)
@pytest.mark.parametrize("giver", [Profession.TITULAIRE, Profession.ADMINISTRATOR])
def test_an_invitation_waits_exactly_when_it_gives_more_than_its_maker_has(
    house: House, giver: Profession, profession: Profession
):
    by = {Profession.TITULAIRE: house.owner, Profession.ADMINISTRATOR: house.administrator}[giver]
    if profession not in MAY_SEAT[giver]:
        pytest.skip("not within reach at all")

    invited = invite_member(by=by, newcomer=newcomer(profession))

    assert invited.is_waiting is bool(RIGHTS[profession] - RIGHTS[giver])


def test_a_code_that_waits_opens_nothing_and_says_so(waiting: Invited):
    with pytest.raises(AwaitsApprovalError):
        find_offer(code=waiting.code)


def test_the_owners_are_written_to_and_nobody_else(house: House, waiting: Invited, as_role):
    assert waiting.is_waiting
    with as_role("temoin_worker"):
        assert list(StaffNotice.objects.values_list("person_id", "kind")) == [(house.owner.person_id, "approval_asked")]


def test_an_owner_approves_and_the_code_opens(house: House, waiting: Invited):
    approve_invitation(by=house.owner, invitation_id=waiting.id)

    assert find_offer(code=waiting.code).profession is Profession.ADJOINT
    with tenant_scope(house.here.id):
        (event,) = Event.objects.filter(kind=EventKind.INVITATION_APPROVED.value)
    assert (event.actor_id, event.subject_id) == (house.owner.member_id, waiting.id)


def test_nobody_without_the_rights_approves(house: House, waiting: Invited):
    for seat in (house.administrator, house.colleague, house.student, make_seat(house.here, Profession.ADMINISTRATOR)):
        with pytest.raises(DeniedError):
            approve_invitation(by=seat, invitation_id=waiting.id)
    with pytest.raises(AwaitsApprovalError):
        find_offer(code=waiting.code)


def test_a_stranger_finds_nothing_to_approve(house: House, waiting: Invited):
    for by, number in ((house.stranger, waiting.id), (house.owner, uuid4())):
        with pytest.raises(NotFoundError):
            approve_invitation(by=by, invitation_id=number)


def test_approving_twice_is_told(house: House, waiting: Invited):
    approve_invitation(by=house.owner, invitation_id=waiting.id)

    with pytest.raises(ConflictError):
        approve_invitation(by=house.owner, invitation_id=waiting.id)


@pytest.mark.django_db(transaction=True)
def test_approving_and_withdrawing_at_the_same_moment_does_one_of_them():
    house = open_house()
    waiting = invite_member(by=house.administrator, newcomer=NEWCOMER)

    at_once(
        lambda: approve_invitation(by=house.owner, invitation_id=waiting.id),
        lambda: withdraw_invitation(by=house.administrator, invitation_id=waiting.id),
    )

    with pytest.raises(NotFoundError):
        find_offer(code=waiting.code)


def test_a_state_changed_in_the_database_opens_nothing(waiting: Invited):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pharmacies_invitation SET state = 'open' WHERE id = %s", [waiting.id])

    with pytest.raises(NotFoundError):
        find_offer(code=waiting.code)


def test_an_approval_ends_with_the_place_of_who_gave_it(house: House, waiting: Invited):
    second = make_seat(house.here, Profession.TITULAIRE, rpps="10003879672")
    approve_invitation(by=second, invitation_id=waiting.id)

    suspend(second)

    with pytest.raises(NotFoundError):
        find_offer(code=waiting.code)


def test_the_team_page_tells_who_waits_and_who_may_approve(house: House, waiting: Invited):
    def seen(by: Seat) -> tuple[bool, bool]:
        (one,) = read_invitations(by=by)
        return one.is_waiting, one.may_approve

    assert waiting.is_waiting
    assert (seen(house.owner), seen(house.administrator)) == ((True, True), (True, False))


def test_the_operators_invitation_waits_where_an_owner_can_be_asked(house: House):
    alone = make_pharmacy("Pharmacie neuve")

    assert invite_member(by=Operator(house.here.id), newcomer=NEWCOMER).is_waiting
    assert not invite_member(by=Operator(alone.id), newcomer=newcomer(Profession.TITULAIRE)).is_waiting
    assert OPERATOR in MAY_SEAT


def _departed(house: House) -> UUID:
    one = make_seat(house.here, Profession.ADJOINT, rpps="10003879680")
    depart_member(by=house.owner, member_id=one.member_id, last_day=today_in(HOUSE))
    return one.member_id


def _suspended(house: House) -> UUID:
    one = make_seat(house.here, Profession.ADJOINT, rpps="10003879680")
    suspend_member(by=house.owner, member_id=one.member_id)
    return one.member_id


def _technician(house: House) -> UUID:
    return house.colleague.member_id


LATER = today_in(HOUSE) + timedelta(days=30)
GRANTS: dict[str, tuple[Callable[[House], UUID], Callable[[Seat, UUID], None]]] = {
    "another profession": (
        _technician,
        lambda by, one: change_profession(by=by, member_id=one, profession=Profession.ADJOINT, rpps="10003879680"),
    ),
    "the place again": (_suspended, lambda by, one: resume_member(by=by, member_id=one)),
    "a later last day": (_departed, lambda by, one: depart_member(by=by, member_id=one, last_day=LATER)),
}


@pytest.mark.parametrize("grant", GRANTS)
def test_no_change_of_a_place_gives_what_the_manager_lacks(house: House, grant: str):
    find, give = GRANTS[grant]
    one = find(house)

    with pytest.raises(DeniedError):
        give(house.administrator, one)
    give(house.owner, one)


@pytest.mark.django_db
@pytest.mark.parametrize("is_demo", [True, False])
def test_a_number_that_fails_its_check_digit_is_refused_but_in_a_demonstration(is_demo: bool):
    place = _open(is_demo=is_demo)
    owner = make_seat(place, Profession.TITULAIRE, rpps="10003879672")
    technician = make_seat(place, Profession.PREPARATEUR)
    wrong = NEWCOMER.__class__(**{**NEWCOMER.__dict__, "rpps": "10003879640"})

    if is_demo:
        assert invite_member(by=owner, newcomer=wrong).code
        return
    with pytest.raises(InvalidError, match="rpps:check_digit"):
        invite_member(by=owner, newcomer=wrong)
    with pytest.raises(InvalidError, match="rpps:check_digit"):
        change_profession(by=owner, member_id=technician.member_id, profession=Profession.ADJOINT, rpps="10003879640")


def _open(*, is_demo: bool) -> Pharmacy:
    address = {"street": "1 rue", "postcode": "75001", "city": "Paris", "phone": "+33140000000"}
    finess = "75009999" + luhn.calc_check_digit("75009999")
    return open_pharmacy(finess=finess, name="Pharmacie", address=address, is_demo=is_demo)
