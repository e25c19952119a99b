"""Appointments: who gets the last place, who may move or cancel one, and what the counter sees of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from appointing import ALL_DAY, Booking
from django.db import IntegrityError, ProgrammingError, connection, transaction
from meeting import both_at_once
from people import House, open_house

from temoin.arrivals.appointed import (
    appointments_to_come,
    call_arrival,
    cancel_all,
    cancel_appointment,
    free_hours,
    move_appointment,
    uncall_arrival,
)
from temoin.arrivals.appointments import Taking, Wish, free_seats, take_place
from temoin.arrivals.box import HandedForm
from temoin.arrivals.calendar import calendar_of, calendar_to_set, set_hours
from temoin.arrivals.hours import Hours, Opening
from temoin.arrivals.models import Arrival
from temoin.arrivals.queries import read_arrival, waiting_arrivals
from temoin.arrivals.telling import HowTold, note_called, read_call_sheet, untold_patients
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, day_of
from temoin.pharmacies.operator import Operator
from temoin.retention.arrivals import end_all

AsRole = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def portal(house: House) -> Booking:
    return Booking(house.owner)


def kept(house: House, arrival_id: UUID) -> Arrival:
    with tenant_scope(house.here.id):
        found: Arrival = Arrival.objects.get(id=arrival_id)
        return found


def test_an_appointment_is_taken_and_its_place_is_gone(house: House, portal: Booking):
    at = portal.hour(60)
    taken, arrival_id = portal.take(at, number=4170)

    assert taken is Taking.TAKEN
    assert next(offer.left for offer in portal.calendar().offers if offer.starts_at == at) == 0
    assert [(one.id, one.number, one.starts_at) for one in appointments_to_come(by=house.colleague)] == [
        (arrival_id, 4170, at)
    ]
    assert waiting_arrivals(by=house.owner) == []  # not today's
    assert appointments_to_come(by=house.stranger) == []


def test_of_two_who_take_the_last_place_one_is_told(portal: Booking):
    at = portal.hour(60)

    assert [portal.take(at, number=number)[0] for number in (1000, 1001)] == [Taking.TAKEN, Taking.FULL]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_both_saw_the_last_place_free_one_has_it():
    house = open_house()
    portal = Booking(house.owner)
    at = portal.hour(60)

    def take(number: int) -> Taking:
        return portal.take(at, number=number)[0]

    taken = both_at_once(house.here.id, partial(take, 1000), partial(take, 1001), unwritten=Arrival)

    assert sorted(taken) == sorted([Taking.TAKEN, Taking.FULL])
    assert len(appointments_to_come(by=house.owner)) == 1


def test_one_sent_twice_is_taken_once_and_a_number_is_one_persons(house: House, portal: Booking):
    at, later = portal.hour(60), portal.hour(61)
    _taken, arrival_id = portal.take(at, number=1000)

    assert portal.take(at, number=1000, arrival_id=arrival_id)[0] is Taking.AGAIN
    assert portal.take(later, number=1000)[0] is Taking.NUMBER
    assert len(appointments_to_come(by=house.owner)) == 1


def test_a_device_holds_three_places(portal: Booking):
    hours = [portal.hour(60 + number) for number in range(4)]

    taken = [portal.take(at, number=1000 + place, device=b"one")[0] for place, at in enumerate(hours)]

    assert taken == [Taking.TAKEN] * 3 + [Taking.HELD]
    assert portal.take(hours[3], number=1003, device=b"other")[0] is Taking.TAKEN


def test_an_hour_that_is_not_offered_is_not_given(house: House, portal: Booking, as_role: AsRole):
    at = portal.hour(60)
    set_hours(by=house.owner, hours=Hours((Opening(0, 540, 600),), closed=(day_of(at, HOUSE),)), expected_version=None)

    with as_role("temoin_portal"):
        wish = Wish(at, b"p", b"d", remind=False)
        assert take_place(portal.poster(), HandedForm(uuid4(), uuid4(), 1000, b"x"), wish) is Taking.FULL


def test_whoever_has_the_secret_cancels_and_nothing_of_the_form_stays(house: House, portal: Booking):
    at = portal.hour(60)
    _taken, arrival_id = portal.take(at, number=1000, proof=b"mine")

    assert not portal.give_up(b"another")
    assert portal.give_up(b"mine")
    assert not portal.give_up(b"mine")

    row = kept(house, arrival_id)
    assert (row.state, bytes(row.ciphertext)) == ("cancelled", b"")
    assert portal.take(at, number=1001)[0] is Taking.TAKEN


def test_whoever_has_the_secret_moves_it_to_a_free_hour(house: House, portal: Booking):
    at, later, full = portal.hour(60), portal.hour(70), portal.hour(71)
    portal.take(full, number=1001)
    _taken, arrival_id = portal.take(at, number=1000, proof=b"mine")

    assert portal.put_off(b"another", later) is Taking.NONE
    assert portal.put_off(b"mine", full) is Taking.FULL
    assert portal.put_off(b"mine", later) is Taking.TAKEN

    row = kept(house, arrival_id)
    assert (row.starts_at, row.remind_at) == (later, later - timedelta(days=1))
    assert read_arrival(by=house.owner, arrival_id=arrival_id).filled is not None


def test_an_appointment_is_not_moved_beyond_the_end_of_its_key(house: House, portal: Booking):
    offers = portal.calendar().offers
    first = offers[1].starts_at
    key = offers[1].key.key_id
    far = next((offer.starts_at for offer in offers if offer.key.key_id != key), None)
    assert far is not None  # sixty days reach the key of another month, whatever day it is
    later = [offer.starts_at for offer in offers if f"{offer.starts_at:%Y-%m}" > f"{first + timedelta(days=14):%Y-%m}"]
    portal.take(first, number=1000, proof=b"mine")
    (mine,) = appointments_to_come(by=house.owner)

    for at in later[-1:]:
        assert portal.put_off(b"mine", at) is Taking.FAR
        with pytest.raises(InvalidError):
            move_appointment(by=house.owner, arrival_id=mine.id, starts_at=at, expected_hour=None)
    assert appointments_to_come(by=house.owner) == [mine]


def test_the_patients_site_sees_hours_and_changes_what_it_names_alone(house: House, portal: Booking, as_role: AsRole):
    _taken, arrival_id = portal.take(portal.hour(60), number=1000, proof=b"mine")
    refused = ("number", "ciphertext", "proof_hash", "link_hash", "device_hash")

    for column in refused:
        with as_role("temoin_portal"), tenant_scope(house.here.id), pytest.raises(ProgrammingError):
            run(f"SELECT {column} FROM arrivals_arrival")  # noqa: S608
    with as_role("temoin_portal"), tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("UPDATE arrivals_arrival SET state = 'cancelled'")
        assert cursor.rowcount == 0
    assert kept(house, arrival_id).state == "waiting"


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_team_moves_and_cancels_and_the_stranger_does_not(house: House, portal: Booking):
    at, later = portal.hour(60), portal.hour(70)
    _taken, arrival_id = portal.take(at, number=1000)

    for act in (partial(cancel_appointment, expected_hour=None), call_arrival):
        with pytest.raises(NotFoundError):
            act(by=house.stranger, arrival_id=arrival_id)
        with pytest.raises(DeniedError):
            act(by=house.administrator, arrival_id=arrival_id)
    with pytest.raises(InvalidError):
        move_appointment(
            by=house.owner, arrival_id=arrival_id, starts_at=later + timedelta(minutes=1), expected_hour=None
        )
    assert later in {hour.starts_at for hour in free_hours(by=house.owner)}
    move_appointment(by=house.student, arrival_id=arrival_id, starts_at=later, expected_hour=None)
    assert [one.starts_at for one in appointments_to_come(by=house.owner)] == [later]
    assert cancel_appointment(by=house.colleague, arrival_id=arrival_id, expected_hour=None) is HowTold.MAIL
    with pytest.raises(ConflictError):
        cancel_appointment(by=house.colleague, arrival_id=arrival_id, expected_hour=None)
    assert appointments_to_come(by=house.owner) == []


def test_a_form_sent_again_with_another_hour_holds_the_last_that_was_chosen(house: House, portal: Booking):
    at, later = portal.hour(60), portal.hour(70)
    _taken, arrival_id = portal.take(at, number=1000, proof=b"mine")  # its answer was lost

    assert portal.take(later, number=1000, proof=b"mine", arrival_id=arrival_id)[0] is Taking.AGAIN
    assert [one.starts_at for one in appointments_to_come(by=house.owner)] == [later]
    portal.give_up(b"mine")
    assert portal.take(at, number=1000, proof=b"mine", arrival_id=arrival_id)[0] is Taking.NONE


@pytest.mark.django_db(transaction=True)
def test_the_team_overbooks_no_hour_that_somebody_takes_meanwhile():
    house = open_house()
    portal = Booking(house.owner)
    at, later = portal.hour(60), portal.hour(70)
    _taken, arrival_id = portal.take(at, number=1000)

    def move() -> bool:
        try:
            move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None)
        except InvalidError:
            return False
        return True

    def take() -> bool:
        return portal.take(later, number=1001)[0] is Taking.TAKEN

    done = both_at_once(house.here.id, move, take, unwritten=Arrival)

    assert sorted(done) == [False, True]
    assert [one.starts_at for one in appointments_to_come(by=house.owner)].count(later) == 1


def test_an_hour_whose_places_were_reduced_is_full_as_long_as_as_many_hold_one():
    assert free_seats({1, 3}, 2) == []
    assert free_seats({3}, 2) == [1]
    assert free_seats({1, 2, 3}, 1) == []


def test_a_reminder_asked_for_too_late_is_kept_for_another_hour(house: House, portal: Booking):
    soon, later = portal.hour(0), portal.hour(200)
    _taken, arrival_id = portal.take(soon, number=1000)

    assert kept(house, arrival_id).remind_at == soon
    move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None)
    assert kept(house, arrival_id).remind_at == later - timedelta(days=1)


def test_who_has_no_address_stands_on_the_list_until_they_were_called(house: House, portal: Booking):
    at, later = portal.hour(60), portal.hour(70)
    _taken, arrival_id = portal.take(at, number=1000, traits={"phone": "06 12 34 56 78", "email": "nobody@"})

    assert move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None) is HowTold.CALL
    assert cancel_appointment(by=house.owner, arrival_id=arrival_id, expected_hour=None) is HowTold.CALL
    (untold,) = untold_patients(by=house.colleague)
    assert (untold.former_at, untold.starts_at) == (at, None)  # what the patient believes
    sheet = read_call_sheet(by=house.colleague, arrival_id=arrival_id)
    assert sheet.filled is not None
    assert sheet.filled.traits["phone"] == "06 12 34 56 78"
    for act in (read_call_sheet, partial(note_called, told=None)):
        with pytest.raises(NotFoundError):
            act(by=house.stranger, arrival_id=arrival_id)
        with pytest.raises(DeniedError):
            act(by=house.administrator, arrival_id=arrival_id)
    assert untold_patients(by=house.stranger) == []
    note_called(by=house.colleague, arrival_id=arrival_id, told=None)
    with pytest.raises(ConflictError):
        note_called(by=house.colleague, arrival_id=arrival_id, told=None)

    assert untold_patients(by=house.owner) == []
    assert bytes(kept(house, arrival_id).ciphertext) == b""


def test_nobody_is_told_of_the_hour_that_they_believe_in_or_chose_themselves(house: House, portal: Booking):
    at, later, latest = (portal.hour(ahead) for ahead in (60, 70, 80))
    _taken, arrival_id = portal.take(at, number=1000, proof=b"mine")

    move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None)
    assert move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=at, expected_hour=None) is HowTold.KNOWN
    assert untold_patients(by=house.owner) == []
    move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None)
    assert portal.put_off(b"mine", latest) is Taking.TAKEN
    assert untold_patients(by=house.owner) == []


def test_a_pharmacy_that_closes_leaves_nobody_before_its_door(house: House, portal: Booking):
    _taken, arrival_id = portal.take(portal.hour(60), number=1000)
    _taken, called = portal.take(portal.hour(61), number=1001, traits={})

    with pytest.raises(DeniedError):
        cancel_all(by=house.owner)
    assert cancel_all(by=Operator(house.here.id)) == {HowTold.MAIL: 1, HowTold.CALL: 1}
    assert [(one.id, one.starts_at) for one in untold_patients(by=house.owner)] == [(called, None), (arrival_id, None)]


FORBIDDEN = [("state", "'accepted'"), ("former_at", "now()"), ("call_since", "now()")]


@pytest.mark.parametrize(("column", "value"), FORBIDDEN)
def test_the_patients_site_has_nobody_looked_after_or_written_to(
    house: House, portal: Booking, as_role: AsRole, column: str, value: str
):
    portal.take(portal.hour(60), number=1000, proof=b"mine")
    row = {"pharmacy_id": f"'{house.here.id}'", **{name: f"'{uuid4()}'" for name in ("id", "poster_id", "key_id")}}
    row |= {"number": "417", "expires_at": "now()", "ciphertext": "''", "state": "'waiting'", column: value}

    for statement in (
        f"{NAMED}; UPDATE arrivals_arrival SET {column} = {value}",  # noqa: S608
        f"INSERT INTO arrivals_arrival ({', '.join(row)}) VALUES ({', '.join(row.values())})",  # noqa: S608
    ):
        with as_role("temoin_portal"), tenant_scope(house.here.id), pytest.raises(ProgrammingError, match="row-level"):
            run(statement)


NAMED = f"SELECT set_config('temoin.appointment', '{sha256(b'mine').hexdigest()}', true)"


@pytest.mark.parametrize("column", ["expires_at", "starts_at", "remind_at", "called_at"])
def test_the_patients_site_writes_no_hour_that_nobody_can_read(
    house: House, portal: Booking, as_role: AsRole, column: str
):
    portal.take(portal.hour(60), number=1000, proof=b"mine")

    for hour in ("infinity", "-infinity", "0044-03-15 BC"):
        with as_role("temoin_portal"), tenant_scope(house.here.id), pytest.raises(IntegrityError):
            run(f"{NAMED}; UPDATE arrivals_arrival SET {column} = '{hour}'")  # noqa: S608
    assert len(appointments_to_come(by=house.owner)) == 1


def test_the_patients_site_brings_nothing_back(house: House, portal: Booking, as_role: AsRole):
    _taken, arrival_id = portal.take(portal.hour(60), number=1000, proof=b"mine")
    portal.give_up(b"mine")

    with as_role("temoin_portal"), tenant_scope(house.here.id):
        run(f"{NAMED}; UPDATE arrivals_arrival SET state = 'waiting'")  # noqa: S608
    assert kept(house, arrival_id).state == "cancelled"


def test_whoever_is_left_outside_the_hours_is_marked(house: House, portal: Booking):
    first, second = portal.hour(60), portal.hour(200)
    portal.take(first, number=1000)
    portal.take(second, number=1001)
    assert not any(one.is_outside for one in appointments_to_come(by=house.owner))
    set_hours(by=house.owner, hours=replace(ALL_DAY, closed=(day_of(first, HOUSE),), minutes=20), expected_version=None)

    assert [one.is_outside for one in appointments_to_come(by=house.owner)] == [True, False]


def test_each_appointment_that_ends_by_one_secret_has_its_event(house: House, portal: Booking):
    for number, ahead in ((1000, 60), (1001, 61)):
        portal.take(portal.hour(ahead), number=number, proof=b"mine")

    portal.give_up(b"mine")
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.APPOINTMENT_GIVEN_UP.value).count() == 2


def test_hours_that_somebody_else_set_meanwhile_are_not_overwritten(house: House):
    seen = calendar_to_set(by=house.owner).version
    set_hours(by=house.administrator, hours=ALL_DAY, expected_version=seen)

    with pytest.raises(ConflictError):
        set_hours(by=house.owner, hours=Hours(), expected_version=seen)
    assert calendar_of(by=house.owner) == ALL_DAY


def test_whoever_is_called_is_noted_once_and_can_be_uncalled(house: House, portal: Booking):
    _taken, arrival_id = portal.take(portal.hour(60), number=1000)

    call_arrival(by=house.owner, arrival_id=arrival_id)
    with pytest.raises(ConflictError):
        call_arrival(by=house.colleague, arrival_id=arrival_id)
    uncall_arrival(by=house.colleague, arrival_id=arrival_id)

    assert kept(house, arrival_id).called_at is None


def test_todays_list_tells_who_is_late_and_puts_who_did_not_come_behind(house: House, portal: Booking):
    first, second = portal.hour(100), portal.hour(101)
    portal.take(first, number=1000)
    portal.take(second, number=1001)

    def seen(after: timedelta) -> list[tuple[int, bool, bool]]:
        with shifted_by(first + after - now()):
            return [(one.number, one.is_late, one.is_absent) for one in waiting_arrivals(by=house.owner)]

    if day_of(first, HOUSE) == day_of(second, HOUSE):
        assert seen(timedelta(minutes=4)) == [(1000, False, False), (1001, False, False)]
        assert seen(timedelta(minutes=6)) == [(1000, True, False), (1001, False, False)]
        assert seen(timedelta(minutes=31)) == [(1001, False, False), (1000, False, True)]


def test_an_appointment_that_nobody_came_to_ends_with_its_day(house: House, portal: Booking, as_role: AsRole):
    at = portal.hour(60)
    portal.take(at, number=1000)

    with shifted_by(at + timedelta(days=1) - now()):
        assert appointments_to_come(by=house.owner) == []
        with as_role("temoin_keeper"):
            end_all(threading.Event())

    with tenant_scope(house.here.id):
        assert not Arrival.objects.exists()


def test_only_who_runs_the_place_says_its_hours(house: House):
    for act in (calendar_to_set, lambda by: set_hours(by=by, hours=ALL_DAY, expected_version=None)):
        with pytest.raises(DeniedError):
            act(by=house.student)
    set_hours(by=house.administrator, hours=Hours(), expected_version=None)

    assert calendar_of(by=house.owner) == Hours()
    assert calendar_of(by=house.stranger) == Hours()


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        (Hours((Opening(0, 540, 600), Opening(0, 590, 700))), "begins-1"),
        (Hours((Opening(0, 540, 550),)), "ends-0"),
        (Hours((Opening(0, 540, 600, "unknown"),)), "kind-0"),
        (Hours(minutes=7), "minutes"),
        (Hours(places=0), "places"),
        (Hours(ahead=61), "ahead"),
        (Hours(tuple(Opening(day, hour * 60, hour * 60 + 30) for day in range(7) for hour in range(5))), ""),
    ],
)
def test_hours_that_cannot_be_are_refused_at_their_field(house: House, hours: Hours, field: str):
    with pytest.raises(InvalidError) as told:
        set_hours(by=house.owner, hours=hours, expected_version=None)

    assert [problem.field for problem in told.value.problems] == [field]
