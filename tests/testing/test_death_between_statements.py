"""Law 1, by force: the process is killed before each message to the database and before each answer's end.

Whatever the moment, the database holds all that the act writes, or nothing of it; a second try then completes it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from cutting_proxy import CuttingProxy
from people import House, make_lot, make_patient, make_sampled, make_signed, open_house

from temoin.delivery.models import Letter
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope
from temoin.outbox.models import Attempt, Parcel
from temoin.testing.models import Record, RecordVersion
from temoin_demo.postgresql.server import EmbeddedServer

LIVED, KILLED = 0, -signal.SIGKILL
SIGNINGS = ["result.signed", "result.corrected", "result.cancelled"]
MOST_STEPS = 400  # a loop without end would otherwise hide a step that never comes
pytestmark = pytest.mark.django_db(transaction=True)


class Mortals:
    """A process of Témoin whose children do one act each, behind the proxy."""

    def __init__(self, program: subprocess.Popen[str], proxy: CuttingProxy) -> None:
        self._program, self._proxy = program, proxy

    def act(self, act: str, subjects: dict[str, str], *, dies_before: int) -> int:
        """Do the act in a child that dies before a step; return its exit status."""
        serving = Thread(target=self._proxy.serve_one, args=[dies_before])
        serving.start()
        self._program.stdin.write(json.dumps({"act": act, **subjects}) + "\n")
        self._program.stdin.flush()
        status = int(self._program.stdout.readline())
        serving.join()
        return status


@contextmanager
def mortals_of(process: str, server: EmbeddedServer) -> Iterator[Mortals]:
    with tempfile.TemporaryDirectory(prefix="temoin-cut-") as folder:
        proxy = CuttingProxy(Path(folder), server.socket_folder())
        command = [sys.executable, str(Path(__file__).with_name("mortal.py")), process, folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
            yield Mortals(program, proxy)
            program.stdin.close()
        proxy.close()


@pytest.fixture
def staff(embedded_server: EmbeddedServer) -> Iterator[Mortals]:
    with mortals_of("staff", embedded_server) as mortals:
        yield mortals


@pytest.fixture
def worker(embedded_server: EmbeddedServer) -> Iterator[Mortals]:
    with mortals_of("worker", embedded_server) as mortals:
        yield mortals


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def seen_after_each_death(
    mortals: Mortals, act: str, make: Callable[[], UUID], look: Callable[[UUID], tuple], subjects: dict[str, str]
) -> list[tuple]:
    """Kill before step 1, 2, 3… of the act until it lives; return what the database held each time.

    `make` makes the act's subject, anew each time the former was changed.
    """
    subject = make()
    untouched = look(subject)
    seen = []
    for step in count(1):
        assert step < MOST_STEPS
        named = {name: value or str(subject) for name, value in subjects.items()}
        status = mortals.act(act, named, dies_before=step)
        seen.append(look(subject))
        if status == LIVED:
            return seen
        assert status == KILLED
        if seen[-1] != untouched:
            subject = make()
    raise AssertionError


def changes(seen: list[tuple]) -> list[tuple]:
    """Return what was seen, in order, each run of the same once."""
    return [one for number, one in enumerate(seen) if number == 0 or one != seen[number - 1]]


def signature(house: House, record: UUID) -> tuple[str, int, int, int, list[str]]:
    """Return state and version of a record, how many versions and signing events it has, and its parcels' states."""
    with tenant_scope(house.here.id):
        row = Record.objects.get(id=record)
        versions = RecordVersion.objects.filter(record_id=record).count()
        signings = Event.objects.filter(subject_id=record, kind__in=SIGNINGS).count()
        parcels = Parcel.objects.filter(chain_id=record).values_list("state", flat=True)
        return row.state, row.version, versions, signings, sorted(parcels)


def by_owner(house: House) -> dict[str, str]:
    return {"pharmacy": str(house.here.id), "person": str(house.owner.person_id), "record": ""}


def test_a_signature_is_whole_or_nothing(house, staff):
    patient, lot = make_patient(house.owner), make_lot(house.owner)

    seen = seen_after_each_death(
        staff,
        "sign",
        lambda: make_sampled(house.owner, patient, lot),
        lambda record: signature(house, record),
        by_owner(house),
    )

    assert changes(seen) == [("sampled", 0, 0, 0, []), ("signed", 1, 1, 1, ["waiting"] * 2)]


@pytest.mark.parametrize(("act", "state"), [("correct", "corrected"), ("cancel", "cancelled")])
def test_a_new_version_is_whole_or_nothing(house, staff, act, state):
    patient, lot = make_patient(house.owner), make_lot(house.owner)

    seen = seen_after_each_death(
        staff,
        act,
        lambda: make_signed(house.owner, patient, lot),
        lambda record: signature(house, record),
        by_owner(house),
    )

    after = (state, 2, 2, 2, ["replaced", "waiting", "waiting", "waiting"])
    assert changes(seen) == [("signed", 1, 1, 1, ["waiting"] * 2), after]


def test_a_settlement_is_whole_or_nothing(house, worker):
    patient, lot = make_patient(house.owner), make_lot(house.owner)

    def two_parcels() -> UUID:
        make_signed(house.owner, patient, lot)
        return make_signed(house.owner, patient, lot)

    def look(_: UUID) -> tuple[list[str], int]:
        """The two latest parcels, and the attempts that were kept for them."""
        with tenant_scope(house.here.id):
            latest = list(Parcel.objects.filter(destination="fhir").order_by("-posted_at")[:2])
            attempts = Attempt.objects.filter(parcel_id__in=[parcel.id for parcel in latest]).count()
        return [parcel.state for parcel in latest], attempts

    seen = seen_after_each_death(worker, "settle", two_parcels, look, {})

    # Two commits: the claim, which a lease takes back, then the settlement with its attempts.
    assert changes(seen) == [(["waiting"] * 2, 0), (["sending"] * 2, 0), (["accepted"] * 2, 2)]


def test_a_letter_is_sealed_and_its_link_kept_together_or_not_at_all(house, worker):
    patient, lot = make_patient(house.owner), make_lot(house.owner)

    def look(record: UUID) -> tuple[str, int, bool, int]:
        """The parcel's state, how many letters there are, whether the parcel keeps a link, and events."""
        with tenant_scope(house.here.id):
            parcel = Parcel.objects.get(chain_id=record, destination="email")
            letters = list(Letter.objects.filter(record_id=record).values_list("id", flat=True))
            return (
                parcel.state,
                len(letters),
                parcel.sealed is not None,
                Event.objects.filter(subject_id__in=letters, kind="letter.sealed").count(),
            )

    seen = seen_after_each_death(worker, "seal", lambda: make_signed(house.owner, patient, lot), look, {})

    unsealed = (0, False, 0)
    assert changes(seen) == [("waiting", *unsealed), ("sending", *unsealed), ("sending", 1, True, 1)]
