"""Reminders of appointments by a real mail server: the day before, to who asked, once, and no name in them."""

from __future__ import annotations

import re
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from appointing import Booking
from arriving import filled
from mail_server import OK, Behaviour, running_mail_server
from people import House, open_house
from site_settings import notice_settings

from temoin.arrivals.appointed import appointments_to_come, cancel_appointment, move_appointment
from temoin.arrivals.models import Arrival
from temoin.arrivals.reminding import note_written, open_change
from temoin.arrivals.telling import untold_patients
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, wall_clock
from temoin.outbox.set_aside import list_aside
from temoin.oversight.appointment_reminders import DUTY, send_changes, send_reminders


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def mail(settings) -> Iterator[Behaviour]:
    """A running mail server, named in the settings."""
    with running_mail_server(Behaviour()) as server:
        settings.TEMOIN = settings.TEMOIN.with_channel("email", replace(settings.TEMOIN.email, port=server.port))
        yield server


def remind(as_role, at: datetime, before: timedelta) -> None:
    """Do the worker's duty in its role, so long before an hour."""
    with shifted_by(at - before - now()), as_role("temoin_worker"):
        send_reminders(notice_settings(), threading.Event())


DAY = timedelta(days=1)


def test_who_asked_is_reminded_the_day_before_once_and_can_cancel_by_the_link(house: House, mail: Behaviour, as_role):
    booking = Booking(house.owner)
    at = booking.hour(100)
    _taken, arrival_id = booking.take(at, number=4170)

    remind(as_role, at, DAY + timedelta(minutes=1))
    assert mail.messages == []
    for _ in range(2):
        remind(as_role, at, DAY - timedelta(minutes=1))
    (sent,) = mail.messages
    text = sent.get_body(("plain",)).get_content()
    link = re.search(r"https?://\S+/appointments/#~([\w-]{22})\.([\w-]{22})", text)

    assert sent["To"] == filled()["traits"]["email"]
    assert f"{wall_clock(at, HOUSE):%d/%m/%Y %H:%M}" in text
    assert not re.search("PAT-TROIS|test|covid|résultat|4170|7K2QF", text, re.IGNORECASE)
    assert link is not None
    assert urlsafe_b64decode(link[1] + "==") == house.here.id.bytes
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.APPOINTMENT_REMINDED.value, subject_id=arrival_id).count() == 1
    assert booking.give_up(urlsafe_b64decode(link[2] + "=="))
    assert appointments_to_come(by=house.owner) == []


def test_who_did_not_ask_or_cancelled_is_written_nothing(house: House, mail: Behaviour, as_role):
    booking = Booking(house.owner)
    at = booking.hour(100)
    booking.take(at, number=4170, remind=False)
    _taken, cancelled = booking.take(booking.hour(101), number=4171)
    cancel_appointment(by=house.owner, arrival_id=cancelled, expected_hour=None)

    remind(as_role, at, timedelta(hours=20))

    assert mail.messages == []


def test_a_form_that_asks_for_no_mail_is_opened_once_and_another_that_breaks_holds_up_none(
    house: House, mail: Behaviour, as_role, tamper
):
    booking = Booking(house.owner)
    at = booking.hour(100)
    booking.take(at, number=4170, traits={})  # the mark in clear was set by somebody else than the page
    _taken, broken = booking.take(booking.hour(101), number=4171)
    booking.take(booking.hour(102), number=4172)
    spoil(tamper, broken)

    for _ in range(2):
        remind(as_role, at, timedelta(hours=20))

    assert len(mail.messages) == 1
    with as_role("temoin_worker"):
        assert list_aside() == []


def spoil(tamper, arrival_id: UUID) -> None:
    tamper(f"UPDATE arrivals_arrival SET ciphertext = 'x' WHERE id = '{arrival_id}'")  # noqa: S608


@pytest.mark.parametrize("act", ["reminded", "told of a change"])
def test_what_cannot_be_written_down_of_one_appointment_holds_no_other(
    house: House, mail: Behaviour, as_role, stick, act: str
):
    booking = Booking(house.owner)
    at = booking.hour(100)
    taken = [booking.take(booking.hour(100 + ahead), number=4170 + ahead)[1] for ahead in range(2)]
    if act == "told of a change":
        for arrival_id in taken:
            cancel_appointment(by=house.owner, arrival_id=arrival_id, expected_hour=None)
    stick("UPDATE", "arrivals_arrival", f"old.id = '{taken[0]}'")

    for _ in range(2):  # the one that was noted is written to once
        remind(as_role, at, timedelta(hours=20)) if act == "reminded" else tell(as_role)

    assert len(mail.messages) == 3
    with as_role("temoin_worker"):
        assert [(each.place, each.count) for each in list_aside()] == [(DUTY, 1)]


@pytest.mark.parametrize("act", ["reminders", "changes"])
@pytest.mark.parametrize("poisoned", ["here", "elsewhere"])  # whichever comes first
def test_a_pharmacy_whose_appointments_cannot_be_read_holds_no_other(
    house: House, mail: Behaviour, as_role, stick, act: str, poisoned: str
):
    bookings = [Booking(seat) for seat in (house.owner, house.stranger)]
    at = bookings[0].hour(100)
    for booking in bookings:
        _taken, arrival_id = booking.take(booking.hour(100), number=4170)
        if act == "changes":
            cancel_appointment(by=booking.seat, arrival_id=arrival_id, expected_hour=None)
    stick("SELECT", "arrivals_arrival", f"pharmacy_id = '{getattr(house, poisoned).id}'")

    remind(as_role, at, timedelta(hours=20)) if act == "reminders" else tell(as_role)

    assert len(mail.messages) == 1
    with as_role("temoin_worker"):
        assert [(each.place, each.count) for each in list_aside()] == [(DUTY, 1)]


def tell(as_role) -> None:
    with as_role("temoin_worker"):
        send_changes(notice_settings(), threading.Event())


def test_who_did_not_ask_is_told_at_once_that_it_was_moved_and_reminded_of_nothing(
    house: House, mail: Behaviour, as_role
):
    booking = Booking(house.owner)
    at, later = booking.hour(100), booking.hour(110)
    _taken, arrival_id = booking.take(at, number=4170, remind=False)
    move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None)

    for _ in range(2):
        tell(as_role)
    remind(as_role, later, timedelta(hours=20))
    (sent,) = mail.messages
    text = sent.get_body(("plain",)).get_content()
    link = re.search(r"https?://\S+/appointments/#~([\w-]{22})\.([\w-]{22})", text)

    assert sent["To"] == filled()["traits"]["email"]
    for hour in (at, later):
        assert f"{wall_clock(hour, HOUSE):%d/%m/%Y %H:%M}" in text
    assert not re.search("PAT-TROIS|test|covid|résultat|4170|7K2QF", text, re.IGNORECASE)
    assert untold_patients(by=house.owner) == []
    assert link is not None
    assert booking.give_up(urlsafe_b64decode(link[2] + "=="))


def test_who_asked_is_told_that_it_was_moved_and_then_reminded_of_the_new_hour(house: House, mail: Behaviour, as_role):
    booking = Booking(house.owner)
    at, later = booking.hour(100), booking.hour(300)
    _taken, arrival_id = booking.take(at, number=4170)
    remind(as_role, at, timedelta(hours=20))
    move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None)

    tell(as_role)
    for _ in range(2):
        remind(as_role, later, timedelta(hours=20))

    assert len({sent["Message-ID"] for sent in mail.messages}) == len(mail.messages) == 3


def test_who_was_told_an_hour_while_the_team_moved_it_back_is_told_again(house: House, as_role):
    booking = Booking(house.owner)
    at, later = booking.hour(100), booking.hour(110)
    _taken, arrival_id = booking.take(at, number=4170)
    move_appointment(by=house.owner, arrival_id=arrival_id, starts_at=later, expected_hour=None)
    with as_role("temoin_worker"):
        change = open_change(house.here.id, arrival_id)
    assert change is not None
    move_appointment(
        by=house.owner, arrival_id=arrival_id, starts_at=at, expected_hour=None
    )  # the message is on its way
    with as_role("temoin_worker"):
        note_written(house.here.id, change, is_taken=True)

    (untold,) = untold_patients(by=house.owner)
    assert (untold.former_at, untold.starts_at) == (later, at)


def test_who_is_cancelled_is_told_where_to_take_another_and_the_form_is_gone(house: House, mail: Behaviour, as_role):
    booking = Booking(house.owner)
    _taken, arrival_id = booking.take(booking.hour(100), number=4170)
    cancel_appointment(by=house.owner, arrival_id=arrival_id, expected_hour=None)

    tell(as_role)
    (sent,) = mail.messages
    link = re.search(r"/appointments/#([\w-]{22})\s", sent.get_body(("plain",)).get_content())

    assert link is not None
    assert urlsafe_b64decode(link[1] + "==") == booking.token
    with tenant_scope(house.here.id):
        assert bytes(Arrival.objects.get(id=arrival_id).ciphertext) == b""


def test_a_mailbox_that_refuses_for_good_leaves_the_patient_to_be_called(house: House, mail: Behaviour, as_role):
    booking = Booking(house.owner)
    _taken, arrival_id = booking.take(booking.hour(100), number=4170)
    cancel_appointment(by=house.owner, arrival_id=arrival_id, expected_hour=None)
    mail.rcpt = "550 5.1.1 unknown"

    tell(as_role)
    (untold,) = untold_patients(by=house.owner)

    assert (untold.id, untold.call_since is not None) == (arrival_id, True)
    with tenant_scope(house.here.id):
        assert bytes(Arrival.objects.get(id=arrival_id).ciphertext) != b""


def test_who_is_about_to_set_out_is_to_be_called_while_the_mail_is_under_way(house: House):
    booking = Booking(house.owner)
    at = booking.hour(100)
    _taken, arrival_id = booking.take(at, number=4170)
    cancel_appointment(by=house.owner, arrival_id=arrival_id, expected_hour=None)

    (days_before,) = untold_patients(by=house.owner)
    with shifted_by(at - timedelta(hours=2) - now()):
        (hours_before,) = untold_patients(by=house.owner)

    assert (days_before.call_since is None, hours_before.call_since is None) == (True, False)


@pytest.mark.parametrize("answer", ["full", "cut"])
def test_a_mailbox_or_server_that_is_not_ready_loses_no_reminder(house: House, mail: Behaviour, as_role, answer: str):
    booking = Booking(house.owner)
    at = booking.hour(100)
    booking.take(at, number=4170)
    mail.full, mail.mail = (filled()["traits"]["email"], OK) if answer == "full" else ("", "cut")

    with suppress(OSError):
        remind(as_role, at, timedelta(hours=20))
    assert mail.messages == []
    mail.full, mail.mail = "", OK
    remind(as_role, at, timedelta(hours=19))

    assert len(mail.messages) == 1
