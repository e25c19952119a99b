"""Every way in which a parcel becomes due before its lane looks by itself rings for the lane that sleeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from couriers import ACCEPTED
from django.db import connection
from patience import PATIENCE
from people import House, make_lot, make_patient, make_signed, open_house, seen_parcel

import temoin
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import tenant_scope
from temoin.outbox.actions import release_parcel
from temoin.outbox.bell import CHANNEL, fall_asleep, listening_place
from temoin.outbox.courier import Answer, Holding, Verdict
from temoin.outbox.lanes import close_circuit
from temoin.outbox.models import Parcel
from temoin.outbox.queue import claim_parcels
from temoin.outbox.reconciling import prove_parcel, resend_parcel
from temoin.outbox.returns import note_later
from temoin.outbox.settling import settle_parcels
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result

SOURCE = Path(temoin.__file__).parent
UPDATE = re.compile(r"UPDATE outbox_parcel SET (.*?)\bWHERE", re.DOTALL)

Act = Callable[[], object]


class Ground:
    """A pharmacy with one signed result, and what a way needs to be gone."""

    def __init__(self, house: House, as_role: Callable[[str], AbstractContextManager[None]]) -> None:
        self.house = house
        self.worker = partial(as_role, "temoin_worker")
        self.record = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    def first(self) -> Parcel:
        with tenant_scope(self.house.here.id):
            return Parcel.objects.get(destination="fhir", sequence=1)

    def correct(self) -> None:
        reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
        correct_result(by=self.house.owner, record_id=self.record, expected_version=1, reading=reading, reason="Lu")

    def change(self, assignment: str, where: str = "true") -> None:
        with tenant_scope(self.house.here.id), connection.cursor() as cursor:
            cursor.execute(f"UPDATE outbox_parcel SET {assignment} WHERE destination = 'fhir' AND {where}")  # noqa: S608 words of a test

    def hold_back_a_second_version(self) -> None:
        """Have a correction wait for the version before it, which is in doubt."""
        self.correct()
        self.change("due_at = now() + interval '1 hour'")
        self.change("state = 'in_doubt', attempts = 1", "sequence = 1")

    def as_worker(self, act: Callable[[Commit, Parcel], object]) -> None:
        parcel, commit = self.first(), Commit()
        with self.worker(), tenant_scope(self.house.here.id):
            act(commit, parcel)
            commit.flush()


def posting(ground: Ground) -> Act:
    return ground.correct


def releasing_what_was_refused(ground: Ground) -> Act:
    ground.change("state = 'refused', settled_at = now()")
    return lambda: _release(ground)


def hastening_what_a_person_should_look_at(ground: Ground) -> Act:
    ground.change("matter_since = now(), due_at = now() + interval '1 hour'")
    return lambda: _release(ground)


def _release(ground: Ground) -> None:
    parcel_id, by = ground.first().id, ground.house.owner
    release_parcel(by=by, parcel_id=parcel_id, expected_version=seen_parcel(by, parcel_id))


def resending_by_reconciliation(ground: Ground) -> Act:
    ground.change("state = 'accepted', settled_at = now()")
    return lambda: ground.as_worker(lambda commit, parcel: resend_parcel(commit, parcel.id))


def proving_the_version_before(ground: Ground) -> Act:
    ground.hold_back_a_second_version()
    return lambda: ground.as_worker(lambda commit, parcel: prove_parcel(commit, parcel.id, Holding(parcel.key)))


def hearing_later_of_the_version_before(ground: Ground) -> Act:
    ground.hold_back_a_second_version()
    key = ground.first().key
    return _worked(ground, lambda: note_later("fhir", key, Answer(Verdict.ACCEPTED, "told_later")))


def settling_the_version_before(ground: Ground) -> Act:
    with ground.worker():
        loads = claim_parcels("fhir", 10)
    ground.correct()
    ground.change("due_at = now() + interval '1 hour'", "sequence = 2")
    return _worked(ground, lambda: settle_parcels([(load, ACCEPTED) for load in loads]))


def closing_the_circuit(ground: Ground) -> Act:
    return _worked(ground, lambda: close_circuit("fhir"))


def _worked(ground: Ground, act: Act) -> Act:
    def work() -> None:
        with ground.worker():
            act()

    return work


WAYS = [
    posting,
    releasing_what_was_refused,
    hastening_what_a_person_should_look_at,
    resending_by_reconciliation,
    proving_the_version_before,
    hearing_later_of_the_version_before,
    settling_the_version_before,
    closing_the_circuit,
]


@pytest.fixture
def ear() -> Iterator[psycopg.Connection]:
    """A connection that listens, as the worker's own does."""
    place = listening_place()
    assert place is not None
    with psycopg.connect(**{**place, "connect_timeout": 60}, autocommit=True) as heard:
        heard.execute(f"LISTEN {CHANNEL}".encode())
        yield heard


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS)
def test_what_makes_a_parcel_due_rings(ear, way, as_role):
    act = way(Ground(open_house(), as_role))
    with as_role("temoin_worker"):
        fall_asleep("fhir")

    act()

    ear.execute(f"NOTIFY {CHANNEL}, 'end'".encode())
    told = [notice.payload for notice in ear.notifies(timeout=PATIENCE, stop_after=2)]
    assert "fhir" in told


# Where a parcel's time is written, and by what its lane hears of it.
RINGS = {"post_parcel", "release_parcel", "wake_later", "resend_parcel", "_wake_later_versions"}
CALLER_RINGS = {"_hasten"}  # release_parcel
SILENT = {
    "prove_parcel": "it settles the parcel; what waited behind it is rung for by wake_later",
    "_add_moves": "the lane that settles is awake, and knows the time of the next try",
    "_claim": "the lane that claims is awake",
}


def _writes_a_time(function: ast.FunctionDef) -> bool:
    """Tell whether a function writes `due_at` of a parcel: by keyword, by column, or by one of the two statements."""
    text = ast.unparse(function)
    is_of_parcels = "Parcel" in text and ("due_at=" in text or "'due_at'" in text)
    return is_of_parcels or any(f"execute({name}" in text for name in ("_WAKE", "CLAIM"))


def _writers() -> dict[str, str]:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (SOURCE / "outbox").glob("*.py")]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {one.name: ast.unparse(one) for one in functions if _writes_a_time(one)}


def test_every_function_that_writes_a_parcels_time_is_known_and_rings_or_says_why_not():
    writers = _writers()

    assert set(writers) - {"_open_parcel", "wake_up"} == RINGS | CALLER_RINGS | set(SILENT)
    assert all("ring(" in writers[name] or "RING" in writers[name] for name in RINGS)


def test_no_other_room_writes_a_parcels_time():
    files = [file for file in SOURCE.rglob("*.py") if file.parent.name != "migrations" and "outbox" not in file.parts]
    statements = [told for file in files for told in UPDATE.findall(file.read_text(encoding="utf-8"))]

    assert statements  # the expression still finds what is there
    assert [told for told in statements if "due_at" in told] == []
