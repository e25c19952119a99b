"""Acts and looks: one event each, in the same commit, or nothing is done and nothing is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, transaction
from people import TRAITS, House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.catalogue.models import Lot
from temoin.journal.act import HouseActor, act, record_look
from temoin.journal.events import MEANING, EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.patients.queries import patients_by_name, patients_by_nir, read_patient
from temoin.site.grants import event_columns
from temoin.testing.lists import list_tests
from temoin.testing.models import Record
from temoin.testing.queries import read_result_for_print, read_test, report_for_courier, versions_for_courier
from temoin.testing.sample import Reading
from temoin.testing.signing import sign_result
from temoin.testing.states import RecordState
from temoin.testing.tickets import read_ticket
from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

EVENT = ", ".join(event_columns())


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def broken_journal(embedded_server: EmbeddedServer) -> Callable[[], object]:
    """Return a context manager inside which nobody may add an event; the rest of the database works."""

    @contextmanager
    def broken() -> Iterator[None]:
        conninfo = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
        with psycopg.connect(conninfo, autocommit=True) as owner:
            owner.execute(f"REVOKE INSERT ({EVENT}) ON journal_event FROM temoin_app")
            try:
                yield
            finally:
                owner.execute(f"GRANT INSERT ({EVENT}) ON journal_event TO temoin_app")

    return broken


def events(house: House, kind: EventKind) -> list[Event]:
    with tenant_scope(house.here.id):
        return list(Event.objects.filter(kind=kind.value))


def a_lot(house: House) -> Lot:
    moment = now()
    return Lot(pharmacy_id=house.here.id, id=new_id(), kit="k", number="B1", expiry=moment.date(), received_at=moment)


def test_an_act_writes_its_rows_and_one_event_that_says_who(house):
    lot = a_lot(house)

    with act(by=house.colleague, kind=EventKind.LOT_RECEIVED, subject_kind="lot", subject_id=lot.id) as commit:
        commit.insert(lot)

    (event,) = events(house, EventKind.LOT_RECEIVED)
    assert (event.actor_id, event.profession, event.origin) == (house.colleague.member_id, "preparateur", "page")
    assert (event.subject_kind, event.subject_id, event.detail) == ("lot", lot.id, "")


def test_the_house_itself_acts_under_its_name(house):
    record_look(
        by=HouseActor(house.here.id, "worker"), kind=EventKind.RESULT_PREPARED, subject_kind="record", subject_id=None
    )

    (event,) = events(house, EventKind.RESULT_PREPARED)
    assert (event.actor_id, event.profession, event.origin) == (None, "worker", "worker")


def test_a_failure_in_the_middle_leaves_neither_row_nor_event(house):
    def fail() -> None:
        with act(by=house.owner, kind=EventKind.LOT_RECEIVED, subject_kind="lot", subject_id=None) as commit:
            commit.insert(a_lot(house))
            raise NotFoundError

    with pytest.raises(NotFoundError):
        fail()

    with tenant_scope(house.here.id):
        assert not Lot.objects.exists()
    assert events(house, EventKind.LOT_RECEIVED) == []


def test_a_conflict_takes_the_event_with_it(house):
    def receive_twice() -> None:
        with act(by=house.owner, kind=EventKind.LOT_RECEIVED, subject_kind="lot", subject_id=None) as commit:
            commit.insert(a_lot(house))
            commit.insert(a_lot(house))

    with pytest.raises(ConflictError):
        receive_twice()

    assert events(house, EventKind.LOT_RECEIVED) == []


def test_the_stranger_does_not_see_our_events(house):
    make_patient(house.owner)

    with tenant_scope(house.elsewhere.id):
        assert not Event.objects.filter(kind=EventKind.PATIENT_REGISTERED.value).exists()


def test_every_kind_of_event_has_a_meaning():
    assert set(MEANING) == set(EventKind)


# No log, no look -----------------------------------------------------------------------------------------------------

Look = Callable[[House, UUID, UUID], object]
LOOKS: dict[str, Look] = {
    "patients by NIR": lambda house, _patient, _record: patients_by_nir(by=house.owner, nir=TRAITS["nir"]),
    "patients by name": lambda house, _patient, _record: patients_by_name(
        by=house.owner, family_name=TRAITS["birth_family_name"], birth_date=date(1979, 3, 28)
    ),
    "patient": lambda house, patient, _record: read_patient(by=house.owner, patient_id=patient),
    "list of tests": lambda house, _patient, _record: list_tests(by=house.owner),
    "test": lambda house, _patient, record: read_test(by=house.owner, record_id=record),
    "print": lambda house, _patient, record: read_result_for_print(by=house.owner, record_id=record),
    "ticket": lambda house, _patient, record: read_ticket(by=house.owner, record_id=record),
    "courier": lambda house, _patient, record: report_for_courier(
        by=HouseActor(house.here.id, "worker"), record_id=record, number=1
    ),
    "courier of versions": lambda house, _patient, record: versions_for_courier(
        by=HouseActor(house.here.id, "worker"), wanted=[(record, 1)]
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_what_cannot_be_recorded_is_not_shown(house, broken_journal, look: Look):
    patient_id = make_patient(house.owner)
    record_id = make_signed(house.owner, patient_id, make_lot(house.owner))

    with broken_journal(), transaction.atomic(), pytest.raises(DatabaseError, match="journal_event"):
        look(house, patient_id, record_id)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_is_one_event(house, look: Look):
    patient_id = make_patient(house.owner)
    record_id = make_signed(house.owner, patient_id, make_lot(house.owner))
    with tenant_scope(house.here.id):
        before = Event.objects.count()

    look(house, patient_id, record_id)

    with tenant_scope(house.here.id):
        assert Event.objects.count() == before + 1


def test_what_cannot_be_recorded_is_not_done(house, broken_journal):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    record_id = make_sampled(house.owner, patient_id, lot_id)
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())

    with broken_journal():
        for doing in (
            lambda: make_patient(house.owner),
            lambda: make_test(house.owner, patient_id),
            lambda: sign_result(by=house.owner, record_id=record_id, reading=reading, seen=""),
        ):
            with pytest.raises(DatabaseError, match="journal_event"), transaction.atomic():
                doing()

    with tenant_scope(house.here.id):
        assert (Patient.objects.count(), Record.objects.get().state) == (1, RecordState.SAMPLED)
