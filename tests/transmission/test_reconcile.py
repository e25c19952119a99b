"""Reconciliation against the real sandbox: each difference is named once, and what can be mended is."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils.timezone import localdate
from people import House, make_lot, make_patient, make_signed, open_house
from retention_rounds import arrive
from roles import take_role
from sandbox_server import Sandbox, running_sandbox
from site_settings import fhir_courier, http_courier

from temoin.cli import operating, reconcile
from temoin.cli.main import main
from temoin.cli.reconcile import tell_status
from temoin.journal.act import HouseActor
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox import courier as register
from temoin.outbox.courier import Holding, couriers
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.set_aside import list_aside
from temoin.outbox.states import ParcelState
from temoin.outbox.waking import wake_later
from temoin.outbox.worker import Lane
from temoin.retention.reaping import delete_records
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result
from temoin.transmission.channels.fhir import holdings as fhir_holdings
from temoin.transmission.channels.fhir.courier import FhirCourier
from temoin.transmission.channels.mllp.courier import MllpCourier
from temoin.transmission.channels.mllp.settings import MessageProfile, MllpSettings
from temoin.transmission.daily import reconcile_daily
from temoin.transmission.differences import DifferenceKind
from temoin.transmission.mending import mend_day
from temoin.transmission.models import Difference, Ending, Reconciliation
from temoin.transmission.queries import days_due, last_runs, open_differences
from temoin.transmission.reconcile import bounds_of, reconcile_day
from temoin.transmission.rules.loading import load_rule_sets

AsRole = Callable[[str], AbstractContextManager[None]]
LATER = timedelta(hours=25)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, settings, monkeypatch) -> Sandbox:
    """A real sandbox that holds nothing yet, named in the settings as the authority."""
    for held in running.get("/keys").json:
        lose(running, held["key"])
    running.set_faults(off=True)
    monkeypatch.setattr(fhir_holdings, "PAUSES", ())
    authority = replace(settings.TEMOIN.channels["fhir"], base_url=f"http://127.0.0.1:{running.port}/fhir")
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)
    return running


@pytest.fixture
def house(as_role: AsRole, sandbox: Sandbox) -> House:  # noqa: ARG001 it takes the results
    """Two pharmacies with one result each, sent and acknowledged."""
    house = open_house()
    for seat in (house.owner, house.stranger):
        make_signed(seat, make_patient(seat), make_lot(seat))
    carry(as_role)
    return house


@dataclass
class Desk:
    """The operator's two acts, as the worker's role does them, a day later."""

    as_role: AsRole

    def reconcile(self) -> Reconciliation:
        with self.as_role("temoin_worker"), shifted_by(LATER):
            return reconcile_day(fhir_courier(), today())

    def mend(self) -> list[DifferenceKind]:
        with self.as_role("temoin_worker"), shifted_by(LATER):
            return [DifferenceKind(row.kind) for row in mend_day(fhir_courier(), today(), worker)]


@pytest.fixture
def desk(as_role: AsRole) -> Desk:
    return Desk(as_role)


def today():
    return localdate(datetime.now(UTC))  # noqa: TID251 the sandbox's own clock is not ours to move


def worker(pharmacy_id: UUID) -> HouseActor:
    return HouseActor(pharmacy_id, "worker")


def carry(as_role: AsRole, wait: timedelta = timedelta(seconds=1)) -> None:
    with as_role("temoin_worker"), shifted_by(wait), asyncio.Runner() as runner:
        courier = fhir_courier()
        Lane(courier, threading.Event()).carry_batch(runner)
        runner.run(courier.close())


def lose(sandbox: Sandbox, key: str) -> None:
    assert sandbox.ask("POST", "/lose", json.dumps({"key": key}), Content_Type="application/json").json["lost"]


def parcel(pharmacy) -> Parcel:
    with tenant_scope(pharmacy.id):
        return Parcel.objects.filter(destination="fhir").latest("posted_at")


def found(pharmacy) -> list[tuple[DifferenceKind, str]]:
    with tenant_scope(pharmacy.id):
        return [(each.kind, each.key) for each in open_differences()]


def events(pharmacy) -> list[str]:
    with tenant_scope(pharmacy.id):
        return list(Event.objects.filter(kind__startswith="parcel.").values_list("kind", flat=True))


def counts(sandbox: Sandbox) -> dict[str, int]:
    return {each["key"]: each["count"] for each in sandbox.get("/keys").json}


def copy_of(sandbox: Sandbox, key: str) -> dict[str, object]:
    (entry,) = [
        each for each in sandbox.get("/fhir/Bundle").json["entry"] if key in str(each["resource"]["identifier"])
    ]
    return {name: value for name, value in entry["resource"].items() if name not in {"id", "meta"}}


def test_books_that_agree_differ_in_nothing(house, desk):
    run = desk.reconcile()

    assert (run.ending, run.accepted, run.held, run.found, run.open, run.aliens) == (Ending.WHOLE, 2, 2, {}, 0, [])
    assert found(house.here) == []


def test_what_the_authority_lost_is_named_for_its_pharmacy_and_sent_again(house, desk, sandbox, as_role):
    key = parcel(house.here).key
    lose(sandbox, key)

    assert desk.reconcile().found == {"missing": 1}
    assert (found(house.here), found(house.elsewhere)) == ([(DifferenceKind.MISSING, key)], [])

    assert desk.mend() == [DifferenceKind.MISSING]
    assert parcel(house.here).state == ParcelState.WAITING
    carry(as_role, LATER + timedelta(minutes=1))
    assert parcel(house.here).state == ParcelState.ACCEPTED
    assert counts(sandbox)[key] == 1
    assert events(house.here) == ["parcel.resent"]
    assert desk.reconcile().open == 0
    assert found(house.here) == []


@pytest.fixture
def versions(house, as_role) -> list[Parcel]:
    """Both versions of a corrected result, sent and acknowledged."""
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(
        by=house.owner,
        record_id=parcel(house.here).chain_id,
        reading=reading,
        reason="Deux bandes.",
        expected_version=1,
    )
    carry(as_role, timedelta(minutes=1))
    with tenant_scope(house.here.id):
        return list(Parcel.objects.filter(destination="fhir").order_by("sequence"))


def test_an_older_version_is_not_sent_after_a_newer_one_that_is_there(desk, sandbox, versions):
    lose(sandbox, versions[0].key)
    desk.reconcile()

    assert desk.mend() == []
    assert desk.reconcile().open == 1


def test_no_repair_is_offered_that_would_be_refused(house, desk, sandbox, versions):
    lose(sandbox, versions[0].key)
    desk.reconcile()
    with tenant_scope(house.here.id):
        overtaken = [each.is_repairable for each in open_differences()]
    lose(sandbox, versions[1].key)
    desk.reconcile()

    with tenant_scope(house.here.id):
        assert (overtaken, [each.is_repairable for each in open_differences()]) == ([False], [True, True])


@pytest.fixture
def correction(house, desk) -> Callable[[], list[Parcel]]:  # noqa: ARG001 the first version was sent
    """Return what corrects the result that was sent, and gives the parcels of its versions."""

    def correct() -> list[Parcel]:
        reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
        correct_result(
            by=house.owner,
            record_id=parcel(house.here).chain_id,
            reading=reading,
            reason="Deux bandes.",
            expected_version=1,
        )
        with tenant_scope(house.here.id):
            return list(Parcel.objects.filter(destination="fhir").order_by("sequence"))

    return correct


def test_what_is_settled_by_a_proof_wakes_the_versions_after_it(house, correction):
    first, second = correction()

    with tenant_scope(house.here.id):
        later = Commit()
        later.change(Parcel, second.id, due_at=now() + timedelta(hours=1))
        later.flush()
        proof = Commit()
        wake_later(proof, first.id)
        proof.flush()
        assert Parcel.objects.get(id=second.id).due_at <= now()


def test_a_correction_is_posted_where_the_mistake_is_even_while_that_is_switched_off(settings, correction):
    authority = replace(settings.TEMOIN.channels["fhir"], enabled=False)
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)

    assert [each.sequence for each in correction()] == [1, 2]


def test_versions_that_are_all_lost_are_sent_again_in_order(desk, sandbox, versions, as_role):
    for version in versions:
        lose(sandbox, version.key)
    desk.reconcile()

    assert desk.mend() == [DifferenceKind.MISSING, DifferenceKind.MISSING]
    carry(as_role, LATER + timedelta(minutes=1))
    assert [counts(sandbox).get(version.key, 0) for version in versions] == [1, 0]
    carry(as_role, LATER + timedelta(minutes=2))
    assert [counts(sandbox).get(version.key, 0) for version in versions] == [1, 1]


def test_a_second_run_and_a_second_repair_add_nothing(house, desk, sandbox):
    lose(sandbox, parcel(house.here).key)
    first, second = desk.reconcile(), desk.reconcile()

    assert (first.found, first.open, second.found, second.open) == ({"missing": 1}, 1, {}, 1)
    assert desk.mend() == [DifferenceKind.MISSING]
    assert desk.mend() == []
    assert events(house.here) == ["parcel.resent"]


def test_a_difference_that_cannot_be_mended_holds_no_other(house, desk, sandbox, stick, as_role):
    for pharmacy in (house.here, house.elsewhere):
        lose(sandbox, parcel(pharmacy).key)
    desk.reconcile()
    poison = parcel(house.here)
    stick("UPDATE", "outbox_parcel", f"old.id = '{poison.id}'")

    assert desk.mend() == [DifferenceKind.MISSING]

    assert (events(house.here), events(house.elsewhere)) == ([], ["parcel.resent"])
    with as_role("temoin_worker"):
        assert [(each.place, each.count) for each in list_aside()] == [("reconcile fhir", 1)]


def test_a_difference_that_cannot_be_kept_or_closed_holds_no_other(house, desk, sandbox, stick, as_role):
    kept = {pharmacy.id: copy_of(sandbox, parcel(pharmacy).key) for pharmacy in (house.here, house.elsewhere)}
    for pharmacy in (house.here, house.elsewhere):
        lose(sandbox, parcel(pharmacy).key)
    unstick = stick("INSERT", "transmission_difference", f"new.pharmacy_id = '{house.here.id}'")
    first = desk.reconcile()
    unstick()
    second = desk.reconcile()
    stick("UPDATE", "transmission_difference", f"old.pharmacy_id = '{house.here.id}'")
    for copy in kept.values():
        sandbox.post(copy, conditional=False)
    third = desk.reconcile()

    assert [(run.found, run.open) for run in (first, second, third)] == [
        ({"missing": 1}, 1),
        ({"missing": 1}, 2),
        ({}, 1),
    ]
    with as_role("temoin_worker"):
        assert [(each.place, each.count) for each in list_aside()] == [("reconcile fhir", 1)]


def test_what_comes_back_by_itself_is_closed(house, desk, sandbox):
    key = parcel(house.here).key
    kept = copy_of(sandbox, key)
    lose(sandbox, key)
    desk.reconcile()
    sandbox.post(kept, conditional=False)

    assert desk.reconcile().open == 0

    assert found(house.here) == []
    assert desk.mend() == []


def test_what_is_held_there_in_doubt_here_is_settled_from_the_holding(house, desk, sandbox, as_role):
    sandbox.set_faults(drop_answer=1)
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="B2"))
    carry(as_role)
    sandbox.set_faults(off=True)
    doubtful = parcel(house.here)

    assert desk.reconcile().found == {"unsettled": 1}
    assert desk.mend() == [DifferenceKind.UNSETTLED]

    settled = parcel(house.here)
    assert (doubtful.state, settled.state, settled.answer_code) == (ParcelState.IN_DOUBT, "accepted", "reconciled")
    with tenant_scope(house.here.id):
        receipt = Attempt.objects.filter(parcel_id=settled.id).latest("number").unseal()["receipt"]
    assert receipt["id"]
    assert events(house.here) == ["parcel.proved"]
    assert (desk.reconcile().open, desk.mend()) == (0, [])


def test_what_is_held_there_and_ended_here_is_named_for_a_person(house, desk):
    move(house.here, "resend", settled_at=None)
    move(house.here, "replace", settled_at=now())

    assert desk.reconcile().found == {"closed": 1}

    assert desk.mend() == []
    assert found(house.here) == [(DifferenceKind.CLOSED, parcel(house.here).key)]


def test_an_alien_is_named_and_never_touched(house, desk, sandbox):
    alien = copy_of(sandbox, parcel(house.here).key)
    alien["identifier"] = {**alien["identifier"], "value": "not-ours"}
    sandbox.post(alien, conditional=False)

    run = desk.reconcile()

    assert (run.found, run.aliens, run.open) == ({"alien": 1}, ["not-ours"], 0)
    assert desk.mend() == []
    assert counts(sandbox)["not-ours"] == 1


def erase(house: House) -> str:
    """End the test of the first pharmacy as the keeper does, and return the key under which the authority has it."""
    key = parcel(house.here).key
    arrive(only="email")
    with take_role("temoin_keeper"):
        assert delete_records(house.here.id, now() + timedelta(days=1), threading.Event()) == 1
    return key


def test_what_was_erased_here_is_told_from_what_nobody_knows(house, desk, sandbox):
    alien = copy_of(sandbox, parcel(house.here).key)
    sandbox.post({**alien, "identifier": {**alien["identifier"], "value": "not-ours"}}, conditional=False)
    erase(house)

    run = desk.reconcile()

    assert (run.found, run.aliens, run.accepted) == ({"alien": 1, "erased": 1}, ["not-ours"], 1)


def test_what_was_erased_here_and_is_not_seen_there_is_counted(house, desk, sandbox):
    lose(sandbox, erase(house))

    run = desk.reconcile()

    assert (run.found, run.aliens, run.open) == ({"erased_unseen": 1}, [], 0)


def test_no_key_they_make_up_keeps_a_day_from_being_compared(house, desk, sandbox):
    alien = copy_of(sandbox, parcel(house.here).key)
    sandbox.post({**alien, "identifier": {**alien["identifier"], "value": "a\0b"}}, conditional=False)

    run = desk.reconcile()

    assert (run.ending, run.aliens) == (Ending.WHOLE, ["a\ufffdb"])


def test_a_second_copy_is_named_and_never_touched(house, desk, sandbox):
    key = parcel(house.here).key
    sandbox.post(copy_of(sandbox, key), conditional=False)

    assert desk.reconcile().found == {"twice": 1}

    assert desk.mend() == []
    assert (found(house.here), counts(sandbox)[key]) == ([(DifferenceKind.TWICE, key)], 2)


def test_a_second_copy_that_comes_days_later_is_named_on_its_day(house, desk, sandbox):
    key = parcel(house.here).key
    move(house.here, "resend", settled_at=None)
    move(house.here, "claim")
    move(house.here, "accept", settled_at=now() - timedelta(days=3))
    sandbox.post(copy_of(sandbox, key), conditional=False)

    assert desk.reconcile().found == {"twice": 1}


@pytest.mark.parametrize("fault", [{"down": "503"}, {"inner_error": 1}, {"half_answer": 1}, {"redirect": "307"}])
def test_an_authority_that_does_not_answer_wholly_proves_nothing(house, desk, sandbox, fault):
    lose(sandbox, parcel(house.here).key)
    sandbox.set_faults(**fault)

    run = desk.reconcile()

    assert (run.ending, run.found, run.open) == (Ending.BROKEN_OFF, {}, 0)
    sandbox.set_faults(off=True)
    assert desk.reconcile().found == {"missing": 1}


def test_an_acceptance_without_an_acknowledgement_is_named_and_sent_again(house, desk):
    move(house.here, "resend", settled_at=None)
    with tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(
            Parcel(
                pharmacy_id=house.here.id,
                id=new_id(),
                destination="mllp",
                subject_id=new_id(),
                chain_id=new_id(),
                sequence=1,
                key="never-answered",
                state="accepted",
                posted_at=now(),
                due_at=now(),
                settled_at=now(),
            )
        )
        commit.flush()
    rules = load_rule_sets()["demonstration"]
    receiver = MllpSettings(host="127.0.0.1", port=1, enabled=True, profile=MessageProfile.ELR, tls=False, rules=rules)

    with desk.as_role("temoin_worker"), shifted_by(LATER):
        run = reconcile_day(MllpCourier(receiver, demo=True), today())
        again = reconcile_day(MllpCourier(receiver, demo=True), today())
        mended = list(mend_day(MllpCourier(receiver, demo=True), today(), worker))

    assert (run.ending, run.found, again.open) == (Ending.NOT_ASKABLE, {"unproved": 1}, 1)
    assert [row.key for row in mended] == ["never-answered"]
    assert found(house.here) == []


def test_a_run_that_dies_in_the_middle_is_simply_done_again(house, desk, sandbox, monkeypatch):
    for pharmacy in (house.here, house.elsewhere):
        lose(sandbox, parcel(pharmacy).key)
    kept = Difference.__init__
    made: list[object] = []

    def die(row: Difference, *args: object, **values: object) -> None:
        made.append(row)
        if len(made) == 2:
            raise KeyboardInterrupt
        kept(row, *args, **values)

    monkeypatch.setattr(Difference, "__init__", die)
    with pytest.raises(KeyboardInterrupt):
        desk.reconcile()
    monkeypatch.undo()

    assert desk.reconcile().open == 2
    assert sorted(key for pharmacy in (house.here, house.elsewhere) for _, key in found(pharmacy)) == sorted(
        parcel(pharmacy).key for pharmacy in (house.here, house.elsewhere)
    )


def test_the_worker_names_by_itself_and_repairs_nothing(house, sandbox, as_role, monkeypatch):
    monkeypatch.setattr(register, "_couriers", {**couriers(), "fhir": fhir_courier()})
    lose(sandbox, parcel(house.here).key)

    with as_role("temoin_worker"), shifted_by(LATER):
        reconcile_daily(threading.Event())
        reconcile_daily(threading.Event())  # an hour later: every day is gone through already
        runs = [run for run in last_runs() if run.day == today()]

    assert [(run.destination, run.found, run.open) for run in runs] == [("fhir", {"missing": 1}, 1)]
    assert Reconciliation.objects.filter(day=today()).count() == 1
    assert parcel(house.here).state == ParcelState.ACCEPTED
    with shifted_by(LATER + timedelta(days=1)):
        assert today() in days_due("fhir", today_in(HOUSE), 1)


class Broken(FhirCourier):
    """A courier whose code fails when asked what is held."""

    destination = "a-broken-one"  # gone through first

    def holdings(self, since: datetime, until: datetime) -> AsyncIterator[Holding]:
        raise ValueError("broken")


def test_a_destination_that_breaks_keeps_no_other_from_being_gone_through(house, as_role, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(register, "_couriers", {"a-broken-one": http_courier(Broken), "fhir": fhir_courier()})

    with as_role("temoin_worker"), shifted_by(LATER):
        with pytest.raises(ValueError, match="broken"):
            reconcile_daily(threading.Event())

        assert today() in {run.day for run in last_runs() if run.destination == "fhir"}


def test_a_day_looked_at_before_its_end_is_still_due_after_it(house, as_role):  # noqa: ARG001 it has results
    with as_role("temoin_worker"):
        reconcile_day(fhir_courier(), today())
        early = days_due("fhir", today() + timedelta(days=1), 1)
        with shifted_by(LATER):
            reconcile_day(fhir_courier(), today())

        assert (early, days_due("fhir", today() + timedelta(days=1), 1)) == ([today()], [])


def test_a_worker_told_to_stop_begins_nothing(house, as_role):  # noqa: ARG001 there would be something to do
    stop = threading.Event()
    stop.set()

    with as_role("temoin_worker"), shifted_by(LATER):
        reconcile_daily(stop)
        run = reconcile_day(fhir_courier(), today(), stop)

    assert run.ending == Ending.STOPPED


def test_a_run_that_was_stopped_is_no_alarm_and_is_gone_through_again(house, as_role, capsys):  # noqa: ARG001
    stop = threading.Event()
    stop.set()

    with as_role("temoin_worker"), shifted_by(LATER):
        reconcile_day(fhir_courier(), today(), stop)
        long_after = days_due("fhir", today() + timedelta(days=30), 1)
        status = tell_status()

    assert (status, today() in long_after) == (0, True)
    assert "stopped with the worker" in capsys.readouterr().out


def test_a_day_of_summer_time_has_its_own_length():
    assert [bounds_of(day)[1] - bounds_of(day)[0] for day in DAYS] == [timedelta(hours=h) for h in (23, 24, 25)]


DAYS = [datetime(2026, 3, 29).date(), datetime(2026, 6, 1).date(), datetime(2025, 10, 26).date()]  # noqa: DTZ001 dates


def test_today_ends_a_little_before_now():
    since, until = bounds_of(today_in(HOUSE))

    assert since <= until <= now() - timedelta(minutes=15) or since == until


def move(pharmacy, verb: str, **values: object) -> None:
    with tenant_scope(pharmacy.id):
        commit = Commit()
        commit.move(Parcel, parcel(pharmacy).id, verb, **values)
        commit.flush()


@pytest.fixture
def command(as_role: AsRole, monkeypatch, capsys) -> Callable[..., tuple[int, str]]:
    """Return what types `temoin reconcile …` a day later: the database of the tests runs already."""
    monkeypatch.setattr(register, "_couriers", {**couriers(), "fhir": fhir_courier()})
    monkeypatch.setattr(operating, "database_running", lambda _settings: nullcontext())
    monkeypatch.setattr(reconcile, "become", lambda _process: None)

    def run(*words: str) -> tuple[int, str]:
        with as_role("temoin_worker"), shifted_by(LATER):
            status = main(["reconcile", *words])
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


def test_the_command_names_by_key_and_never_by_patient(house, sandbox, command):
    key = parcel(house.here).key
    lose(sandbox, key)

    status, told = command("fhir", "--day", today().isoformat())

    assert status == 1
    assert f"{key}  missing: accepted here, not held there; --repair mends it" in told
    assert "PAT-TROIS" not in told
    assert command("--status")[0] == 1


def test_the_command_repairs_when_told_to(house, sandbox, command):
    key = parcel(house.here).key
    lose(sandbox, key)

    status, told = command("fhir", "--day", today().isoformat(), "--repair")

    assert (status, f"{key}  missing: sent again" in told) == (0, True)
    assert events(house.here) == ["parcel.resent"]
    with tenant_scope(house.here.id):
        assert Event.objects.get(kind="parcel.resent").origin == "command"


def test_the_command_says_when_it_can_say_nothing(house, sandbox, command):  # noqa: ARG001 there is something to ask
    sandbox.set_faults(down="503")

    status, told = command("fhir", "--day", today().isoformat(), "--repair")

    assert (status, "did not answer wholly" in told) == (2, True)


@pytest.mark.parametrize("words", [(), ("fhir",), ("email", "--day", "2026-11-24")])
def test_the_command_wants_a_destination_and_a_day(command, words):
    assert command(*words)[0] == 2


def test_a_day_that_has_not_begun_agrees_with_nothing(command):
    status, told = command("fhir", "--day", (today() + timedelta(days=3)).isoformat())

    assert (status, "has not begun" in told) == (2, True)
    with pytest.raises(SystemExit):
        command("fhir", "--day", "2026-13-01")


def test_before_the_first_run_the_status_is_empty(command):
    status, told = command("--status")

    assert (status, "No day has been reconciled yet" in told) == (0, True)
