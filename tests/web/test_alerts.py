"""A broken seal is an event and an alarm, whichever door meets it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from mail_server import Behaviour, running_mail_server
from people import House, make_patient, make_seat, person_of
from site_settings import notice_settings

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.act import HouseActor
from temoin.journal.alerts import note_broken_seal, raise_alert, untold_alerts
from temoin.journal.events import EventKind
from temoin.journal.models import Alert, Event
from temoin.lib.clock import frozen_at, now
from temoin.lib.tenant import tenant_scope
from temoin.outbox.lateness import alarm_findings
from temoin.outbox.set_aside import list_aside
from temoin.oversight.alerts import tell_alerts
from temoin.patients.queries import read_patient
from temoin.pharmacies.professions import Profession


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


@pytest.fixture
def broken(house: House, patient: UUID) -> UUID:
    """A patient whose sealed value was altered behind our back."""
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE patients_patient SET sealed = set_byte(sealed, length(sealed) - 1,"
            " get_byte(sealed, length(sealed) - 1) # 1) WHERE id = %s",
            [patient],
        )
    return patient


def told(house: House) -> list[tuple[str, str, UUID]]:
    with tenant_scope(house.here.id):
        found = Event.objects.filter(kind=EventKind.SEAL_BROKEN.value)
        return list(found.values_list("origin", "detail", "subject_id"))


def meet(house: House, patient: UUID, origin: str) -> None:
    with pytest.raises(SealBrokenError) as met:
        read_patient(by=house.owner, patient_id=patient)
    note_broken_seal(met.value, origin=origin)


@pytest.mark.parametrize("origin", ["page", "api", "worker", "command"])
def test_a_broken_seal_is_an_event_and_an_alarm(house: House, broken: UUID, origin: str):
    meet(house, broken, origin)

    assert told(house) == [(origin, "patients_patient", broken)]
    with tenant_scope(house.here.id):
        assert Alert.objects.get().told_at is None


def test_the_same_seal_is_told_once_a_day(house: House, broken: UUID):
    for _ in range(3):
        meet(house, broken, "page")
    with frozen_at(now().replace(year=now().year + 1)):
        meet(house, broken, "page")

    assert len(told(house)) == 2


def test_a_cause_behind_another_error_is_seen_and_other_errors_are_not(house: House, broken: UUID):
    try:
        try:
            read_patient(by=house.owner, patient_id=broken)
        except SealBrokenError as error:
            raise ValueError from error
    except ValueError as error:
        note_broken_seal(error, origin="page")
    note_broken_seal(ValueError(), origin="page")
    note_broken_seal(SealBrokenError("of no row"), origin="page")
    note_broken_seal(None, origin="page")

    assert len(told(house)) == 1


def test_a_page_that_meets_one_tells(house: House, owner: Client, broken: UUID):
    owner.raise_request_exception = False

    assert owner.get(reverse("patient", args=[broken])).status_code == 500

    assert told(house) == [("page", "patients_patient", broken)]


def test_the_stranger_hears_nothing_of_it_and_the_worker_does(house: House, broken: UUID, as_role):
    meet(house, broken, "page")

    with tenant_scope(house.elsewhere.id):
        assert not Alert.objects.exists()
    with as_role("temoin_worker"):
        assert [(one.pharmacy_id, one.subject_id) for one in untold_alerts(10)] == [(house.here.id, broken)]


def test_owners_are_written_to_once_and_somebody_else_than_whom_it_is_about(
    house: House, broken: UUID, as_role, settings
):
    other = make_seat(house.here, Profession.TITULAIRE, family_name="DURAND", given_name="Ève", rpps="10003879649")
    meet(house, broken, "page")
    raise_alert(by=house.owner, kind=EventKind.READING_MUCH, subject_kind="member", subject_id=house.owner.member_id)
    with as_role("temoin_worker"):
        worker, differed = HouseActor(house.here.id, "worker"), EventKind.REGISTER_DIFFERED
        raise_alert(by=worker, kind=differed, subject_kind="member", subject_id=other.member_id)
    with running_mail_server(Behaviour()) as server:
        settings.TEMOIN = settings.TEMOIN.with_channel("email", replace(settings.TEMOIN.email, port=server.port))
        with as_role("temoin_worker"):
            for _ in range(2):
                tell_alerts(notice_settings(), threading.Event())
        words = [(str(message["To"]), str(message["Subject"])) for message in server.messages]

    operator = settings.TEMOIN.alarms.operator
    first, second = person_of(house.owner).email, person_of(other).email
    assert sorted(to for to, subject in words if "scellée" in subject) == sorted([first, second, operator])
    assert sorted(to for to, subject in words if "dossiers" in subject) == sorted([second, operator])
    assert sorted(to for to, subject in words if "RPPS" in subject) == sorted([first, operator])
    assert len(words) == 7


def told_by_mail(as_role, settings, **alarms: str | None) -> list[str]:
    """Send the alerts; return to whom, each as often as a message went."""
    with running_mail_server(Behaviour()) as server:
        changed = replace(settings.TEMOIN, alarms=replace(settings.TEMOIN.alarms, **alarms))
        settings.TEMOIN = changed.with_channel("email", replace(changed.email, port=server.port))
        with as_role("temoin_worker"):
            tell_alerts(notice_settings(), threading.Event())
        return sorted(str(message["To"]) for message in server.messages)


def read_much(house: House) -> None:
    raise_alert(by=house.owner, kind=EventKind.READING_MUCH, subject_kind="member", subject_id=house.owner.member_id)


def test_a_sole_owner_who_reads_much_is_told_of_to_the_operator_or_else_to_the_team(house: House, as_role, settings):
    read_much(house)
    assert told_by_mail(as_role, settings, operator="exploitant@exemple.fr") == ["exploitant@exemple.fr"]

    with frozen_at(now() + timedelta(days=2)):
        read_much(house)
        team = told_by_mail(as_role, settings, operator=None)

    assert person_of(house.colleague).email in team
    assert person_of(house.owner).email not in team


def test_an_alert_that_cannot_be_written_holds_no_other(house: House, broken: UUID, as_role, settings, stick):
    meet(house, broken, "page")
    whom = {"subject_kind": "member", "subject_id": house.stranger.member_id}
    raise_alert(by=house.stranger, kind=EventKind.READING_MUCH, **whom)
    stick("SELECT", "pharmacies_member", f"pharmacy_id = '{house.here.id}'")

    told = told_by_mail(as_role, settings, operator="exploitant@exemple.fr")

    assert told == ["exploitant@exemple.fr"]
    with as_role("temoin_worker"):
        assert [(one.place, one.error) for one in list_aside()] == [("alerts", "ProgrammingError")]


def test_nobody_left_to_tell_is_an_error_in_the_log(house: House, as_role, settings, caplog):
    read_much(house)
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("UPDATE pharmacies_member SET is_active = false WHERE id <> %s", [house.owner.member_id])

    assert told_by_mail(as_role, settings, operator=None) == []
    assert "set [alarms] operator" in caplog.text


def test_many_broken_seals_are_one_message(house: House, as_role, settings):
    for _ in range(3):
        raise_alert(by=house.owner, kind=EventKind.SEAL_BROKEN, subject_kind="row", subject_id=uuid4())

    assert told_by_mail(as_role, settings, operator=None) == [person_of(house.owner).email]
    with as_role("temoin_worker"):
        assert untold_alerts(10) == []


def test_a_site_without_an_operators_address_is_told_so_by_the_check(settings):
    alarms = settings.TEMOIN.alarms

    assert alarm_findings(alarms, demo=False) == []
    (finding,) = alarm_findings(replace(alarms, operator=None), demo=False)
    assert "operator" in finding
    assert alarm_findings(replace(alarms, operator=None), demo=True) == []
