"""Managing a team: who may, what is refused, what bites when, and one event for each act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection
from people import NEWCOMER, House, at_once, make_seat, open_house, person_of

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.models import Invitation, Member
from temoin.pharmacies.newcomer import check_newcomer
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import MANAGERS, MAY_SEAT, Profession, Right
from temoin.pharmacies.queries import read_colleague, read_invitations, read_team
from temoin.pharmacies.seat import Seat, pharmacies_of, take_seat
from temoin.pharmacies.team import (
    change_profession,
    depart_member,
    invite_member,
    resume_member,
    suspend_member,
    withdraw_invitation,
)

RPPS = "10003879656"
CHANGES: dict[str, Callable[[Seat, UUID], None]] = {
    "change": lambda by, one: change_profession(by=by, member_id=one, profession=Profession.ADJOINT, rpps=RPPS),
    "suspend": lambda by, one: suspend_member(by=by, member_id=one),
    "resume": lambda by, one: resume_member(by=by, member_id=one),
    "depart": lambda by, one: depart_member(by=by, member_id=one, last_day=today_in(HOUSE)),
}


def events(pharmacy_id: UUID, kind: EventKind) -> list[tuple]:
    with tenant_scope(pharmacy_id):
        found = Event.objects.filter(kind=kind.value).order_by("at")
        return list(found.values_list("actor_id", "subject_id", "origin", "detail"))


def newcomer(**changes: str):
    raw = {"family_name": "GARNIER", "given_name": "Léa", "email": "lea@officine.example", "rpps": RPPS}
    return check_newcomer({**raw, "profession": "adjoint", **changes})


@pytest.mark.parametrize("change", CHANGES)
def test_only_managers_change_a_place(house: House, change: str):
    for seat in (house.colleague, house.student):
        with pytest.raises(DeniedError):
            CHANGES[change](seat, house.student.member_id)


@pytest.mark.parametrize("change", CHANGES)
def test_another_pharmacys_place_is_an_unknown_one(house: House, change: str):
    for one in (house.stranger.member_id, uuid4()):
        with pytest.raises(NotFoundError):
            CHANGES[change](house.owner, one)


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_their_own_place(house: House, change: str):
    with pytest.raises(InvalidError, match="own_place"):
        CHANGES[change](house.owner, house.owner.member_id)


@pytest.mark.parametrize("change", CHANGES)
def test_an_administrator_reaches_no_owner_no_administrator_and_no_auditor(house: House, change: str):
    for profession in (Profession.TITULAIRE, Profession.ADMINISTRATOR, Profession.AUDITOR):
        colleague = make_seat(house.here, profession)
        with pytest.raises(DeniedError):
            CHANGES[change](house.administrator, colleague.member_id)


@pytest.mark.parametrize("profession", Profession)
def test_a_manager_gives_only_the_places_within_reach(house: House, profession: Profession):
    offered = newcomer(profession=profession.value)

    for seat in (house.owner, house.administrator):
        if profession in MAY_SEAT[seat.profession]:
            invite_member(by=seat, newcomer=offered)
        else:
            with pytest.raises(DeniedError):
                invite_member(by=seat, newcomer=offered)


def test_an_administrator_makes_nobody_an_owner_by_a_change(house: House):
    with pytest.raises(DeniedError):
        change_profession(
            by=house.administrator, member_id=house.colleague.member_id, profession=Profession.TITULAIRE, rpps=RPPS
        )


def test_an_administrator_opens_nobodys_account_to_another_card(house: House):
    """Whoever holds the card of a place's number signs in there through Pro Santé Connect."""
    adjoint = make_seat(house.here, Profession.ADJOINT, rpps="10003879664")

    for seat in (adjoint, house.colleague):
        with pytest.raises(DeniedError):
            change_profession(by=house.administrator, member_id=seat.member_id, profession=seat.profession, rpps=RPPS)
    change_profession(by=house.administrator, member_id=adjoint.member_id, profession=Profession.REMPLACANT, rpps="")

    assert take_seat(person_id=adjoint.person_id, pharmacy_id=house.here.id).rpps == "10003879664"


def test_a_new_profession_has_its_rights_and_number_at_once(house: House):
    change_profession(by=house.owner, member_id=house.colleague.member_id, profession=Profession.ADJOINT, rpps=RPPS)

    seat = take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id)
    assert (seat.profession, seat.rpps, seat.family_name) == (Profession.ADJOINT, RPPS, "PETIT")
    assert events(house.here.id, EventKind.MEMBER_CHANGED) == [
        (house.owner.member_id, house.colleague.member_id, "page", "adjoint")
    ]


def test_an_owner_makes_a_colleague_a_manager(house: House):
    change_profession(by=house.owner, member_id=house.colleague.member_id, profession=Profession.ADMINISTRATOR, rpps="")

    rights = take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id).rights
    assert rights == {Right.MANAGE_MEMBERS, Right.MANAGE_WEBHOOKS}


def test_nobody_becomes_a_pharmacist_without_a_number(house: House):
    with pytest.raises(InvalidError, match="rpps:required"):
        change_profession(by=house.owner, member_id=house.student.member_id, profession=Profession.ADJOINT, rpps="")


def test_a_suspension_bites_at_the_next_seat_and_ends_when_resumed(house: House):
    suspend_member(by=house.owner, member_id=house.colleague.member_id)
    with pytest.raises(NotFoundError):
        take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id)
    assert pharmacies_of(house.colleague.person_id) == []

    resume_member(by=house.owner, member_id=house.colleague.member_id)
    assert take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id)


@pytest.mark.parametrize("change", ["suspend", "resume"])
def test_a_second_time_changes_nothing(house: House, change: str):
    if change == "suspend":
        CHANGES[change](house.owner, house.colleague.member_id)

    with pytest.raises(ConflictError):
        CHANGES[change](house.owner, house.colleague.member_id)


def test_a_departure_bites_after_the_last_day_and_not_before(house: House):
    depart_member(by=house.owner, member_id=house.colleague.member_id, last_day=today_in(HOUSE))

    assert take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id)
    assert pharmacies_of(house.colleague.person_id) == [house.here]
    with shifted_by(timedelta(days=1)):
        with pytest.raises(NotFoundError):
            take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id)
        assert pharmacies_of(house.colleague.person_id) == []
        assert read_colleague(by=house.owner, member_id=house.colleague.member_id).has_left


def test_who_left_comes_back(house: House):
    depart_member(by=house.owner, member_id=house.colleague.member_id, last_day=today_in(HOUSE) - timedelta(days=3))

    resume_member(by=house.owner, member_id=house.colleague.member_id)

    assert take_seat(person_id=house.colleague.person_id, pharmacy_id=house.here.id)


def test_a_last_day_in_another_century_is_a_slip_of_the_hand(house: House):
    with pytest.raises(InvalidError, match="too_late"):
        depart_member(
            by=house.owner, member_id=house.colleague.member_id, last_day=today_in(HOUSE) + timedelta(days=36_500)
        )


@pytest.mark.parametrize("change", ["change", "suspend", "depart"])
def test_the_last_lasting_manager_stays(house: House, change: str):
    suspend_member(by=house.owner, member_id=house.administrator.member_id)
    other = make_seat(house.here, Profession.TITULAIRE, rpps=RPPS)
    depart_member(by=other, member_id=house.owner.member_id, last_day=today_in(HOUSE))

    # The owner, at work until the evening, cannot take along the only one who is left.
    with pytest.raises(InvalidError, match="last_manager"):
        CHANGES[change](house.owner, other.member_id)


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_suspend_each_other_at_once_leave_one():
    house = open_house()
    other = make_seat(house.here, Profession.TITULAIRE, rpps=RPPS)
    suspend_member(by=house.owner, member_id=house.administrator.member_id)

    found = at_once(
        lambda: suspend_member(by=house.owner, member_id=other.member_id),
        lambda: suspend_member(by=other, member_id=house.owner.member_id),
    )

    assert sorted(map(str, found)) == [":last_manager", "None"]


def test_the_operator_closes_even_the_last_managers_place(house: House):
    suspend_member(by=Operator(house.elsewhere.id), member_id=house.stranger.member_id)

    assert events(house.elsewhere.id, EventKind.MEMBER_SUSPENDED) == [(None, house.stranger.member_id, "command", "")]


@pytest.mark.parametrize("change", CHANGES)
def test_a_failure_in_the_middle_changes_nothing(house: House, change: str, stick: Callable[..., object]):
    before = read_team(by=house.owner)
    if change == "resume":
        suspend_member(by=house.owner, member_id=house.colleague.member_id)
        before = read_team(by=house.owner)

    unstick = stick("INSERT", "journal_event", "true")
    with pytest.raises(DatabaseError, match="stuck"):
        CHANGES[change](house.owner, house.colleague.member_id)
    unstick()

    assert read_team(by=house.owner) == before


def test_the_team_is_read_with_the_last_day_seen_here_only(house: House):
    with tenant_scope(house.elsewhere.id), connection.cursor() as cursor:
        cursor.execute("UPDATE signin_person SET last_login = now() WHERE id = %s", [house.owner.person_id])

    team = read_team(by=house.administrator)

    assert [one.family_name for one in team] == ["BLANC", "MARTIN", "PETIT", "ROUX"]
    assert {one.last_seen for one in team} == {None}
    assert [one.is_mine for one in team] == [True, False, False, False]
    assert [one.within_reach for one in team] == [False, False, True, True]


@pytest.mark.parametrize("read", [read_team, read_invitations])
def test_the_team_is_read_by_managers_only(house: House, read: Callable):
    with pytest.raises(DeniedError):
        read(by=house.colleague)


def test_an_invitation_is_kept_without_its_code(house: House):
    invited = invite_member(by=house.owner, newcomer=NEWCOMER)

    with tenant_scope(house.here.id):
        row = Invitation.objects.get(id=invited.id)
    assert invited.code.startswith(house.here.finess)
    assert invited.code.replace("-", "").encode() not in bytes(row.code_hash) + bytes(row.sealed)
    assert [one.email for one in read_invitations(by=house.owner)] == [NEWCOMER.email]
    assert events(house.here.id, EventKind.MEMBER_INVITED) == [(house.owner.member_id, invited.id, "page", "adjoint")]


def test_an_invitation_is_withdrawn_once(house: House):
    invited = invite_member(by=house.owner, newcomer=NEWCOMER)

    with pytest.raises(DeniedError):
        withdraw_invitation(by=house.colleague, invitation_id=invited.id)
    with pytest.raises(NotFoundError):
        withdraw_invitation(by=house.stranger, invitation_id=invited.id)
    withdraw_invitation(by=house.owner, invitation_id=invited.id)
    with pytest.raises(ConflictError):
        withdraw_invitation(by=house.owner, invitation_id=invited.id)

    assert read_invitations(by=house.owner) == []


def test_every_problem_of_a_newcomer_is_told_at_once():
    with pytest.raises(InvalidError) as refused:
        newcomer(family_name=" ", given_name="\u200b", email="nobody", rpps="1234")

    assert [problem.field for problem in refused.value.problems] == ["family_name", "given_name", "email", "rpps"]


@pytest.mark.parametrize("profession", Profession)
def test_a_number_is_asked_of_who_has_one_and_kept_of_nobody_else(profession: Profession):
    if profession in {*MANAGERS, Profession.AUDITOR} - {Profession.TITULAIRE}:
        assert newcomer(profession=profession.value).rpps == ""
    else:
        assert newcomer(profession=profession.value).rpps == RPPS


def test_one_person_works_in_two_pharmacies_with_different_rights(house: House):
    there = make_seat(house.elsewhere, Profession.STUDENT, person=person_of(house.owner))

    suspend_member(by=house.stranger, member_id=there.member_id)

    assert take_seat(person_id=house.owner.person_id, pharmacy_id=house.here.id).profession is Profession.TITULAIRE
    with tenant_scope(house.here.id):
        assert Member.objects.filter(is_active=False).count() == 0
