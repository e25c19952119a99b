"""The alarm for calls that wait: once a day as long as somebody is to be called, without a word about whom or what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from mail_server import Behaviour, running_mail_server
from people import TRAITS, House, make_lot, make_patient, make_signed, open_house, person_of
from site_settings import notice_settings

from temoin.delivery.telling import ToldBy, note_told
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox.lateness import Alarms
from temoin.outbox.set_aside import list_aside
from temoin.oversight.call_alarms import send_call_alarms
from temoin.testing.signing import cancel_result

Hours = Callable[[float], None]


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    """Two pharmacies; in ours, a positive and a negative result whose messages never leave."""
    house = open_house()
    lot = make_lot(house.owner)
    for outcome in ("positive", "negative"):
        make_signed(house.owner, make_patient(house.owner), lot, outcome=outcome)
    return house


@pytest.fixture
def mail(settings) -> Iterator[Behaviour]:
    with running_mail_server(Behaviour()) as server:
        here = replace(settings.TEMOIN.email, port=server.port)
        settings.TEMOIN = replace(settings.TEMOIN.with_channel("email", here), alarms=Alarms(pharmacies=True))
        yield server


@pytest.fixture
def after(house: House, as_role) -> Hours:  # noqa: ARG001 rows first
    """Return what does the worker's duty, so many hours from now, in its role."""

    def do(hours: float) -> None:
        with as_role("temoin_worker"), shifted_by(timedelta(hours=hours)):
            send_call_alarms(notice_settings(), threading.Event())

    return do


def told(mail: Behaviour) -> list[str]:
    return [message.get_body(("plain",)).get_content() for message in mail.messages]


def test_owners_are_told_once_a_day_as_long_as_somebody_is_to_be_called(house, mail, after):
    for hours in (1, 23, 25, 26, 48, 50):
        after(hours)

    assert [str(message["To"]) for message in mail.messages] == [person_of(house.owner).email] * 2
    assert all("/calls/" in words and house.here.name in words for words in told(mail))


def test_when_everybody_was_told_nothing_is_said_and_what_comes_due_later_is(house, mail, after):
    with tenant_scope(house.here.id):
        looked = Event.objects.filter(kind=EventKind.RESULT_SIGNED.value).order_by("at")
        positive = looked.values_list("subject_id", flat=True)[0]
    note_told(by=house.owner, record_id=positive, expected_version=1, way=ToldBy.PHONE)
    after(25)
    assert mail.messages == []

    with shifted_by(timedelta(hours=26)):
        cancel_result(by=house.owner, record_id=positive, expected_version=1, reason="Mauvais patient")
    after(26)
    after(52)
    assert len(mail.messages) == 1


def test_no_word_of_health_and_nobodys_name_is_in_a_message(mail, after):
    after(25)

    (message,) = mail.messages
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    words = " ".join([str(message["Subject"]), *parts]).lower()
    assert not [one for one in ("covid", "patient", "positi", "négatif", "test", "martin") if one in words]
    assert TRAITS["birth_family_name"].lower() not in words


def test_where_the_settings_want_no_message_none_leaves(settings, mail, after):
    settings.TEMOIN = replace(settings.TEMOIN, alarms=Alarms(pharmacies=False))

    after(25)

    assert mail.messages == []


@pytest.mark.usefixtures("mail")
def test_telling_the_owners_is_an_event(house, after):
    after(25)

    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.ALARM_SENT.value).values_list("detail", flat=True)[0] == "calls"


@pytest.mark.parametrize("poisoned", ["here", "elsewhere"])  # whichever comes first
def test_a_pharmacy_that_cannot_be_looked_at_holds_no_other(house, mail, after, as_role, stick, poisoned):
    make_signed(house.stranger, make_patient(house.stranger), make_lot(house.stranger), outcome="positive")
    stick("SELECT", "pharmacies_member", f"pharmacy_id = '{getattr(house, poisoned).id}'")
    after(25)

    assert len(mail.messages) == 1
    with as_role("temoin_worker"):
        assert [aside.place for aside in list_aside()] == ["calls"]
