"""The courier of files against the real sandbox: whatever goes wrong, the authority holds each result once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from patience import wait_until
from people import House, make_lot, make_patient, make_signed, open_house, opened_attempt, seen_parcel
from sandbox_server import Sandbox, running_sandbox
from strategies import covid_positive

from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.courier import Notice, couriers
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result
from temoin.transmission.channels.sftp import courier as sftp
from temoin.transmission.channels.sftp.channel import SFTP
from temoin.transmission.channels.sftp.courier import SftpCourier
from temoin.transmission.channels.sftp.daily import courier_of
from temoin.transmission.channels.sftp.settings import SftpSettings
from temoin.transmission.rules.loading import load_rule_sets
from temoin_sandbox.sftp import SftpKeys
from temoin_sandbox.sftp_keys import KeyFiles, make_key_files

AsRole = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFiles:
    return make_key_files(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def sandbox(keys: KeyFiles) -> Iterator[Sandbox]:
    with running_sandbox(keys=SftpKeys(keys.user_public, keys.host)) as sandbox:
        yield sandbox


@pytest.fixture
def box(sandbox: Sandbox, keys: KeyFiles, settings, monkeypatch: pytest.MonkeyPatch) -> SftpSettings:
    """The sandbox as a receiver, whose courier is announced as Django's start does it."""
    box = drop_box(keys, sandbox.sftp_port)
    monkeypatch.setattr(register, "_couriers", couriers())
    settings.TEMOIN = settings.TEMOIN.with_channel("sftp", box)
    return box


def drop_box(keys: KeyFiles, port: int) -> SftpSettings:
    return SftpSettings(
        host="127.0.0.1",
        port=port,
        user="temoin",
        key=keys.user,
        host_keys=keys.host_public,
        folder="/results",
        acknowledgements="/acknowledgements",
        enabled=True,
        rules=load_rule_sets()["demonstration"],
    )


@pytest.fixture
def house(as_role: AsRole, box: SftpSettings) -> House:  # noqa: ARG001 opens the database; posts the parcel
    """A pharmacy with one signed result on its way."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture
def carry(house: House, box: SftpSettings, as_role: AsRole) -> Callable[[], Parcel]:
    """Return what lets the worker carry once, when the parcel is due, and then shows the parcel."""

    def once(towards: SftpSettings = box, *, demo: bool = True) -> Parcel:
        due = parcel(house).due_at
        with as_role("temoin_worker"), shifted_by(max(timedelta(0), due - now()) + timedelta(seconds=1)):
            carry_batch(SftpCourier(towards, demo=demo))
        return parcel(house)

    return once


def parcel(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.filter(destination="sftp").latest("sequence")


def last_attempt(house: House) -> dict[str, object]:
    with tenant_scope(house.here.id):
        return opened_attempt(Attempt.objects.filter(parcel_id=parcel(house).id).latest("number"))


def carry_batch(courier: SftpCourier) -> None:
    with asyncio.Runner() as runner:
        Lane(courier, threading.Event()).carry_batch(runner)
        runner.run(courier.close())
        runner.run(courier.close())  # closing what is closed is nothing


def told(parcel: Parcel) -> tuple[str, str]:
    return parcel.state, parcel.answer_code


def held(sandbox: Sandbox) -> list[dict[str, object]]:
    return sandbox.get("/csv.json").json


def held_once(sandbox: Sandbox, parcel: Parcel) -> bool:
    (result,) = held(sandbox)
    return (result["key"], result["differing"]) == (parcel.key, 0)


def test_no_parcel_is_posted_where_no_receiver_is_named():
    assert set(couriers()) == {"fhir", "email"}


def test_a_result_is_acknowledged_with_a_receipt(sandbox, house, carry):
    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert last_attempt(house)["receipt"] == {"id": f"csv-{carried.key}"}
    assert held_once(sandbox, carried)


def test_a_correction_is_a_row_of_its_own_that_names_the_one_it_replaces(sandbox, house, carry):
    first = carry()
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=house.owner, record_id=first.chain_id, expected_version=1, reading=reading, reason="Deux bandes.")

    second = carry()

    names = ("key", "record_id", "version", "status", "replaces_key")
    assert [tuple(each[name] for name in names) for each in held(sandbox)] == [
        (first.key, str(first.chain_id), "1", "final", ""),
        (second.key, str(first.chain_id), "2", "corrected", first.key),
    ]


HINDERING = {"down", "throttle", "error_before_store"}  # no file lies there after the first try


@pytest.mark.parametrize("case", SFTP.faults, ids=lambda case: f"{case.fault}-{case.setting}")
def test_after_a_fault_the_authority_holds_it_once(sandbox, house, carry, case, monkeypatch):
    monkeypatch.setattr(sftp, "PATIENCE", 0.3)
    sandbox.set_faults(**{case.fault: case.setting})
    first = carry()
    sandbox.set_faults(off=True)
    monkeypatch.undo()
    monkeypatch.setattr(sftp, "STILL", 0.0)
    wait_until(lambda: case.fault in HINDERING or sandbox.stats["csv"]["files"])
    if first.state == ParcelState.REFUSED:
        release_parcel(by=house.owner, parcel_id=first.id, expected_version=seen_parcel(house.owner, first.id))

    carried = first
    while carried.state != ParcelState.ACCEPTED and carried.attempts < 5:
        carried = carry()

    assert told(first) == (case.state, case.code)
    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert held_once(sandbox, carried)
    assert held(sandbox)[0]["copies"] == case.copies


def test_a_refused_row_waits_for_a_person_and_goes_when_it_is_sent_again(sandbox, house, carry):
    sandbox.set_faults(reject=1)
    refused = carry()
    sandbox.set_faults(off=True)
    release_parcel(by=house.owner, parcel_id=refused.id, expected_version=seen_parcel(house.owner, refused.id))

    carried = carry()

    assert told(refused) == (ParcelState.REFUSED, "row_refused")
    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert held_once(sandbox, carried)


def test_the_reason_of_a_refusal_is_sealed_with_the_attempt(sandbox, house, carry):
    sandbox.set_faults(reject=1)

    carry()

    assert last_attempt(house)["detail"] == "refused on demand"
    assert held(sandbox) == []


def test_after_a_refusal_the_corrected_version_goes(sandbox, house, carry):
    sandbox.set_faults(reject=1)
    refused = carry()
    sandbox.set_faults(off=True)
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(
        by=house.owner, record_id=refused.chain_id, expected_version=1, reading=reading, reason="Deux bandes."
    )

    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    names = ("key", "version", "status", "replaces_key")  # the first that the authority hears of amends nothing there
    assert [tuple(each[name] for name in names) for each in held(sandbox)] == [(carried.key, "2", "final", "")]


def test_an_invented_result_never_reaches_a_real_authority(sandbox, carry):
    assert told(carry(demo=False)) == (ParcelState.REFUSED, "demonstration")
    assert sandbox.stats["csv"]["connections"] == 0


def test_once_a_day_a_result_waits_for_its_hour_and_then_goes(sandbox, house, box, as_role):
    daily = replace(box, daily_at=(now().astimezone(ZoneInfo("Europe/Paris")).hour + 2) % 24)
    with as_role("temoin_worker"):
        carry_batch(courier_of(daily, demo=True))
    waiting = parcel(house)

    with as_role("temoin_worker"), shifted_by(timedelta(hours=2)):
        carry_batch(courier_of(daily, demo=True))
        wait_until(lambda: sandbox.stats["csv"]["files"])
    with as_role("temoin_worker"), shifted_by(timedelta(hours=2, minutes=1)):
        carry_batch(courier_of(daily, demo=True))

    assert told(waiting) == (ParcelState.WAITING, "waiting_for_the_hour")
    assert told(parcel(house)) == (ParcelState.ACCEPTED, "acknowledged")
    assert held_once(sandbox, parcel(house))


@pytest.mark.parametrize(
    ("enabled", "renewal", "wanted"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_every_version_is_wanted_when_the_receiver_is_switched_on(keys, enabled, renewal, wanted):
    notice = Notice(UUID(int=1), UUID(int=1), 1, "k", frozenset(), content=covid_positive(), is_renewal=renewal)

    assert SftpCourier(replace(drop_box(keys, 22), enabled=enabled), demo=True).wants(notice) is wanted
