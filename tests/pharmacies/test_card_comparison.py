"""Where the register differs, a person compares the number with the card: that settles it until the answer changes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from people import NEWCOMER, House, make_person, make_seat
from test_register_checks import Directory, detail_of, directory, of, offered, pharmacist, work
from test_team import events

from temoin.journal.events import EventKind
from temoin.journal.models import Alert
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.card_comparison import compare_with_card
from temoin.pharmacies.invitations import accept_offer, find_offer
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.queries import read_team
from temoin.pharmacies.register_checks import RegisterView
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.states import RegisterState
from temoin.pharmacies.team import change_profession, invite_member

__all__ = ["directory", "work"]  # fixtures of the room

S = RegisterState
COMPARED = EventKind.REGISTER_COMPARED
DUPONT, DURAND = pharmacist("DUPONT", "LEA"), pharmacist("DURAND", "LEA")


@pytest.fixture
def seat(house: House, directory: Directory, work) -> Seat:
    """A colleague whom the register knows under another name."""
    seat = make_seat(house.here, Profession.ADJOINT, family_name="GARNIER", given_name="Léa", rpps=NEWCOMER.rpps)
    directory.known[NEWCOMER.rpps] = [DURAND]
    work()
    return seat


def compare(by: Seat, house: House, seat: Seat, view: RegisterView | None = None) -> None:
    compare_with_card(by=by, subject_id=seat.member_id, seen=(view or of(house, seat)).answer)


def alerts(house: House) -> int:
    with tenant_scope(house.here.id):
        return Alert.objects.filter(kind=EventKind.REGISTER_DIFFERED.value).count()


def test_an_owner_compares_and_it_is_no_matter_any_more(house: House, seat: Seat):
    compare(house.owner, house, seat)

    found = of(house, seat)
    assert (found.state, found.is_matter, found.is_contradicted) == (S.DIFFERS, False, True)
    assert found.compared.by == "Claire MARTIN"
    assert abs(found.compared.at - now()) < timedelta(minutes=1)
    assert events(house.here.id, COMPARED) == [(house.owner.member_id, seat.member_id, "page", "name")]


def test_a_number_that_the_register_does_not_know_is_compared_too(house: House, seat: Seat, directory, work):
    directory.known[NEWCOMER.rpps] = []
    work(1.1)
    compare(house.owner, house, seat)

    assert (of(house, seat).state, of(house, seat).is_matter) == (S.UNKNOWN, False)
    assert detail_of(house, COMPARED) == [(seat.member_id, "unknown")]


def test_whoever_manages_the_team_compares_within_their_reach(house: House, seat: Seat, directory: Directory, work):
    directory.known["10003879623"] = []
    work(31)
    compare(house.administrator, house, seat)

    with pytest.raises(DeniedError):
        compare(house.administrator, house, house.owner)
    assert (of(house, seat).is_matter, of(house, house.owner).is_matter) == (False, True)


def test_nobody_without_the_right_compares(house: House, seat: Seat):
    for by in (house.colleague, house.student, Operator(house.here.id)):
        with pytest.raises(DeniedError):
            compare(by, house, seat)

    assert (of(house, seat).is_matter, events(house.here.id, COMPARED)) == (True, [])


def test_a_stranger_finds_no_number(house: House, seat: Seat):
    seen = of(house, seat).answer
    for by, number in ((house.stranger, seat.member_id), (house.owner, uuid4())):
        with pytest.raises(NotFoundError):
            compare_with_card(by=by, subject_id=number, seen=seen)


def test_nobody_compares_their_own_number(house: House, directory: Directory, work):
    directory.known["10003879623"] = []
    invited = invite_member(by=house.owner, newcomer=NEWCOMER.__class__(**{**vars(NEWCOMER), "rpps": "10003879623"}))
    work()

    for number, view in ((house.owner.member_id, of(house, house.owner)), (invited.id, offered(house))):
        with pytest.raises(InvalidError, match="own_number"):
            compare_with_card(by=house.owner, subject_id=number, seen=view.answer)
    assert of(house, house.owner).is_matter


def test_what_the_register_answers_otherwise_by_now_is_not_settled(house: House, seat: Seat, directory, work):
    seen = of(house, seat)
    for day, known in enumerate(([DUPONT], [], [pharmacist("GARNIER", "LEA")]), start=1):
        directory.known[NEWCOMER.rpps] = known
        work(day * 1.1)
        with pytest.raises(ConflictError):
            compare(house.owner, house, seat, seen)

    assert events(house.here.id, COMPARED) == []


def test_what_agrees_or_was_not_checked_is_nothing_to_compare(house: House, work):
    for state in (S.WAITING, S.AGREES):
        assert of(house, house.owner).state is state
        with pytest.raises(ConflictError):
            compare(make_seat(house.here, Profession.TITULAIRE), house, house.owner)
        work()


def test_comparing_twice_is_told(house: House, seat: Seat):
    compare(house.owner, house, seat)

    with pytest.raises(ConflictError):
        compare(house.administrator, house, seat)
    assert len(events(house.here.id, COMPARED)) == 1


def test_the_same_answer_is_told_to_nobody_again(house: House, seat: Seat, directory: Directory, work):
    directory.known[NEWCOMER.rpps] = [DURAND, DUPONT]
    work(1.1)
    compare(house.owner, house, seat)
    told = alerts(house)
    directory.known[NEWCOMER.rpps] = [DUPONT, DURAND]  # in another order
    work(2.2)

    assert directory.asked.count(NEWCOMER.rpps) == 3
    assert (of(house, seat).is_matter, of(house, seat).compared.by) == (False, "Claire MARTIN")
    assert alerts(house) == told


def test_a_register_that_agrees_since_ends_it(house: House, seat: Seat, directory: Directory, work):
    compare(house.owner, house, seat)
    directory.known[NEWCOMER.rpps] = [pharmacist("GARNIER", "LEA")]
    work(1.1)

    assert (of(house, seat).state, of(house, seat).compared) == (S.AGREES, None)


@pytest.mark.parametrize(
    "known",
    [[], [DUPONT], [pharmacist("DURAND", "LEA", is_active=False)]],
    ids=["unknown", "another name", "no longer practises"],
)
def test_another_difference_asks_again_and_is_told(house: House, seat: Seat, directory: Directory, work, known):
    compare(house.owner, house, seat)
    told = alerts(house)
    directory.known[NEWCOMER.rpps] = known
    work(1.1)

    assert (of(house, seat).is_matter, of(house, seat).compared) == (True, None)
    assert alerts(house) == told + 1
    compare(house.owner, house, seat)
    assert not of(house, seat).is_matter


def test_the_same_difference_after_an_agreement_asks_again(house: House, seat: Seat, directory: Directory, work):
    compare(house.owner, house, seat)
    for day, known in ((1.1, pharmacist("GARNIER", "LEA")), (32, DURAND)):
        directory.known[NEWCOMER.rpps] = [known]
        work(day)

    assert of(house, seat).is_matter


def test_another_profession_of_the_person_asks_again(house: House, seat: Seat, work):
    compare(house.owner, house, seat)
    change_profession(by=house.owner, member_id=seat.member_id, profession=Profession.REMPLACANT, rpps="")
    assert (of(house, seat).state, of(house, seat).compared) == (S.WAITING, None)
    work()

    assert of(house, seat).is_matter


@pytest.fixture
def invitation(house: House, directory: Directory, work) -> tuple[UUID, str]:
    """An invitation by the administrator, who lacks its rights; the register shows its number otherwise."""
    invited = invite_member(by=house.administrator, newcomer=NEWCOMER)
    directory.known[NEWCOMER.rpps] = [DURAND]
    work()
    return invited.id, offered(house).answer


def test_whoever_lacks_the_rights_of_an_invitation_settles_nothing_before_its_approval(house: House, invitation):
    number, seen = invitation

    with pytest.raises(DeniedError):
        compare_with_card(by=house.administrator, subject_id=number, seen=seen)
    compare_with_card(by=house.owner, subject_id=number, seen=seen)
    assert not offered(house).is_matter


def test_what_was_compared_of_an_invitation_stays_so_for_the_member(house: House, directory: Directory, work):
    invited = invite_member(by=house.owner, newcomer=NEWCOMER)
    directory.known[NEWCOMER.rpps] = [DURAND]
    work()
    compare_with_card(by=house.owner, subject_id=invited.id, seen=offered(house).answer)
    person = make_person()
    accept_offer(offer=find_offer(code=invited.code), person_id=person.id, email=NEWCOMER.email)
    work(1.1)

    member = next(one for one in read_team(by=house.owner) if one.rpps == NEWCOMER.rpps)
    assert (member.register.state, member.register.is_matter) == (S.DIFFERS, False)
    assert member.register.compared.by == "Claire MARTIN"
