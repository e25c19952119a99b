"""The worker: one lane per destination, none of which stops for one bad parcel, one bad courier or a lost database."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from couriers import StandIn, answer
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from people import House, make_lot, make_patient, make_signed, open_house, opened_attempt, seen_parcel

from temoin.crypto.ring import forget_keys
from temoin.crypto.roots.provider import RootKeyError
from temoin.lib.clock import shifted_by
from temoin.lib.errors import NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox import duties as duties_register
from temoin.outbox import worker
from temoin.outbox.actions import release_parcel
from temoin.outbox.courier import Answer, AnsweredLoad, Consignment, Load, Verdict, couriers, register_courier
from temoin.outbox.duties import Duty, register_duty
from temoin.outbox.kept import LARGEST, pack, unpack
from temoin.outbox.lanes import tell_lane
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.queue import LEASE, claim_parcels
from temoin.outbox.set_aside import list_aside
from temoin.outbox.settling import settle_parcels
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane, run_worker, threads_of


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    """A pharmacy with three results on their way."""
    house = open_house()
    lot_id = make_lot(house.owner)
    for _ in range(3):
        make_signed(house.owner, make_patient(house.owner), lot_id)
    return house


def parcels(house: House) -> list[Parcel]:
    with tenant_scope(house.here.id):
        return list(Parcel.objects.filter(destination="fhir").order_by("id"))


def states(house: House) -> list[tuple[str, str]]:
    return [(parcel.state, parcel.answer_code) for parcel in parcels(house)]


@dataclass
class Picky(StandIn):
    """A courier for which one parcel is poison: `where` says at which step it fails, `error` how."""

    poison: UUID | None = None
    where: str = "prepare"
    error: Callable[[], BaseException] = ValueError

    def prepare(self, load: Load) -> Consignment:
        self._fail("prepare", load.id)
        return Consignment(key=str(load.id), body=b"{}")

    async def carry(self, consignment: Consignment):
        self._fail("carry", UUID(consignment.key))
        return await super().carry(consignment)

    def _fail(self, where: str, parcel_id: UUID) -> None:
        if where == self.where and parcel_id == self.poison:
            raise self.error()


def carry_batch(courier: StandIn) -> None:
    with asyncio.Runner() as runner:
        Lane(courier, threading.Event()).carry_batch(runner)


@pytest.mark.parametrize(
    ("where", "error", "state", "code"),
    [
        ("prepare", ValueError, ParcelState.WAITING, "not_prepared"),
        ("prepare", KeyError, ParcelState.WAITING, "not_prepared"),
        ("prepare", NotFoundError, ParcelState.WAITING, "not_prepared"),
        ("prepare", RootKeyError, ParcelState.WAITING, "not_prepared"),
        ("prepare", Parcel.DoesNotExist, ParcelState.WAITING, "not_prepared"),
        ("prepare", OverflowError, ParcelState.WAITING, "not_prepared"),
        ("carry", RuntimeError, ParcelState.IN_DOUBT, "courier_failed"),
        ("carry", OSError, ParcelState.IN_DOUBT, "courier_failed"),
        ("carry", TimeoutError, ParcelState.IN_DOUBT, "courier_failed"),
    ],
)
def test_one_poison_parcel_does_not_hold_the_others(house, as_role, where, error, state, code):
    poison = parcels(house)[1].id

    with as_role("temoin_worker"):
        carry_batch(Picky(poison=poison, where=where, error=error))

    accepted = (ParcelState.ACCEPTED, "acknowledged")
    assert states(house) == [accepted, (state, code), accepted]


class GoesThrough(Picky):
    """A courier that went through a folder in which an odd file lay."""

    def taken_aside(self) -> list[tuple[str, str]]:
        return [("odd.csv", "TypeError")]


def test_what_a_courier_set_aside_of_a_folder_is_on_the_list_of_the_lanes(house, as_role):
    with as_role("temoin_worker"):
        carry_batch(GoesThrough())

        assert [(one.place, one.count, one.error) for one in list_aside()] == [("fhir", 1, "TypeError")]
    assert states(house) == [(ParcelState.ACCEPTED, "acknowledged")] * 3


class Together(Picky):
    """A courier that prepares several at once."""

    def prepare_all(self, loads: list[Load]) -> dict[UUID, Consignment | Answer]:
        self.asked.append(f"prepare {len(loads)}")
        return {load.id: self.prepare(load) for load in loads}


def test_parcels_of_one_pharmacy_are_prepared_together(house, as_role):
    courier = Together()
    with as_role("temoin_worker"):
        carry_batch(courier)

    assert courier.asked[0] == "prepare 3"
    assert states(house) == [(ParcelState.ACCEPTED, "acknowledged")] * 3


def test_a_poison_parcel_among_them_is_the_only_one_to_wait(house, as_role):
    with as_role("temoin_worker"):
        carry_batch(Together(poison=parcels(house)[1].id))

    accepted = (ParcelState.ACCEPTED, "acknowledged")
    assert states(house) == [accepted, (ParcelState.WAITING, "not_prepared"), accepted]


@dataclass
class Asking(Picky):
    """A courier that asks outside before a parcel is prepared; of the poison one it fails to say what."""

    brought: dict[UUID, object] = field(default_factory=dict)

    def foresee(self, load: Load) -> str:
        self._fail("foresee", load.id)
        return str(load.id)

    def ask_outside(self, questions: Sequence[str]) -> list[str]:
        self.asked.append(f"ask {len(questions)}")
        if self.where == "outside":
            raise self.error
        if self.where == "outside, of one":
            questions = questions[1:]
        return [f"answer to {one}" for one in questions]

    def prepare(self, load: Load) -> Consignment:
        self.brought[load.id] = load.brought if isinstance(load, AnsweredLoad) else None
        return super().prepare(load)


def test_who_asks_first_asks_once_for_a_batch_and_finds_each_answer_as_it_prepares(house, as_role):
    courier = Asking()
    with as_role("temoin_worker"):
        carry_batch(courier)

    assert courier.asked[0] == "ask 3"
    assert courier.brought == {one.id: f"answer to {one.id}" for one in parcels(house)}


def test_a_parcel_of_which_nothing_can_be_asked_is_prepared_without_and_holds_no_other(house, as_role):
    poison = parcels(house)[1].id
    courier = Asking(poison=poison, where="foresee")
    with as_role("temoin_worker"):
        carry_batch(courier)

    assert (courier.asked[0], courier.brought[poison]) == ("ask 2", None)
    assert states(house) == [(ParcelState.ACCEPTED, "acknowledged")] * 3


@pytest.mark.parametrize("where", ["outside", "outside, of one"])
def test_an_asking_that_fails_holds_no_parcel_up(house, as_role, where):
    courier = Asking(where=where)
    with as_role("temoin_worker"):
        carry_batch(courier)

    assert set(courier.brought.values()) == {None}
    assert states(house) == [(ParcelState.ACCEPTED, "acknowledged")] * 3


def test_a_database_that_goes_away_before_the_asking_is_no_fault_of_a_parcel(house, as_role):
    courier = Asking(poison=parcels(house)[0].id, where="foresee", error=OperationalError)

    with as_role("temoin_worker"), pytest.raises(OperationalError):
        carry_batch(courier)


@pytest.fixture
def two_pharmacies(house: House) -> House:
    """The pharmacy with three results on their way, and the stranger's with two."""
    patient, lot = make_patient(house.stranger), make_lot(house.stranger)
    for _ in range(2):
        make_signed(house.stranger, patient, lot)
    return house


def test_parcels_of_all_pharmacies_are_prepared_and_settled_in_one_transaction_each(two_pharmacies, as_role):
    courier = couriers()["fhir"]
    with as_role("temoin_worker"), CaptureQueriesContext(connection) as told:
        loads = claim_parcels("fhir", 10)
        ready = courier.prepare_all(loads)
        settle_parcels([(load, answer(Verdict.ACCEPTED)) for load in loads])

    assert {load.pharmacy_id for load in loads} == {two_pharmacies.here.id, two_pharmacies.stranger.pharmacy_id}
    assert all(isinstance(ready[load.id], Consignment) for load in loads)
    assert sum(query["sql"].startswith("SAVEPOINT") for query in told) == 2  # of a test, where a worker begins anew
    assert states(two_pharmacies) == [(ParcelState.ACCEPTED, "told")] * 3


def _asked(act: Callable[[], object]) -> list[str]:
    """Return what a step asks the database, without what only a test has around it."""
    with CaptureQueriesContext(connection) as told:
        act()
    return [query["sql"] for query in told if "SAVEPOINT" not in query["sql"]]


@pytest.mark.parametrize("each", [1, 3])
def test_a_batch_takes_two_statements_of_each_pharmacy_and_four_of_all_however_many_parcels(house, as_role, each):
    for _ in range(each):
        make_signed(
            house.stranger, make_patient(house.stranger), make_lot(house.stranger, number=f"N{new_id().hex[:6]}")
        )
    courier, loads = couriers()["fhir"], []
    with as_role("temoin_worker"):
        claiming = _asked(lambda: loads.extend(claim_parcels("fhir", 10)))
        courier.prepare_all(loads)  # the keys are at hand from here on
        preparing = _asked(lambda: courier.prepare_all(loads))
        settling = _asked(lambda: settle_parcels([(load, answer(Verdict.ACCEPTED)) for load in loads]))
        telling = _asked(lambda: tell_lane("fhir", [answer(Verdict.ACCEPTED)]))

    assert len(loads) == 3 + each
    assert (len(claiming), len(telling)) == (2, 1)
    assert [len(preparing), len([one for one in settling if "crypto_data_key" not in one])] == [2, 2 + 1]
    assert all("INSERT INTO journal_event" in one and "testing_record_version" in one for one in preparing)


@pytest.mark.parametrize("where", ["prepare", "settle"])
def test_what_spoils_a_batch_of_several_pharmacies_spoils_its_own_parcel_alone(two_pharmacies, as_role, where):
    poison = parcels(two_pharmacies)[0]
    with as_role("temoin_worker"):
        (taken, *others) = sorted(claim_parcels("fhir", 10), key=lambda load: load.id != poison.id)
        # A record that is not there, or a parcel that is another worker's by now.
        taken = replace(taken, chain_id=new_id()) if where == "prepare" else replace(taken, attempts=9)
        lane = Lane(couriers()["fhir"], threading.Event())
        ready = lane._prepare([taken, *others])
        settle_parcels([(load, answer(Verdict.ACCEPTED)) for load, one in ready if isinstance(one, Consignment)])

    accepted = (ParcelState.ACCEPTED, "told")
    assert states(two_pharmacies) == [(ParcelState.SENDING, ""), accepted, accepted]


@pytest.fixture
def keyless(house: House, as_role) -> Iterator[House]:
    """The stranger's pharmacy with a result on its way, after its data key was altered."""
    make_signed(house.stranger, make_patient(house.stranger), make_lot(house.stranger))
    scope = tenant_scope(house.stranger.pharmacy_id)
    with as_role("temoin_keeper"), scope, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crypto_data_key SET wrapped = '\\x00' WHERE pharmacy_id = %s", [house.stranger.pharmacy_id]
        )
    forget_keys()
    yield house
    forget_keys()


def test_a_pharmacy_whose_key_is_not_to_be_had_holds_no_other(keyless, as_role, caplog):
    with as_role("temoin_worker"):
        carry_batch(StandIn())

    assert states(keyless) == [(ParcelState.ACCEPTED, "acknowledged")] * 3
    assert "cannot be settled: " in caplog.text


HOSTILE = [{"id": "\udcff"}, {"id": [[[]]] * 9, "location": "9" * 10_000}, {"id": {"a": 1 << 70}}, {"id": 1 << 70}]


@pytest.mark.parametrize("receipt", HOSTILE)
def test_no_receipt_keeps_an_acknowledged_result_from_being_settled(house, as_role, receipt):
    with as_role("temoin_worker"):
        carry_batch(StandIn(carries=Answer(Verdict.ACCEPTED, "acknowledged", detail="\udc80", receipt=receipt)))

    assert states(house) == [(ParcelState.ACCEPTED, "acknowledged")] * 3


def kept(house: House) -> list[tuple[bytes, bytes]]:
    with tenant_scope(house.here.id):
        opened = [opened_attempt(attempt) for attempt in Attempt.objects.all()]
    return [(sent := unpack(content["sent"]), unpack(content["came"], like=sent)) for content in opened]


def test_an_answer_that_repeats_what_was_sent_takes_next_to_no_room():
    sent = b"".join(b"%d " % number for number in range(3000))
    came = sent[:5000] + b"accepted" + sent[5000:]

    assert unpack(pack(came, like=sent), like=sent) == came
    assert len(pack(came, like=sent)) < len(pack(came)) / 4
    assert unpack(pack(came), like=sent) == came  # kept without a likeness


def test_an_attempt_keeps_what_was_sent_and_what_came_back(house, as_role):
    with as_role("temoin_worker"):
        carry_batch(StandIn(carries=replace(answer(Verdict.REFUSED), came=b"no" * LARGEST)))

    assert kept(house) == [(b"{}", (b"no" * LARGEST)[:LARGEST])] * 3


def test_what_is_secret_or_was_not_sent_is_not_kept(house, as_role):
    class Secretive(StandIn):
        def prepare(self, load: Load) -> Consignment | Answer:
            return Consignment(key=load.key, body=b"link", is_secret=True)

    class Unready(StandIn):
        def prepare(self, load: Load) -> Consignment | Answer:
            return answer(Verdict.POSTPONED)

    with as_role("temoin_worker"):
        carry_batch(Unready())
        with shifted_by(timedelta(seconds=10)):
            carry_batch(Secretive())

    assert kept(house) == [(b"", b"")] * 6


def test_one_slow_answer_holds_up_no_other(house, as_role):
    slow, let_go = parcels(house)[0].id, asyncio.Event()

    class SlowOnce(Picky):
        async def carry(self, consignment: Consignment) -> Answer:
            if UUID(consignment.key) == slow:
                await let_go.wait()
            return await super().carry(consignment)

    with as_role("temoin_worker"), asyncio.Runner() as runner:
        lane = Lane(SlowOnce(), threading.Event())
        assert lane.turn(runner)
        seen = [state for state, _ in states(house)]
        let_go.set()
        lane.turn(runner)

    assert seen == [ParcelState.SENDING, ParcelState.ACCEPTED, ParcelState.ACCEPTED]
    assert {state for state, _ in states(house)} == {ParcelState.ACCEPTED}


@pytest.mark.usefixtures("house")
def test_a_lane_takes_more_while_the_destination_is_quick(as_role, monkeypatch):
    monkeypatch.setattr(worker, "AT_ONCE", 1)
    courier = Together()

    with as_role("temoin_worker"), asyncio.Runner() as runner:
        lane = Lane(courier, threading.Event())
        while lane.turn(runner):
            pass

    assert courier.asked.count("carry") == 3
    assert "prepare 2" in courier.asked  # one alone before it


class Deaf(StandIn):
    """A destination that takes its time until it is told to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def carry(self, consignment: Consignment) -> Answer:
        answer = await super().carry(consignment)
        await self.may_answer.wait()
        return answer


def test_a_slow_destination_gets_no_more_than_a_few_at_once(house, as_role, monkeypatch):
    for name, value in (("AT_ONCE", 2), ("QUICK", 0.0), ("IDLE", 0.01)):
        monkeypatch.setattr(worker, name, value)
    courier = Deaf()

    with as_role("temoin_worker"), asyncio.Runner() as runner:
        lane = Lane(courier, threading.Event())
        for _ in range(3):
            assert lane.turn(runner)
        asked = courier.asked.count("carry")
        courier.may_answer.set()
        while lane.turn(runner):
            pass

    assert asked == 2
    assert {state for state, _ in states(house)} == {ParcelState.ACCEPTED}


def test_what_comes_to_its_turn_too_late_for_its_lease_is_not_sent(house, as_role, monkeypatch):
    monkeypatch.setattr(worker, "LATEST", -1.0)
    courier = StandIn()

    with as_role("temoin_worker"):
        carry_batch(courier)

    assert "carry" not in courier.asked
    assert states(house) == [(ParcelState.WAITING, "not_reached")] * 3


def test_a_lane_ends_even_when_its_last_answers_cannot_be_kept(caplog):
    class Cut(Lane):
        def _settle(self) -> None:
            raise OperationalError

    courier = Script()
    courier.stop.set()
    caplog.set_level(logging.ERROR, logger="temoin.outbox")

    Cut(courier, courier.stop).run()

    assert courier.closed == 1
    assert "the last answers were not kept" in caplog.text


def test_a_failure_is_logged_by_its_type_and_nothing_it_says(house, as_role, caplog):
    poison = parcels(house)[0].id
    caplog.set_level(logging.ERROR, logger="temoin.outbox")

    with as_role("temoin_worker"):
        carry_batch(Picky(poison=poison, error=lambda: ValueError("Dominique PAT-TROIS")))
        carry_batch(Picky(poison=poison, where="carry", error=lambda: ValueError("Dominique PAT-TROIS")))

    assert "ValueError" in caplog.text
    assert "PAT-TROIS" not in caplog.text


def test_a_poison_parcel_that_was_in_doubt_stays_in_doubt(house, as_role):
    with as_role("temoin_worker"):
        claim_parcels("fhir", 10)  # by a worker that dies
        with shifted_by(LEASE + timedelta(seconds=1)):
            carry_batch(Picky(poison=parcels(house)[0].id))

    assert states(house)[0] == (ParcelState.IN_DOUBT, "not_prepared")


def test_a_lane_that_is_cancelled_stops(house, as_role):
    with as_role("temoin_worker"), pytest.raises(asyncio.CancelledError):
        carry_batch(Picky(poison=parcels(house)[0].id, where="carry", error=asyncio.CancelledError))


# A lane's life --------------------------------------------------------------------------------------------------------


@dataclass
class Script(StandIn):
    """A courier whose lane is told to stop once it has seen `last` looks at the queue."""

    closed: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    async def close(self) -> None:
        self.closed += 1


class CountedLane(Lane):
    """A lane whose looks at the queue are scripted: an error to raise, or whether there was work."""

    def __init__(self, courier: Script, looks: list[bool | Exception]) -> None:
        super().__init__(courier, courier.stop)
        self.looks = looks

    def turn(self, _runner: asyncio.Runner) -> bool:
        look = self.looks.pop(0)
        if not self.looks:
            self.stop.set()
        if isinstance(look, Exception):
            raise look
        return look


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.0)


@pytest.mark.usefixtures("no_pause")
def test_a_lane_outlives_any_error_and_closes_its_courier(caplog):
    courier = Script()
    lane = CountedLane(courier, [True, ConnectionError("postgresql://secret"), False, RuntimeError(), True])

    lane.run()

    assert (lane.looks, courier.closed) == ([], 1)
    assert "ConnectionError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(("error", "longest"), [(OperationalError("away"), 1.0), (RuntimeError("a defect"), 25.6)])
def test_a_lane_looks_soon_again_for_a_database_that_is_away(error, longest):
    pauses: list[float] = []

    class Patient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0.0)
            return False

    courier = Script()
    courier.stop = Patient()

    CountedLane(courier, [error] * 9).run()

    assert max(pauses) == longest
    assert pauses == sorted(pauses)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_pause")
def test_the_worker_runs_a_lane_for_each_courier_and_stops_when_told(monkeypatch):
    monkeypatch.setattr(register, "_couriers", {})
    stop = threading.Event()
    seen: set[str] = set()

    class Watching(StandIn):
        async def close(self) -> None:
            seen.add(self.destination)

    for destination in ("fhir", "email"):
        register_courier(Watching(destination=destination))
    timer = threading.Timer(0.2, stop.set)
    timer.start()

    run_worker(stop)

    assert seen == {"fhir", "email"}
    assert connection.connection is None or not connection.in_atomic_block


@dataclass
class Switched(StandIn):
    """A courier that the operator switches on and off."""

    enabled: bool = False


def test_what_is_switched_off_carries_nothing_and_no_duty_waits_for_another(monkeypatch):
    monkeypatch.setattr(register, "_couriers", {})
    monkeypatch.setattr(duties_register, "_duties", {})
    for courier in (Switched(destination="off"), Switched(destination="on", enabled=True), StandIn(destination="any")):
        register_courier(courier)
    for name in ("alarms", "reconcile"):
        register_duty(Duty(name, timedelta(days=1), lambda _stop: None))

    names = [thread.name for thread in threads_of(threading.Event())]

    assert names == ["on", "any", "bell", "alarms", "reconcile"]


# A person's decision --------------------------------------------------------------------------------------------------


def refused(house: House, as_role) -> UUID:
    with as_role("temoin_worker"):
        carry_batch(StandIn(carries=answer(Verdict.REFUSED)))
    return parcels(house)[0].id


def test_a_refused_parcel_goes_again_with_the_same_key(house, as_role):
    parcel_id = refused(house, as_role)
    key = parcels(house)[0].key

    release_parcel(by=house.owner, parcel_id=parcel_id, expected_version=seen_parcel(house.owner, parcel_id))

    with as_role("temoin_worker"):
        (load,) = claim_parcels("fhir", 10)
    assert (load.id, load.key) == (parcel_id, key)


def test_a_parcel_of_another_pharmacy_is_as_good_as_unknown(house, as_role):
    for parcel_id in (refused(house, as_role), new_id()):
        with pytest.raises(NotFoundError):
            release_parcel(
                by=house.stranger, parcel_id=parcel_id, expected_version=seen_parcel(house.stranger, parcel_id)
            )
