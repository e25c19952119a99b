"""After a restore, against the real sandbox: who may have lost what, told by key, and put on each pharmacy's list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from people import House, make_lot, make_patient, make_signed, open_house
from site_settings import fhir_courier, http_courier
from test_reconcile import copy_of, erase, house, parcel, running, sandbox  # noqa: F401 fixtures of the books

from temoin.cli import operating
from temoin.cli.main import main
from temoin.journal.cuts import SLACK, LostRange
from temoin.journal.events import EventKind
from temoin.journal.models import Event, SealedTree
from temoin.journal.restored import last_loss
from temoin.keeping.acts import tell_every_pharmacy
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.courier import Holding, couriers
from temoin.oversight.restores import RestoreNotice, look_into_restore, read_restore
from temoin.pharmacies.operator import Operator
from temoin.transmission.channels.fhir.courier import FhirCourier
from temoin.transmission.channels.mllp.courier import MllpCourier
from temoin.transmission.channels.mllp.settings import MessageProfile, MllpSettings
from temoin.transmission.reconcile import pharmacies
from temoin.transmission.rules.loading import load_rule_sets

LATER = timedelta(minutes=30)


@dataclass
class Desk:
    """The operator's terminal, half an hour later."""

    as_role: Callable
    read: Callable

    def report(self, *words: str) -> tuple[int, str]:
        with self.as_role("temoin_worker"), shifted_by(LATER):
            status = main(["restore", "report", *words])
        told = self.read()
        return status, told.out + told.err

    def results(self) -> list[tuple[str, str | None]]:
        status, told = self.report("--json")
        assert status == 1
        return [(each["key"], each["finess"]) for each in json.loads(told)["results"]]


@pytest.fixture
def desk(as_role, sandbox, monkeypatch, capsys) -> Desk:  # noqa: ARG001, F811 the authority of the settings
    monkeypatch.setattr(register, "_couriers", {**couriers(), "fhir": fhir_courier()})
    monkeypatch.setattr(operating, "database_running", lambda _settings: nullcontext())
    monkeypatch.setattr(operating, "become", lambda _process: None)
    return Desk(as_role, capsys.readouterr)


@pytest.fixture
def restored(house, as_role) -> House:  # noqa: F811 a fixture
    """Two pharmacies whose database was restored: the journal says so."""
    with as_role("temoin_keeper"):
        tell_every_pharmacy(EventKind.JOURNAL_RESUMED, "from=0 to=7 lost=7", digest="of it")
    return house


@pytest.fixture
def lose(restored: House, sandbox) -> Callable[..., str]:  # noqa: F811 fixtures
    """Return what has the authority hold a result of the first pharmacy of which nobody here knows."""

    def hold(key: str = "") -> str:
        kept = copy_of(sandbox, parcel(restored.here).key)
        kept["identifier"] = {**kept["identifier"], "value": key or str(uuid4())}
        sandbox.post(kept, conditional=False)
        return kept["identifier"]["value"]

    return hold


def notice(seat) -> RestoreNotice:
    found = read_restore(by=seat)
    assert found is not None
    return found


def told(pharmacy_id: UUID) -> int:
    with tenant_scope(pharmacy_id):
        return Event.objects.filter(kind=EventKind.RESTORE_REPORTED.value).count()


def test_what_is_held_there_and_lost_here_is_named_for_its_pharmacy(desk, restored, lose):
    key = lose()

    assert desk.results() == [(key, restored.here.finess)]

    here, elsewhere = notice(restored.owner), notice(restored.stranger)
    assert (here.held, [(one.destination, one.key) for one in here.references]) == (1, [("fhir", key)])
    assert here.references[0].received_at is not None
    assert (elsewhere.held, elsewhere.references) == (0, [])


def test_a_pharmacy_is_shown_some_references_and_told_of_all(desk, restored, lose, monkeypatch):
    monkeypatch.setattr("temoin.oversight.restores.NAMED", 1)
    lose()
    lose()

    assert len(desk.results()) == 2

    here = notice(restored.owner)
    assert (here.held, len(here.references), here.names_some) == (2, 1, True)


def test_the_operator_reads_keys_and_counts_and_no_patient(desk, restored, lose):
    key = lose()

    status, words = desk.report()

    assert status == 1
    assert "Events lost and stated: 7, of the places 0 to 6 of the journal." in words
    assert "fhir: 1 results there that are not here" in words
    assert f"{restored.here.finess}: 1 results with a receiver and not here" in words
    assert f"  {key}  fhir, " in words
    assert "PAT-TROIS" not in words


def test_what_was_erased_here_since_is_not_lost(desk, restored):
    erase(restored)

    assert desk.results() == []


def test_a_key_that_was_never_ours_is_the_operators_matter_alone(desk, restored, lose):
    lose("not-ours,\0/fhir")

    assert desk.results() == [("not-ours,\ufffd/fhir", None)]
    assert notice(restored.owner).held == 0


class Odd(FhirCourier):
    """A courier whose authority tells moments that nobody can have seen."""

    finess = ""

    async def holdings(self, since: datetime, until: datetime) -> AsyncIterator[Holding]:
        for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "yesterday", ""):
            yield Holding(str(uuid4()), received_at=moment, finess=self.finess)


def test_no_moment_that_they_make_up_spoils_the_list(desk, restored, monkeypatch):
    monkeypatch.setattr(Odd, "finess", restored.here.finess)
    monkeypatch.setattr(register, "_couriers", {**couriers(), "fhir": http_courier(Odd)})

    assert len(desk.results()) == 4

    assert [one.received_at for one in notice(restored.owner).references] == [None] * 4
    assert "at no moment told" in desk.report()[1]


@pytest.mark.parametrize("fault", [{"down": "503"}, {"half_answer": 1}])
def test_half_an_answer_tells_no_pharmacy_anything(desk, restored, lose, sandbox, monkeypatch, fault):  # noqa: F811
    monkeypatch.setattr("temoin.transmission.channels.fhir.holdings.PAUSES", ())
    key = lose()
    sandbox.set_faults(**fault)

    status, words = desk.report()

    assert (status, "did not answer wholly" in words, told(restored.here.id)) == (2, True, 0)
    sandbox.set_faults(off=True)
    assert desk.results() == [(key, restored.here.finess)]


def test_a_receiver_that_cannot_be_asked_is_said_to_be_unknown(desk, restored, monkeypatch):
    rules = load_rule_sets()["demonstration"]
    receiver = MllpSettings(host="127.0.0.1", port=1, enabled=True, profile=MessageProfile.ELR, tls=False, rules=rules)
    monkeypatch.setattr(register, "_couriers", {**couriers(), "mllp": MllpCourier(receiver, demo=True)})

    status, words = desk.report()

    assert (status, "mllp: cannot be asked what it holds" in words) == (1, True)
    assert (notice(restored.owner).unasked, notice(restored.owner).held) == (1, 0)


def test_a_second_report_adds_nothing_until_there_is_more(desk, restored, lose):
    lose()
    desk.report()
    desk.report()
    assert told(restored.here.id) == 1

    lose()
    desk.report()

    assert (told(restored.here.id), told(restored.elsewhere.id), notice(restored.owner).held) == (2, 1, 2)


def test_what_was_under_way_may_arrive_twice(desk, as_role):
    people = open_house()
    make_signed(people.owner, make_patient(people.owner), make_lot(people.owner))
    with as_role("temoin_keeper"):
        tell_every_pharmacy(EventKind.JOURNAL_RESUMED, "from=0 to=7 lost=7")

    found = json.loads(desk.report("--json")[1])

    assert found["again"] == {"fhir": 1, "email": 1}
    assert [one["patients"] for one in found["pharmacies"] if one["finess"] == people.here.finess] == [1]
    assert (notice(people.owner).patients, notice(people.stranger).patients) == (1, 0)
    assert "email: 1 may leave a second time; a patient may get a second message" in desk.report()[1]


def test_without_a_stated_restore_the_operator_says_since_when(desk, house, sandbox):  # noqa: F811
    kept = copy_of(sandbox, parcel(house.here).key)
    kept["identifier"] = {**kept["identifier"], "value": str(uuid4())}
    sandbox.post(kept, conditional=False)

    status, words = desk.report()
    assert (status, "tells of no restore" in words) == (0, True)
    assert read_restore(by=house.owner) is None

    for _ in range(2):
        status, words = desk.report("--since", (now() - timedelta(hours=1)).isoformat(timespec="minutes"))
        assert (status, "the journal states none" in words) == (1, True)
    assert (notice(house.owner).held, told(house.here.id)) == (1, 1)


@pytest.mark.parametrize("word", ["yesterday", "2026-11-29T14:00", "2026-11-29"])
def test_a_moment_that_has_two_readings_is_refused(desk, word):
    with pytest.raises(SystemExit):
        desk.report("--since", word)


def test_a_moment_to_come_loses_nothing(desk):
    status, words = desk.report("--since", (now() + timedelta(days=1)).isoformat())

    assert (status, "still to come" in words) == (2, True)


def test_the_loss_begins_before_the_checkpoint_that_the_first_lost_event_is_not_in(house, as_role):  # noqa: ARG001, F811 it has pharmacies
    moments = {size: now() - timedelta(hours=9 - size) for size in (3, 5, 8)}
    with as_role("temoin_sealer"):
        for size, at in moments.items():
            SealedTree.objects.create(size=size, at=at, note="", cluster="", watermark=0)
    with as_role("temoin_keeper"):
        tell_every_pharmacy(EventKind.JOURNAL_RESUMED, "from=6 to=8 lost=2")

    with as_role("temoin_worker"):
        loss = last_loss(pharmacies())

    assert loss is not None
    assert (loss.since, loss.events) == (moments[5] - SLACK, LostRange(6, 8, 2, ""))


def test_a_restore_that_lost_nothing_sealed_is_told_before_the_sites_begin(desk, house, as_role, tamper):  # noqa: F811
    tamper("UPDATE journal_event SET at = at - interval '90 days'")
    with as_role("temoin_keeper"):
        tell_every_pharmacy(EventKind.KEYS_VERIFIED, "rows=0")

    with as_role("temoin_worker"):
        loss = last_loss(pharmacies())
    with tenant_scope(house.here.id):
        last = Event.objects.exclude(kind=EventKind.KEYS_VERIFIED.value).latest("at").at

    assert loss is not None
    assert loss.events is None
    assert timedelta(0) <= last - loss.since <= SLACK
    assert desk.report()[0] == 1
    assert desk.report()[0] == 1
    assert told(house.here.id) == 1


def test_a_statement_that_nobody_worked_after_is_of_this_restore(house, as_role, tamper):  # noqa: ARG001, F811
    with as_role("temoin_keeper"), shifted_by(LATER):
        tell_every_pharmacy(EventKind.JOURNAL_RESUMED, "from=0 to=7 lost=7")
    tamper("UPDATE journal_event SET at = at - interval '90 days'")  # the database was started since

    with as_role("temoin_worker"):
        loss = last_loss(pharmacies())

    assert loss is not None
    assert loss.events == LostRange(0, 7, 7, "")


# On the pharmacy's list -----------------------------------------------------------------------------------------------


def test_a_pharmacist_looks_into_it_once(desk, restored, lose):
    lose()
    desk.report()
    seen = str(notice(restored.owner).event_id)

    with shifted_by(2 * LATER):
        look_into_restore(by=restored.owner, seen=seen)

    assert read_restore(by=restored.owner) is None
    assert read_restore(by=restored.stranger) is not None
    with pytest.raises(ConflictError):
        look_into_restore(by=restored.owner, seen=seen)
    desk.report()
    assert read_restore(by=restored.owner) is None


def test_what_came_meanwhile_is_not_taken_off_with_what_was_shown(desk, restored, lose):
    desk.report()
    seen = str(notice(restored.owner).event_id)
    lose()
    desk.report()

    with pytest.raises(ConflictError):
        look_into_restore(by=restored.owner, seen=seen)

    assert notice(restored.owner).held == 1


def test_a_technician_sees_it_and_does_not_take_it_off(desk, restored):
    desk.report()
    seen = notice(restored.colleague)

    with pytest.raises(DeniedError):
        look_into_restore(by=restored.colleague, seen=str(seen.event_id))
    with pytest.raises(DeniedError):
        read_restore(by=Operator(restored.here.id))
