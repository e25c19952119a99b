"""The bell: a lane that sleeps is woken by the commit that posts, by its slow look, and after the database was away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import psycopg
import pytest
from couriers import StandIn
from django.db import connection
from patience import PATIENCE
from people import House, make_lot, make_patient, make_signed, open_house
from prometheus_client import REGISTRY

from temoin.lib.away import Outage
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.outbox import bell, worker
from temoin.outbox.actions import release_parcel
from temoin.outbox.bell import CHANNEL, DIRECT, Listener, Prospect, fall_asleep, listening_place, prospect_of, wake_up
from temoin.outbox.circuit import Circuit
from temoin.outbox.duties import Duty, Round
from temoin.outbox.lanes import write_circuit
from temoin.outbox.models import Parcel
from temoin.outbox.worker import Lane
from temoin_demo.postgresql.roles import DATABASE
from temoin_demo.postgresql.server import SUPERUSER

pytestmark = pytest.mark.django_db(transaction=True)
LOTS = count()


@pytest.fixture
def house() -> House:
    return open_house()


def sign(house: House) -> None:
    lot = make_lot(house.owner, number=f"B{next(LOTS)}")
    make_signed(house.owner, make_patient(house.owner), lot)


def change_parcels(house: House, assignment: str, values: list[object]) -> None:
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute(f"UPDATE outbox_parcel SET {assignment}", values)  # noqa: S608 words of a test


@pytest.fixture
def ear() -> Iterator[psycopg.Connection]:
    """A connection that listens, as the worker's own does."""
    place = listening_place()
    assert place is not None
    with psycopg.connect(**{**place, "connect_timeout": 60}, autocommit=True) as heard:
        heard.execute(f"LISTEN {CHANNEL}".encode())
        yield heard


def heard_by(ear: psycopg.Connection) -> list[str]:
    """Return what was told up to now: a notice of our own, which comes after the others, ends the wait."""
    ear.execute(f"NOTIFY {CHANNEL}, 'end'".encode())
    told: list[str] = []
    for notice in ear.notifies(timeout=PATIENCE):
        if notice.payload == "end":
            break
        told.append(notice.payload)
    return told


def test_a_commit_rings_for_lanes_that_sleep_and_for_no_other(house, ear, as_role):
    with as_role("temoin_worker"):
        fall_asleep("fhir")
    sign(house)
    assert heard_by(ear) == ["fhir"]

    with as_role("temoin_worker"):
        wake_up("fhir")
    sign(house)

    assert heard_by(ear) == []


def test_a_parcel_sent_again_by_a_person_rings_too(house, ear, as_role):
    sign(house)
    change_parcels(house, "matter_since = now()", [])
    with tenant_scope(house.here.id):
        parcel = Parcel.objects.get(destination="fhir")
    with as_role("temoin_worker"):
        fall_asleep("fhir")

    release_parcel(by=house.owner, parcel_id=parcel.id, expected_version="open")

    assert heard_by(ear) == ["fhir"]


def test_a_lane_knows_when_the_next_parcel_is_due_and_until_when_its_circuit_holds_it(house, as_role):
    with as_role("temoin_worker"):
        assert prospect_of("fhir") == Prospect(is_asleep=False, held=0.0, due=None)
    sign(house)
    change_parcels(house, "due_at = %s", [now() + timedelta(hours=1)])

    with as_role("temoin_worker"):
        fall_asleep("fhir")
        write_circuit("fhir", Circuit(paused_until=now() + timedelta(minutes=1)))
        seen = prospect_of("fhir")

    assert seen.is_asleep
    assert seen.due is not None
    assert 3500 < seen.due <= 3600
    assert 50 < seen.held <= 60


@pytest.mark.usefixtures("house")
def test_a_lane_that_its_circuit_holds_does_not_ask_for_a_ring_and_sleeps_until_it_may_try(as_role):
    waits: list[float] = []

    class Patient(Told):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return len(waits) > 1

    with as_role("temoin_worker"):
        fall_asleep("fhir")
        wake_up("fhir")
        write_circuit("fhir", Circuit(troubles=9, paused_until=now() + timedelta(seconds=3)))
        lane = Lane(StandIn(), threading.Event(), Patient())
        lane._busy_at -= worker.AWAKE
        lane._rest()
        assert not prospect_of("fhir").is_asleep

    assert len(waits) == 2
    assert all(2 < wait <= 3 for wait in waits)


class Telling(StandIn):
    """A courier that says when it has carried something."""

    def __init__(self) -> None:
        super().__init__()
        self.carried = threading.Event()

    async def carry(self, consignment):
        self.carried.set()
        return await super().carry(consignment)


class Told(threading.Event):
    """A bell that says when its lane waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waited_for = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.is_waited_for.set()
        return super().wait(timeout)


class Running:
    """Threads that run until the test is over, whatever its end."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.ringing = Told()
        self.courier = Telling()
        self._threads: list[threading.Thread] = []

    def lane(self) -> None:
        """Run a lane that sleeps as soon as there is nothing to do; return once it does."""
        self._start(lambda: self._as_worker(Lane(self.courier, self.stop, self.ringing).run))

    def round(self, duty: Duty) -> None:
        self._start(lambda: self._as_worker(Round([duty], self.stop, self.ringing).run))

    def listener(self) -> None:
        place = listening_place()
        assert place is not None
        self._start(Listener({"fhir": self.ringing}, self.stop, place).run)

    def end(self) -> None:
        self.stop.set()
        self.ringing.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _as_worker(self, work: Callable[[], None]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE temoin_worker")
        work()

    def _start(self, work: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()


@pytest.fixture
def running(monkeypatch) -> Iterator[Running]:
    """What runs beside the test: a lane, which would look again after an hour, and who rings its bell."""
    monkeypatch.setattr(worker, "AWAKE", 0.0)
    monkeypatch.setattr(worker, "SLOW", 3600.0)
    monkeypatch.setattr(bell, "AFRESH", 0.01)
    running = Running()
    yield running
    running.end()


def test_the_commit_that_posts_wakes_a_sleeping_lane(house, running):
    running.listener()
    running.lane()
    assert running.ringing.is_waited_for.wait(PATIENCE)

    sign(house)

    assert running.courier.carried.wait(PATIENCE)


def test_a_ring_wakes_a_duty_that_sleeps(running, as_role):
    done = threading.Event()
    running.round(Duty("count", timedelta(days=1), lambda _stop: done.set()))
    assert done.wait(PATIENCE)
    assert running.ringing.is_waited_for.wait(PATIENCE)
    done.clear()

    with as_role("temoin_worker"), connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_duty SET due_at = now() WHERE name = 'count'")
    running.ringing.set()

    assert done.wait(PATIENCE)


def test_a_ring_that_is_lost_is_made_good_by_the_slow_look(house, running, monkeypatch):
    monkeypatch.setattr(worker, "SLOW", 0.05)
    running.lane()
    assert running.ringing.is_waited_for.wait(PATIENCE)

    sign(house)  # nobody listens

    assert running.courier.carried.wait(PATIENCE)


def test_a_parcel_that_is_due_later_wakes_its_lane_at_its_time(house, running):
    sign(house)
    later = now() + timedelta(seconds=0.5)
    change_parcels(house, "due_at = %s", [later])

    running.lane()

    assert running.courier.carried.wait(PATIENCE)
    assert now() >= later


def test_a_listener_whose_connection_is_cut_listens_again_and_rings_for_what_it_missed(
    running, caplog, embedded_server, monkeypatch
):
    outage = Outage()  # one of its own: another test's line may be a moment old
    monkeypatch.setattr(bell, "OUTAGE", outage)
    running.listener()
    assert running.ringing.wait(PATIENCE)
    running.ringing.clear()

    superuser = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password(), DATABASE)
    with psycopg.connect(superuser) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [bell.LISTENS]
        )

    assert running.ringing.wait(PATIENCE)
    assert "the database is away" in caplog.text
    assert not outage.is_on
    assert REGISTRY.get_sample_value("temoin_database_away") == 0


def test_without_a_way_to_the_server_itself_nobody_listens_and_lanes_look_by_the_clock():
    waits: list[float] = []

    class Patient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return super().wait(0)

    direct = DIRECT()
    DIRECT.give(None)
    try:
        assert listening_place() is None
    finally:
        DIRECT.give(direct)
    Lane(StandIn(), Patient())._rest()

    assert waits == [worker.IDLE]
