"""The lanes' shared state: what one worker learns holds for all of them, and survives the worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from couriers import ACCEPTED, StandIn, answer
from people import House, make_lot, make_patient, make_signed, open_house

from temoin.lib.clock import frozen_at, now, shifted_by
from temoin.outbox.circuit import LONGEST_PAUSE, PROBE, THRESHOLD, CircuitState
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.outbox.lanes import close_circuit, read_circuit, tell_lane
from temoin.outbox.models import Parcel
from temoin.outbox.queue import LEASE, claim_parcels
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane

SILENT = Answer(Verdict.DOUBTFUL, "no_answer")
RESULTS = 6


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    """A pharmacy with some results on their way."""
    house = open_house()
    patient, lot = make_patient(house.owner), make_lot(house.owner)
    for _ in range(RESULTS):
        make_signed(house.owner, patient, lot)
    return house


@pytest.fixture
def worker(house, as_role):  # noqa: ARG001 rows first, then the role
    with as_role("temoin_worker"):
        yield


def carry(courier: StandIn, *, at: float = 0.0) -> None:
    """Carry a batch, some seconds from now, as a worker that has just started."""
    with asyncio.Runner() as runner, shifted_by(timedelta(seconds=at)):
        Lane(courier, stop=None).carry_batch(runner)


def parcels() -> list[Parcel]:
    return list(Parcel._base_manager.filter(destination="fhir"))


def attempts() -> int:
    return sum(parcel.attempts for parcel in parcels())


def circuit(*, at: float = 0.0) -> CircuitState:
    with shifted_by(timedelta(seconds=at)):
        return read_circuit("fhir").state(now())


@pytest.mark.usefixtures("worker")
def test_silence_opens_the_circuit_for_every_worker_and_spends_no_attempt():
    carry(StandIn(carries=SILENT))
    assert (circuit(), attempts()) == (CircuitState.OPEN, RESULTS)

    courier = StandIn()
    carry(courier, at=0.6)  # all are due again

    assert (courier.asked, attempts()) == ([], RESULTS)


@pytest.mark.usefixtures("worker")
def test_one_parcel_probes_and_its_answer_lets_the_others_follow():
    carry(StandIn(carries=SILENT))

    courier = StandIn()
    carry(courier, at=60)
    assert courier.asked.count("carry") == 1

    carry(courier, at=62)
    carry(courier, at=75)
    assert {parcel.state for parcel in parcels()} == {ParcelState.ACCEPTED}


@pytest.mark.usefixtures("worker")
def test_a_destination_that_takes_and_answers_later_closes_its_circuit():
    carry(StandIn(carries=SILENT))

    taken = Answer(Verdict.DOUBTFUL, "awaiting_acknowledgement", is_own=True, is_sign_of_life=True)
    carry(StandIn(carries=taken), at=60)

    assert circuit(at=61) is CircuitState.CLOSED


@pytest.mark.usefixtures("worker")
def test_two_workers_send_one_probe_and_a_dead_workers_probe_is_let_go():
    carry(StandIn(carries=SILENT))

    with shifted_by(timedelta(seconds=60)):
        assert len(claim_parcels("fhir", 10)) == 1  # by a worker that dies
        assert claim_parcels("fhir", 10) == []
    with shifted_by(timedelta(seconds=60) + PROBE):
        assert len(claim_parcels("fhir", 10)) == 1


@pytest.mark.usefixtures("worker")
def test_refusals_open_nothing():
    carry(StandIn(carries=answer(Verdict.REFUSED)))

    assert circuit() is CircuitState.CLOSED


@pytest.mark.usefixtures("worker")
def test_what_never_left_says_nothing_of_the_destination():
    class Unready(StandIn):
        def prepare(self, load: Load) -> Consignment | Answer:
            return Answer(Verdict.POSTPONED, "not_yet", retry_after=900)

    carry(Unready())

    assert circuit() is CircuitState.CLOSED


@pytest.mark.usefixtures("worker")
def test_the_courier_that_fails_by_itself_opens_nothing():
    class Broken(StandIn):
        async def carry(self, _consignment: Consignment) -> Answer:
            raise RuntimeError

    carry(Broken())

    assert (circuit(), {parcel.state for parcel in parcels()}) == (CircuitState.CLOSED, {ParcelState.IN_DOUBT})


@pytest.mark.usefixtures("worker")
def test_a_pause_asked_for_by_one_parcel_is_kept_by_all():
    tell_lane("fhir", [ACCEPTED, Answer(Verdict.POSTPONED, "http_429", retry_after=300)])

    assert circuit(at=299) is CircuitState.OPEN
    with shifted_by(timedelta(seconds=299)):
        assert claim_parcels("fhir", 10) == []


@dataclass
class OneIsPoison(StandIn):
    """A destination that falls silent whenever it is sent one parcel of all."""

    poison: UUID | None = None
    sent: list[UUID] = field(default_factory=list)

    def prepare(self, load: Load) -> Consignment | Answer:
        return Consignment(key=str(load.id), body=b"{}")

    async def carry(self, consignment: Consignment) -> Answer:
        self.sent.append(UUID(consignment.key))
        return SILENT if self.sent[-1] == self.poison else ACCEPTED


@pytest.mark.usefixtures("worker")
def test_a_poison_parcel_neither_holds_the_others_nor_keeps_the_circuit_open():
    carry(StandIn(carries=SILENT))
    courier = OneIsPoison(poison=min(parcels(), key=lambda parcel: parcel.due_at).id)

    for minute in range(1, 8):
        for second in range(0, 60, 20):
            carry(courier, at=minute * LONGEST_PAUSE + second)

    waiting = [parcel.id for parcel in parcels() if parcel.state != ParcelState.ACCEPTED]
    assert waiting == [courier.poison]
    assert courier.sent.count(courier.poison) < 10


@pytest.mark.usefixtures("worker")
def test_a_probe_is_one_that_has_not_failed():
    first = [load.id for load in claim_parcels("fhir", RESULTS - 1)]
    tell_lane("fhir", [SILENT] * THRESHOLD)

    with shifted_by(timedelta(seconds=LONGEST_PAUSE + LEASE.total_seconds())):  # all are due, the tried ones first
        (probe,) = claim_parcels("fhir", 9)

    assert probe.id not in first
    assert probe.attempts == 1


@pytest.fixture
def rated(settings) -> None:
    settings.TEMOIN = replace(settings.TEMOIN, rates={"fhir": 2})


@pytest.mark.usefixtures("worker", "rated")
def test_the_rate_is_one_for_all_workers():
    assert len(claim_parcels("fhir", 10)) == 2
    assert claim_parcels("fhir", 10) == []
    with shifted_by(timedelta(seconds=1)):
        assert len(claim_parcels("fhir", 10)) == 2


@pytest.mark.usefixtures("worker", "rated")
def test_an_empty_lane_with_a_rate_writes_nothing():
    assert claim_parcels("elsewhere", 10) == []
    assert read_circuit("elsewhere").taken_at is None


@pytest.mark.usefixtures("worker")
def test_the_operator_closes_a_circuit_and_the_lane_starts_slowly():
    for _ in range(THRESHOLD):
        tell_lane("fhir", [Answer(Verdict.POSTPONED, "http_503", retry_after=3600)])

    moment = now()
    with frozen_at(moment):
        close_circuit("fhir")
        assert circuit() is CircuitState.CLOSED

    with frozen_at(moment + timedelta(seconds=0.5)):
        assert 1 <= len(claim_parcels("fhir", 10)) < RESULTS
