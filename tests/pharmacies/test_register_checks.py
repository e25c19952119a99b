"""Numbers are compared later, by the worker: nobody waits for the register, and what differs becomes a matter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from people import NEWCOMER, House, make_person, make_seat
from test_team import events

from temoin.journal.alerts import untold_alerts
from temoin.journal.events import EventKind
from temoin.journal.models import Alert
from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.actions import close_pharmacy
from temoin.pharmacies.invitations import accept_offer, find_offer
from temoin.pharmacies.models import RegisterCheck
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.queries import read_colleague, read_invitations, read_team
from temoin.pharmacies.register import RegisterAnswerError, RegisterAwayError, RegisterDifference, RegisteredActivity
from temoin.pharmacies.register_checks import MOST_IN_A_ROUND, RegisterView, ask_register
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.states import RegisterState
from temoin.pharmacies.team import (
    approve_invitation,
    change_profession,
    depart_member,
    invite_member,
    resume_member,
    suspend_member,
    withdraw_invitation,
)
from temoin.signin.joining import enrol_with_password

S = RegisterState
DAY = timedelta(days=1)


def pharmacist(family: str, given: str, *, is_active: bool = True) -> RegisteredActivity:
    return RegisteredActivity(
        is_active=is_active, family_name=family, given_names=given, professions=frozenset({"G15/21"})
    )


class Directory:
    """A register: what it knows under each number, and what it raises for some."""

    def __init__(self) -> None:
        self.known: dict[str, list[RegisteredActivity]] = {
            "10003879623": [pharmacist("MARTIN", "CLAIRE")],
            "10003879631": [pharmacist("LEROY", "HUGO")],
            NEWCOMER.rpps: [pharmacist("GARNIER", "LEA")],
        }
        self.raises: dict[str, Exception] = {}
        self.asked: list[str] = []

    def look_up(self, rpps: str) -> list[RegisteredActivity]:
        assert not connection.in_atomic_block or len(connection.savepoint_ids) == self.depth  # law 1
        self.asked.append(rpps)
        if rpps in self.raises:
            raise self.raises[rpps]
        return self.known.get(rpps, [])

    depth = 0


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def work(house: House, directory: Directory, as_role) -> Callable[..., None]:
    """Let the worker make a round, some days from now."""
    assert house

    def round_of(days: float = 0) -> None:
        raised: list[Exception] = []
        with as_role("temoin_worker"), shifted_by(timedelta(days=days)):
            directory.depth = len(connection.savepoint_ids)
            try:
                ask_register(directory, threading.Event())
            except (RegisterAwayError, ZeroDivisionError) as error:  # outside, it would undo what was noted
                raised.append(error)
        if raised:
            raise raised[0]

    return round_of


def of(house: House, seat: Seat) -> RegisterView | None:
    return read_colleague(by=house.owner, member_id=seat.member_id).register


def offered(house: House) -> RegisterView | None:
    (one,) = read_invitations(by=house.owner)
    return one.register


def detail_of(house: House, kind: EventKind) -> list[tuple[UUID, str]]:
    return [(subject, detail) for _actor, subject, _origin, detail in events(house.here.id, kind)]


def test_inviting_asks_nobody_and_says_not_checked(house: House, directory: Directory):
    invite_member(by=house.owner, newcomer=NEWCOMER)

    assert (offered(house).state, offered(house).checked_at, directory.asked) == (S.WAITING, None, [])


def test_who_has_no_number_is_asked_nothing_about(house: House, work, directory: Directory):
    work()

    assert of(house, house.colleague) is None
    assert sorted(directory.asked) == ["10003879623", "10003879631"]


def test_what_agrees_is_told_with_its_day_and_asked_again_in_a_month(house: House, work, directory: Directory):
    work()
    first = of(house, house.owner)
    work(29)
    work(31)

    assert (first.state, first.is_matter, first.shown) == (S.AGREES, False, "CLAIRE MARTIN, Pharmacien")
    assert abs(first.checked_at - now()) < timedelta(minutes=1)
    assert directory.asked.count("10003879623") == 2
    assert detail_of(house, EventKind.REGISTER_AGREED) == [(house.owner.member_id, "")] * 2


@pytest.mark.parametrize(
    ("entries", "state", "differs", "detail"),
    [
        ([], S.UNKNOWN, (), "unknown"),
        ([pharmacist("DURAND", "LEA")], S.DIFFERS, (RegisterDifference.NAME,), "name"),
        ([pharmacist("GARNIER", "LEA", is_active=False)], S.DIFFERS, (RegisterDifference.CLOSED,), "closed"),
    ],
)
def test_what_differs_is_an_event_a_message_and_a_mark(
    house: House, work, directory: Directory, as_role, entries, state, differs, detail
):
    invited = invite_member(by=house.owner, newcomer=NEWCOMER)
    directory.known[NEWCOMER.rpps] = entries
    work()

    found = offered(house)
    assert (found.state, found.differs, found.is_matter) == (state, differs, True)
    assert detail_of(house, EventKind.REGISTER_DIFFERED) == [(invited.id, detail)]
    with as_role("temoin_worker"):
        assert [(one.kind, one.subject_id) for one in untold_alerts(5)] == [("register.differed", invited.id)]


def test_a_difference_is_told_once_asked_daily_and_ends_when_the_register_is_mended(house: House, work, directory):
    directory.known["10003879623"] = []
    work()
    work(1.1)
    directory.known["10003879623"] = [pharmacist("MARTIN", "CLAIRE")]
    work(2.2)

    assert directory.asked.count("10003879623") == 3
    assert len(detail_of(house, EventKind.REGISTER_DIFFERED)) == 2
    with tenant_scope(house.here.id):
        assert Alert.objects.filter(kind=EventKind.REGISTER_DIFFERED.value).count() == 1
    assert of(house, house.owner).state is S.AGREES


def test_a_register_that_is_away_ends_the_round_and_leaves_all_unchecked(house: House, work, directory: Directory):
    directory.raises = dict.fromkeys(directory.known, RegisterAwayError("unreachable"))

    with pytest.raises(RegisterAwayError):
        work()

    assert len(directory.asked) == 1
    assert (of(house, house.owner).state, of(house, house.owner).checked_at) == (S.WAITING, None)
    directory.raises = {}
    work()
    assert of(house, house.owner).state is S.AGREES


def test_a_register_that_is_away_keeps_what_it_said_before(house: House, work, directory: Directory):
    work()
    directory.raises = dict.fromkeys(directory.known, RegisterAwayError("http_503"))
    with pytest.raises(RegisterAwayError):
        work(31)
    with pytest.raises(RegisterAwayError):
        work(31.001)

    found = of(house, house.owner)
    assert found.state is S.AGREES
    assert found.tried_at > found.checked_at


@pytest.mark.parametrize("poison", [RegisterAnswerError("malformed"), ZeroDivisionError()])
def test_a_number_that_breaks_its_look_up_holds_no_other(house: House, work, directory: Directory, poison: Exception):
    directory.raises = {"10003879623": poison}
    for _round in range(3):
        try:
            work()
        except ZeroDivisionError:
            continue

    assert of(house, house.owner).state is S.WAITING
    assert read_colleague(by=house.stranger, member_id=house.stranger.member_id).register.state is S.AGREES


def test_an_odd_answer_is_asked_for_again_in_an_hour(work, directory: Directory):
    directory.raises = {"10003879623": RegisterAnswerError("http_400")}
    work()
    work(0.03)
    work(0.05)

    assert directory.asked.count("10003879623") == 2


def test_a_round_is_bounded_and_the_next_goes_on(house: House, work, directory: Directory):
    for _number in range(MOST_IN_A_ROUND):
        make_seat(house.here, Profession.ADJOINT, rpps="10003879672")
    work()
    work()

    assert len(directory.asked) == MOST_IN_A_ROUND + 2


def test_a_stop_ends_the_round(house: House, directory: Directory, as_role):
    stop = threading.Event()
    stop.set()
    with as_role("temoin_worker"):
        ask_register(directory, stop)

    assert (directory.asked, of(house, house.owner).state) == ([], S.WAITING)


def test_what_was_found_of_an_invitation_goes_on_with_the_member(house: House, work):
    invited = invite_member(by=house.owner, newcomer=NEWCOMER)
    work()
    offer = find_offer(code=invited.code)
    person = make_person()
    person.email = NEWCOMER.email
    accept_offer(offer=offer, person_id=person.id, email=person.email)

    member = next(one for one in read_team(by=house.owner) if one.rpps == NEWCOMER.rpps)
    assert (member.register.state, member.register.shown) == (S.AGREES, "LEA GARNIER, Pharmacien")
    assert rows(house) == {house.owner.member_id, member.id}


def test_a_newcomer_before_any_answer_is_asked_about_as_a_member(house: House, work):
    offer = find_offer(code=invite_member(by=house.owner, newcomer=NEWCOMER).code)
    enrol_with_password(offer=offer, password="Un-Mot-de-passe-0fficine!")
    work()

    member = next(one for one in read_team(by=house.owner) if one.rpps == NEWCOMER.rpps)
    assert member.register.state is S.AGREES


def rows(house: House) -> set[UUID]:
    with tenant_scope(house.here.id):
        return set(RegisterCheck.objects.values_list("subject_id", flat=True))


def _withdrawn(house: House) -> None:
    withdraw_invitation(by=house.owner, invitation_id=invite_member(by=house.owner, newcomer=NEWCOMER).id)


def _suspended(house: House) -> None:
    seat = make_seat(house.here, Profession.ADJOINT, rpps=NEWCOMER.rpps)
    suspend_member(by=house.owner, member_id=seat.member_id)


def _without_number(house: House) -> None:
    seat = make_seat(house.here, Profession.NURSE, rpps="")
    change_profession(by=house.owner, member_id=seat.member_id, profession=Profession.STUDENT, rpps="")


@pytest.mark.parametrize("end", [_withdrawn, _suspended, _without_number])
def test_nobody_is_asked_about_any_more_once_it_is_over(house: House, work, directory: Directory, end):
    end(house)
    work()

    assert rows(house) == {house.owner.member_id}
    assert NEWCOMER.rpps not in directory.asked


def test_an_invitation_that_ran_out_is_asked_about_no_more(house: House, work, directory: Directory):
    invite_member(by=house.owner, newcomer=NEWCOMER)
    work(4)

    assert NEWCOMER.rpps not in directory.asked


def test_an_approved_invitation_is_asked_about_for_longer(house: House, work, directory: Directory):
    invited = invite_member(by=house.administrator, newcomer=NEWCOMER)
    with shifted_by(2 * DAY):
        approve_invitation(by=house.owner, invitation_id=invited.id)
    work(4)

    assert NEWCOMER.rpps in directory.asked


def test_who_has_left_is_asked_about_no_more_and_who_is_back_is(house: House, work, directory: Directory):
    seat = make_seat(house.here, Profession.ADJOINT, rpps=NEWCOMER.rpps)
    depart_member(by=house.owner, member_id=seat.member_id, last_day=today_in(HOUSE))
    work(2)
    assert NEWCOMER.rpps not in directory.asked

    resume_member(by=house.owner, member_id=seat.member_id)
    work(2)
    assert NEWCOMER.rpps in directory.asked


def test_who_was_suspended_is_asked_about_again_when_resumed(house: House, work, directory: Directory):
    seat = make_seat(house.here, Profession.ADJOINT, rpps=NEWCOMER.rpps)
    suspend_member(by=house.owner, member_id=seat.member_id)
    resume_member(by=house.owner, member_id=seat.member_id)
    work()

    assert NEWCOMER.rpps in directory.asked


def test_another_profession_or_number_is_compared_anew(house: House, work):
    seat = make_seat(house.here, Profession.ADJOINT, family_name="GARNIER", given_name="Léa", rpps=NEWCOMER.rpps)
    work()
    assert of(house, seat).state is S.AGREES

    change_profession(by=house.owner, member_id=seat.member_id, profession=Profession.NURSE, rpps="")
    assert (of(house, seat).state, of(house, seat).shown) == (S.WAITING, "")
    work()

    assert of(house, seat).differs == (RegisterDifference.PROFESSION,)


def test_a_number_given_later_is_asked_about(house: House, work, directory: Directory):
    change_profession(
        by=house.owner, member_id=house.colleague.member_id, profession=Profession.NURSE, rpps=NEWCOMER.rpps
    )
    work()

    assert NEWCOMER.rpps in directory.asked


def test_a_closed_pharmacy_asks_about_nobody(house: House, work, directory: Directory):
    invite_member(by=house.owner, newcomer=NEWCOMER)
    close_pharmacy(by=Operator(house.here.id))
    work()

    assert (rows(house), directory.asked) == (set(), ["10003879631"])


def test_a_number_withdrawn_while_it_is_asked_about_is_left(house: House, as_role):
    class Slow(Directory):
        def look_up(self, rpps: str) -> list[RegisteredActivity]:
            with tenant_scope(house.here.id), as_role("temoin_app"), connection.cursor() as cursor:
                cursor.execute("DELETE FROM pharmacies_register_check")
            return []

    with as_role("temoin_worker"):
        ask_register(Slow(), threading.Event())

    assert detail_of(house, EventKind.REGISTER_DIFFERED) == []
