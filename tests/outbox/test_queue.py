"""The queue and the lane: leases, doubt, order, and that one bad parcel never stops the others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
import pytest
from couriers import ACCEPTED, StandIn
from django.db import OperationalError, connection
from people import House, make_lot, make_patient, make_signed, open_house

from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox import queue
from temoin.outbox import worker as lanes_of_worker
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.queue import LEASE, claim_parcels
from temoin.outbox.settling import LONGEST_WAIT, settle_parcels
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result
from temoin_demo.postgresql.server import SUPERUSER


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 the tests below take on the worker's role
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture
def worker(house, as_role):  # noqa: ARG001 rows first, then the role
    with as_role("temoin_worker"):
        yield


def only() -> Parcel:
    return Parcel._base_manager.get(destination="fhir")  # the worker schedules every pharmacy


@pytest.mark.usefixtures("worker")
def test_a_claimed_parcel_is_not_claimed_again():
    assert len(claim_parcels("fhir", 10)) == 1
    assert claim_parcels("fhir", 10) == []


@pytest.mark.usefixtures("worker")
def test_a_dead_workers_parcel_comes_back_in_doubt():
    claim_parcels("fhir", 10)

    with shifted_by(LEASE + timedelta(seconds=1)):
        loads = claim_parcels("fhir", 10)

    assert [load.state for load in loads] == [ParcelState.IN_DOUBT]


@pytest.mark.usefixtures("worker")
def test_an_accepted_parcel_keeps_its_receipt_and_rests():
    load = claim_parcels("fhir", 10)[0]

    settle_parcels([(load, ACCEPTED)])

    with tenant_scope(load.pharmacy_id):
        attempt = Attempt.objects.get(parcel_id=load.id)
        assert attempt.unseal()["receipt"] == {"id": "1"}
    assert only().state == ParcelState.ACCEPTED
    with shifted_by(timedelta(days=30)):
        assert claim_parcels("fhir", 10) == []


@pytest.mark.usefixtures("worker")
def test_settling_after_another_worker_did_changes_nothing():
    load = claim_parcels("fhir", 10)[0]
    settle_parcels([(load, ACCEPTED)])

    settle_parcels([(load, Answer(Verdict.REFUSED, "http_422"))])

    assert only().state == ParcelState.ACCEPTED


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("verdict", [Verdict.POSTPONED, Verdict.DOUBTFUL])
def test_waits_grow_to_an_hour_and_tries_never_end(verdict):
    for _ in range(16):
        with shifted_by(only().due_at - now() + LEASE + timedelta(seconds=1)):
            settle_parcels([(claim_parcels("fhir", 1)[0], Answer(verdict, "unreachable"))])
            wait = (only().due_at - now()).total_seconds()

    assert only().attempts == 16
    assert LONGEST_WAIT / 2 - 1 <= wait <= LONGEST_WAIT


@pytest.mark.usefixtures("worker")
def test_a_pause_that_was_asked_for_is_kept():
    settle_parcels([(claim_parcels("fhir", 1)[0], Answer(Verdict.POSTPONED, "http_429", retry_after=600))])

    assert (only().due_at - now()).total_seconds() > 290


@pytest.fixture
def corrected(house) -> None:
    """The one result has a second version, as soon as the first."""
    with tenant_scope(house.here.id):
        record = Parcel.objects.filter(destination="fhir").get().chain_id
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=house.owner, record_id=record, expected_version=1, reading=reading, reason="Lecture inversée")


@pytest.mark.usefixtures("corrected", "worker")
def test_versions_leave_in_order_and_a_refused_one_blocks_nobody():
    first = claim_parcels("fhir", 10)
    settle_parcels([(first[0], Answer(Verdict.REFUSED, "http_422"))])
    second = claim_parcels("fhir", 10)

    assert ([load.sequence for load in first], [load.sequence for load in second]) == ([1], [2])


@pytest.mark.usefixtures("corrected", "worker")
def test_a_claim_that_finds_nothing_but_later_versions_looks_on_another_time(monkeypatch):
    monkeypatch.setattr(queue, "LOOKS", 1)
    claim_parcels("fhir", 1)

    assert claim_parcels("fhir", 10) == []


@pytest.mark.usefixtures("corrected", "worker")
def test_a_later_version_waits_as_long_as_the_one_before_it():
    settle_parcels([(claim_parcels("fhir", 1)[0], Answer(Verdict.POSTPONED, "http_429", retry_after=600))])
    assert claim_parcels("fhir", 10) == []
    first, second = Parcel._base_manager.filter(destination="fhir").order_by("sequence")
    with shifted_by(timedelta(seconds=601)):
        again = claim_parcels("fhir", 10)

    assert (second.state, second.attempts) == (ParcelState.WAITING, 0)
    assert first.due_at < second.due_at < first.due_at + timedelta(seconds=1)
    assert [load.sequence for load in again] == [1]


class Poison(StandIn):
    """A courier that cannot prepare its parcel."""

    def prepare(self, load: Load) -> Consignment | Answer:
        raise ValueError(load.key)


def carry_once(courier: StandIn) -> bool:
    with asyncio.Runner() as runner:
        return Lane(courier, stop=None).carry_batch(runner)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("finds", "asked", "state"),
    [
        (Verdict.UNKNOWN, ["prepare", "enquire", "carry"], ParcelState.ACCEPTED),
        (Verdict.ACCEPTED, ["prepare", "enquire"], ParcelState.ACCEPTED),
        (Verdict.POSTPONED, ["prepare", "enquire"], ParcelState.IN_DOUBT),
    ],
)
def test_in_doubt_the_destination_is_asked_before_anything_is_sent(finds, asked, state):
    claim_parcels("fhir", 1)
    courier = StandIn(finds=Answer(finds, "told"))

    with shifted_by(LEASE + timedelta(seconds=1)):
        carry_once(courier)

    assert (courier.asked, only().state) == (asked, state)


@pytest.mark.usefixtures("worker")
def test_a_parcel_that_cannot_be_prepared_waits_its_turn():
    carry_once(Poison())

    assert (only().state, only().answer_code) == (ParcelState.WAITING, "not_prepared")


@pytest.mark.usefixtures("worker")
def test_an_empty_queue_is_no_work():
    carry_once(StandIn())

    assert carry_once(StandIn()) is False


@dataclass
class DuringARestart(StandIn):
    """A courier during whose way the database server ends our connection."""

    end: Callable[[int], None] = lambda _: None
    backend: int = 0

    def prepare(self, load: Load) -> Consignment | Answer:
        self.backend = connection.connection.info.backend_pid
        return super().prepare(load)

    async def carry(self, consignment: Consignment) -> Answer:
        self.end(self.backend)
        return await super().carry(consignment)


@pytest.fixture
def committed_parcel(transactional_db, embedded_server) -> Iterator[Callable[[int], None]]:  # noqa: ARG001
    """A parcel in the database for good, and a connection as the worker; gives what ends this connection."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    connection.close()
    as_app, options = connection.settings_dict["OPTIONS"], {"options": "-c role=temoin_worker"}
    connection.settings_dict["OPTIONS"] = options
    superuser = embedded_server.conninfo(SUPERUSER, embedded_server.superuser_password())

    def end(backend: int) -> None:
        with psycopg.connect(superuser) as server:
            server.execute("SELECT pg_terminate_backend(%s)", [backend])

    yield end
    connection.close()
    connection.settings_dict["OPTIONS"] = as_app


def test_what_was_carried_is_settled_once_the_database_is_back_and_not_carried_again(committed_parcel):
    courier = DuringARestart(end=committed_parcel)
    lane = Lane(courier, stop=None)

    with asyncio.Runner() as runner:
        with pytest.raises(OperationalError):
            lane.carry_batch(runner)
        connection.close()
        with shifted_by(LEASE - timedelta(seconds=1)):
            lane.carry_batch(runner)

    assert (courier.asked, only().state) == (["prepare", "carry"], ParcelState.ACCEPTED)


@dataclass
class LastOne(StandIn):
    """A courier that is told to end while its parcel is on its way."""

    stop: threading.Event = field(default_factory=threading.Event)

    async def carry(self, consignment: Consignment) -> Answer:
        self.stop.set()
        await asyncio.sleep(0.1)
        return await super().carry(consignment)


@pytest.mark.usefixtures("committed_parcel")
def test_a_lane_that_is_told_to_stop_settles_what_is_on_its_way(monkeypatch):
    monkeypatch.setattr(lanes_of_worker, "IDLE", 0.01)
    courier = LastOne()

    Lane(courier, courier.stop).run()

    assert only().state == ParcelState.ACCEPTED
