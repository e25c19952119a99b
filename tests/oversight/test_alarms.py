"""Alarms by a real mail server: once when results wait too long, again each day, and when all have arrived."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from mail_server import Behaviour, running_mail_server
from people import TRAITS, House, make_lot, make_patient, make_seat, make_signed, open_house, person_of, suspend
from site_settings import notice_settings

from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.duties import Round, duties
from temoin.outbox.lateness import Alarms
from temoin.outbox.queue import claim_parcels
from temoin.outbox.set_aside import list_aside
from temoin.outbox.settling import settle_parcels
from temoin.oversight.alarms import send_alarms
from temoin.oversight.models import Alarm
from temoin.pharmacies.professions import Profession

OPERATOR = "exploitant@hote.example"
Minutes = Callable[[float], None]


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    """Two pharmacies; in ours, one signed result that waits for the authority and for nobody else."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))
    return house


@pytest.fixture
def mail(settings) -> Iterator[Behaviour]:
    """A running mail server, named in the settings, and both kinds of alarm switched on."""
    with running_mail_server(Behaviour()) as server:
        here = replace(settings.TEMOIN.email, port=server.port)
        alarms = Alarms(minutes=30, operator=OPERATOR, pharmacies=True)
        settings.TEMOIN = replace(settings.TEMOIN.with_channel("email", here), alarms=alarms)
        yield server


@pytest.fixture
def after(house: House, as_role) -> Minutes:  # noqa: ARG001 rows first
    """Return what does the worker's duty, so many minutes from now, in its role."""

    def do(minutes: float) -> None:
        with as_role("temoin_worker"), shifted_by(timedelta(minutes=minutes)):
            send_alarms(notice_settings(), threading.Event())

    return do


@pytest.fixture
def settle(as_role) -> Callable[[Verdict], None]:
    def answer(verdict: Verdict) -> None:
        with as_role("temoin_worker"):
            settle_parcels([(load, Answer(verdict, "told")) for load in claim_parcels("fhir", 10)])

    return answer


def told(mail: Behaviour) -> list[tuple[str, str]]:
    """Return to whom and in which words each message went."""
    return [(str(message["To"]), message.get_body(("plain",)).get_content()) for message in mail.messages]


def test_nothing_is_said_before_its_time(mail, after):
    after(29)

    assert mail.messages == []


def test_owner_and_operator_are_told_once(house, mail, after):
    after(31)
    after(32)

    assert sorted(to for to, _ in told(mail)) == sorted([OPERATOR, person_of(house.owner).email])
    assert all("1 envoi sans accusé de réception depuis plus de 30 minutes" in words for _, words in told(mail))


def test_a_reminder_comes_each_day(mail, after):
    for minutes in (31, 60, 31 + 24 * 60, 40 + 24 * 60, 31 + 48 * 60):
        after(minutes)

    assert ["Rappel" in words for to, words in told(mail) if to == OPERATOR] == [False, True, True]


def test_when_all_has_arrived_it_is_said_once_and_a_new_incident_begins_anew(house, mail, after, settle):
    after(31)
    settle(Verdict.ACCEPTED)
    after(32)
    after(33)
    make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner, number="B2"))
    after(64)

    words = [text for to, text in told(mail) if to != OPERATOR]
    assert ["Tout est arrivé" in text for text in words] == [False, True, False]


def test_a_refused_one_is_counted_as_such(mail, after, settle):
    settle(Verdict.REFUSED)

    after(31)

    assert all("dont 1 rejeté." in words for _, words in told(mail))


def test_the_operator_is_told_the_destination_the_code_in_words_the_remedy_and_where_to_look(mail, after, as_role):
    with as_role("temoin_worker"):
        refused = Answer(Verdict.POSTPONED, "folder_refused")
        settle_parcels([(load, refused) for load in claim_parcels("fhir", 10)])

    after(31)

    ours, theirs = ([words for to, words in told(mail) if (to == OPERATOR) is mine] for mine in (True, False))
    for part in ("(fhir)", "réponse folder_refused.", "Un des dossiers du destinataire manque", "temoin check"):
        assert part in ours[0]
    assert "One of the receiver's folders is not there" in ours[0]
    assert "folder_refused" not in theirs[0]


def test_no_word_of_health_and_nobodys_name_is_in_a_message(mail, after):
    after(31)

    for message in mail.messages:
        parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        words = " ".join([str(message["Subject"]), *parts]).lower()
        assert not [one for one in ("covid", "patient", "négatif", "test", "martin") if one in words]
        assert TRAITS["birth_family_name"].lower() not in words
        assert message["Auto-Submitted"] == "auto-generated"


def test_each_message_bears_a_name_of_its_own(mail, after):
    after(31)
    after(31 + 24 * 60)

    assert len({str(message["Message-ID"]) for message in mail.messages}) == 4


def test_the_pharmacys_message_leads_to_its_list_and_is_an_event(house, mail, after):
    after(31)

    (words,) = [text for to, text in told(mail) if to != OPERATOR]
    assert "Pharmacie du Marché" in words
    assert "/transmissions/" in words
    with tenant_scope(house.here.id):
        assert [one.detail for one in Event.objects.filter(kind="alarm.sent")] == ["raised 1"]
    with tenant_scope(house.elsewhere.id):
        assert not Event.objects.filter(kind="alarm.sent").exists()


def test_every_owner_at_work_is_written_to_and_nobody_else(house, mail, after):
    second = make_seat(house.here, Profession.TITULAIRE, rpps="10003879656")
    gone = make_seat(house.here, Profession.TITULAIRE, rpps="10003879664")
    suspend(gone)

    after(31)

    owners = {person_of(one).email for one in (house.owner, second)}
    assert {to for to, _ in told(mail)} == owners | {OPERATOR}


@pytest.mark.parametrize(("operator", "pharmacies", "count"), [(None, False, 0), (OPERATOR, False, 1), (None, True, 1)])
def test_only_those_the_settings_name_are_written_to(mail, after, settings, *, operator, pharmacies, count):
    alarms = Alarms(operator=operator, pharmacies=pharmacies)
    settings.TEMOIN = replace(settings.TEMOIN, alarms=alarms)

    after(31)

    assert len(mail.messages) == count


def test_an_alarm_that_is_switched_off_does_not_claim_that_all_has_arrived(mail, after, settings):
    after(31)
    settings.TEMOIN = replace(settings.TEMOIN, alarms=Alarms())

    after(32)

    assert len(mail.messages) == 2


@pytest.mark.parametrize("trouble", ["421 later", "cut"])
def test_a_mail_server_in_trouble_is_tried_again_by_the_next_round(mail, after, as_role, trouble):
    mail.rcpt = trouble
    with pytest.raises(OSError):  # noqa: PT011 what the duty's round logs and outlives
        after(31)
    with as_role("temoin_worker"):
        assert not Alarm.objects.exists()

    mail.rcpt = "250 OK"
    after(32)

    assert len(mail.messages) == 2


def test_a_mailbox_that_is_refused_for_good_stops_nobody_elses_message(mail, after, as_role):
    mail.rcpt = "550 unknown"

    after(31)

    with as_role("temoin_worker"):
        assert Alarm.objects.count() == 2  # not tried again at every round


def test_a_full_mailbox_holds_no_other_message_and_is_tried_again(house, mail, after):
    mail.full = person_of(house.owner).email

    after(31)
    after(32)
    assert [to for to, _ in told(mail)] == [OPERATOR]

    mail.full = ""
    after(33)
    assert [to for to, _ in told(mail)] == [OPERATOR, person_of(house.owner).email]


def test_a_full_mailbox_brings_no_message_twice_to_the_other_owner(house, mail, after):
    second = make_seat(house.here, Profession.TITULAIRE, rpps="10003879656")
    mail.full = person_of(house.owner).email

    for minutes in (31, 32, 33):
        after(minutes)

    assert sorted(to for to, _ in told(mail)) == sorted([OPERATOR, person_of(second).email])


def test_a_round_has_an_end(mail, after, monkeypatch):
    monkeypatch.setattr("temoin.oversight.alarms.MOST_IN_A_ROUND", 1)

    after(31)
    assert len(mail.messages) == 1
    after(32)
    assert len(mail.messages) == 2


def test_a_worker_that_must_stop_stops(house, mail, as_role):
    stop = threading.Event()
    stop.set()

    with as_role("temoin_worker"), shifted_by(timedelta(minutes=31)):
        send_alarms(notice_settings(), stop)

    assert house.here
    assert mail.messages == []


def test_two_workers_tell_once(house, mail, as_role):
    assert "alarms" in duties()
    with as_role("temoin_worker"), shifted_by(timedelta(minutes=31)):
        for _ in range(2):
            Round([duties()["alarms"]], threading.Event()).make()

    assert house.here
    assert len(mail.messages) == 2


def test_an_alarm_that_cannot_be_written_holds_no_other(house, mail, after, as_role, stick):
    stick("SELECT", "pharmacies_member", f"pharmacy_id = '{house.here.id}'")

    after(31)

    assert len(mail.messages) == 1  # the operator's
    with as_role("temoin_worker"):
        assert [(each.place, each.error) for each in list_aside()] == [("alarms", "ProgrammingError")]
