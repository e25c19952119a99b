"""One odd item of foreign input is set aside, counted and shown; it never holds the others, nor a signature."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from couriers import StandIn
from django.db import OperationalError, connection
from people import House, make_lot, make_patient, make_signed, open_house, seen_parcel

from temoin.crypto.ring import forget_keys
from temoin.lib.clock import now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.attempts import add_attempt
from temoin.outbox.courier import Answer, Load, Verdict, register_courier
from temoin.outbox.duties import Duty, Round, failing_duties
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.queue import LEASE
from temoin.outbox.repetition import FAR, TIMES, repetition
from temoin.outbox.set_aside import apart, forget_aside, list_aside
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result

ODD = ["\ud800", "\0", "é\udcff", "x" * 100_000, ["a list"], {"an": "object"}, None, 7, b"bytes"]


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


def sign(house: House) -> None:
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def parcel(house: House, destination: str = "fhir") -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.filter(destination=destination).latest("posted_at")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd)[:12])
def test_whatever_a_destination_tells_an_attempt_keeps_it(house, odd):
    answer = Answer(Verdict.REFUSED, "told", detail=odd, receipt={"id": odd})

    with tenant_scope(house.here.id):
        commit = Commit()
        add_attempt(commit, pharmacy_id=house.here.id, parcel_id=uuid4(), number=1, at=now(), answer=answer)
        kept = {
            name: value for rows in commit._inserts.values() for row in rows for name, value in row.unseal().items()
        }

    assert set(kept["receipt"]) == {"id"}
    assert len(kept.get("detail", "")) <= 4000


@pytest.fixture
def worker(house, as_role):  # noqa: ARG001 rows first, then the role
    with as_role("temoin_worker"):
        yield


@pytest.mark.usefixtures("worker")
def test_what_raises_is_set_aside_and_the_next_is_read():
    read = []
    for item in ("1", "2", "2", "3"):
        with apart("box", item):
            if item == "2":
                raise ValueError(item)
            read.append(item)

    assert read == ["1", "3"]
    ((place, count, error),) = [(each.place, each.count, each.error) for each in list_aside()]
    assert (place, count, error) == ("box", 1, "ValueError")
    assert forget_aside("box") == 1
    assert list_aside() == []


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("error", [OperationalError, ConnectionError])
def test_what_says_nothing_of_the_item_is_no_reason_to_set_it_aside(error):
    with pytest.raises(error), apart("box", "1", passing=(OSError,)):
        raise error

    assert list_aside() == []


# A courier that is broken ---------------------------------------------------------------------------------------------


@dataclass
class Broken(StandIn):
    """A courier whose Python fails where a signature asks it."""

    where: str = "wants"

    def wants(self, _notice: object) -> bool:
        return self._fail("wants")

    def supersede(self, commit: object, notice: object) -> None:
        self._fail("supersede")

    def _fail(self, where: str) -> bool:
        if self.where == where:
            raise KeyError("a defect")
        if self.where == f"sql of {where}":
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column FROM outbox_parcel")
        return True


@pytest.fixture
def broken(house, monkeypatch, as_role) -> Broken:  # noqa: ARG001 a database first
    monkeypatch.setattr(register, "_couriers", dict(register.couriers()))
    courier = Broken(destination="broken")
    register_courier(courier)
    return courier


def correct(house: House) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    with tenant_scope(house.here.id):
        record_id = Parcel.objects.first().chain_id
    correct_result(by=house.owner, record_id=record_id, reading=reading, reason="Lecture inversée", expected_version=1)


@pytest.mark.usefixtures("broken")
def test_a_courier_that_cannot_say_what_it_wants_stops_no_signature(house):
    sign(house)

    left = parcel(house, "broken")
    assert (left.state, left.answer_code) == (ParcelState.WAITING, "courier_broken")
    assert left.matter_since is not None
    assert parcel(house).matter_since is None  # the others' parcels are as ever


@pytest.mark.parametrize("where", ["wants", "supersede", "sql of wants", "sql of supersede"])
def test_nor_does_it_stop_a_correction(house, broken, where):
    broken.where = ""
    sign(house)
    broken.where = where

    correct(house)

    left = parcel(house, "broken")
    assert (left.sequence, left.answer_code) == (2, "courier_broken")
    assert parcel(house).sequence == 2


def test_once_it_is_mended_the_parcel_goes(house, broken, as_role):
    sign(house)
    broken.where = ""

    carry(as_role, broken)

    left = parcel(house, "broken")
    assert (left.state, left.matter_since) == (ParcelState.ACCEPTED, None)


# The same answer again and again --------------------------------------------------------------------------------------


def carry(as_role, courier: StandIn, after: timedelta = timedelta(0)) -> None:
    with as_role("temoin_worker"), shifted_by(after), asyncio.Runner() as runner:
        Lane(courier, threading.Event()).carry_batch(runner)


LOAD = Load(UUID(int=1), UUID(int=2), "fhir", UUID(int=3), UUID(int=3), 1, "key", "sending", 1, None)
LATER = Answer(Verdict.POSTPONED, "busy")
AWAITED = Answer(Verdict.DOUBTFUL, "awaiting", is_own=True, is_sign_of_life=True)


def met(answers: list[Answer], every: timedelta) -> list[bool]:
    """Tell after each answer whether the parcel is a person's matter."""
    load, moment, told = LOAD, now(), []
    for number, answer in enumerate(answers, 1):
        found = repetition(replace(load, attempts=number), answer, moment)
        load = replace(
            load,
            answer_code=answer.code,
            same_count=found.count,
            same_since=found.since,
            matter_since=found.matter_since,
        )
        told.append(found.matter_since is not None)
        moment += every
    return told


@pytest.mark.parametrize(
    ("answers", "every", "first"),
    [
        ([LATER] * TIMES, timedelta(seconds=1), TIMES),
        ([LATER] * 3, timedelta(hours=12), 3),
        ([AWAITED] * 40, timedelta(minutes=10), None),
        ([AWAITED] * 26, timedelta(hours=1), 25),
        ([LATER, replace(LATER, code="other")] * FAR, timedelta(seconds=1), FAR),
    ],
    ids=["often", "for a day", "not yet", "not yet for a day", "now this, now that"],
)
def test_a_parcel_becomes_a_persons_matter(answers, every, first):
    told = met(answers, every)

    assert told == [first is not None and number >= first for number in range(1, len(answers) + 1)]


def test_it_goes_on_trying_and_arrives(house, as_role):
    sign(house)
    courier = StandIn(carries=LATER)
    for number in range(TIMES):
        carry(as_role, courier, timedelta(hours=2 * number))
        assert (parcel(house).matter_since is not None) == (number == TIMES - 1)
    assert parcel(house).state == ParcelState.WAITING
    courier.carries = Answer(Verdict.ACCEPTED, "acknowledged")

    carry(as_role, courier, timedelta(hours=2 * TIMES))

    assert (parcel(house).state, parcel(house).matter_since) == (ParcelState.ACCEPTED, None)


def test_a_person_may_have_it_tried_at_once_and_it_counts_anew(house, as_role):
    sign(house)
    for number in range(TIMES):
        carry(as_role, StandIn(carries=LATER), timedelta(hours=2 * number))
    assert parcel(house).due_at > now()

    release_parcel(
        by=house.owner, parcel_id=parcel(house).id, expected_version=seen_parcel(house.owner, parcel(house).id)
    )

    assert parcel(house).due_at <= now()
    assert (parcel(house).same_count, parcel(house).matter_since) == (0, None)


def test_what_is_no_persons_matter_is_not_hastened(house, as_role):
    sign(house)
    carry(as_role, StandIn(carries=LATER))

    with pytest.raises(ConflictError):
        release_parcel(
            by=house.owner, parcel_id=parcel(house).id, expected_version=seen_parcel(house.owner, parcel(house).id)
        )


# What cannot be written down ------------------------------------------------------------------------------------------


@pytest.fixture
def early_in_a_month():
    """The second of next month: a data key is a month's, and the broken one is to be that of all that follows."""
    moment = now()
    with shifted_by((moment.replace(day=1) + timedelta(days=32)).replace(day=2) - moment):
        yield


@pytest.fixture
def keyless(house, as_role, early_in_a_month):  # noqa: ARG001
    """A pharmacy with a result on its way, whose data key is not to be had."""
    sign(house)
    with as_role("temoin_keeper"), tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("UPDATE crypto_data_key SET wrapped = '\\x00' WHERE pharmacy_id = %s", [house.here.id])
    forget_keys()
    yield house
    forget_keys()


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.ACCEPTED, ParcelState.IN_DOUBT),
        (Verdict.DOUBTFUL, ParcelState.IN_DOUBT),
        (Verdict.POSTPONED, ParcelState.WAITING),
    ],
)
def test_an_answer_that_cannot_be_kept_is_told_in_clear_and_paused(keyless, as_role, verdict, state):
    carry(as_role, StandIn(carries=Answer(verdict, "told")))

    left = parcel(keyless)
    assert (left.state, left.answer_code, left.same_count) == (state, "not_kept", 1)
    with tenant_scope(keyless.here.id):
        assert not Attempt.objects.exists()


def test_a_key_that_stays_away_becomes_a_persons_matter(keyless, as_role):
    for number in range(TIMES):
        carry(as_role, StandIn(carries=LATER), (LEASE + timedelta(hours=1)) * (number + 1))

    assert parcel(keyless).matter_since is not None


# Duties ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("worker")
def test_a_duty_that_fails_is_shown_until_it_goes_well():
    wrong = [True]

    def do(_stop: threading.Event) -> None:
        if wrong:
            raise ValueError("a defect")

    duty = Duty("odd", timedelta(minutes=1), do)
    for number in range(3):
        with shifted_by(timedelta(hours=number)):
            Round([duty], threading.Event()).make()
    (failing,) = failing_duties()
    assert (failing.name, failing.failure) == ("odd", "ValueError")
    assert now() - failing.since < timedelta(minutes=5)

    wrong.clear()
    with shifted_by(timedelta(hours=9)):
        Round([duty], threading.Event()).make()

    assert failing_duties() == []
