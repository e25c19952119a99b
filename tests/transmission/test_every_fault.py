"""Every fault the sandbox knows, against every courier of results that it can strike: held once in the end.

Each channel names every fault in its table: a new one fails here until somebody says what the courier makes of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from fault_tables import fault_names_left
from people import House, make_lot, make_patient, make_signed, open_house, seen_parcel
from sandbox_server import Sandbox, running_sandbox
from site_settings import fhir_courier

from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.channel import Channel
from temoin.outbox.courier import Consignment, Courier, Load, Verdict, couriers
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.settings.channels import all_channels
from temoin.transmission.channels.fhir import http_line
from temoin.transmission.channels.fhir.channel import FHIR
from temoin.transmission.channels.mllp import lines as mllp_lines
from temoin.transmission.channels.mllp.channel import MLLP
from temoin.transmission.channels.mllp.courier import MllpCourier
from temoin.transmission.channels.mllp.settings import MessageProfile, MllpSettings
from temoin.transmission.rules.loading import load_rule_sets

AsRole = Callable[[str], AbstractContextManager[None]]
ACCEPTED, REFUSED, WAITING, IN_DOUBT = (
    ParcelState.ACCEPTED,
    ParcelState.REFUSED,
    ParcelState.WAITING,
    ParcelState.IN_DOUBT,
)


@dataclass
class Road:
    """One courier on its way to the sandbox, and what the sandbox then holds."""

    destination: str
    make: Callable[[], Courier]
    held: Callable[[], dict[str, int]]  # key: distinct contents kept under it


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(encrypted=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def signer(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whom the couriers trust: the sandbox's own signer."""
    file = tmp_path_factory.mktemp("sandbox") / "authorities.pem"
    file.write_bytes(sandbox.get("/authorities.pem").body)
    return file


@pytest.fixture
def road(request: pytest.FixtureRequest, sandbox: Sandbox, signer: Path, settings, monkeypatch) -> Road:
    sandbox.set_faults(off=True)
    monkeypatch.setattr(register, "_couriers", couriers())
    monkeypatch.setattr(http_line, "TIMEOUT", aiohttp.ClientTimeout(total=0.8))
    monkeypatch.setattr(mllp_lines, "ANSWER", 0.3)
    made = (fhir_road if request.param == "fhir" else mllp_road)(sandbox, signer, settings)
    register.register_courier(made.make())
    return made


def fhir_road(sandbox: Sandbox, signer: Path, settings) -> Road:
    base = f"https://127.0.0.1:{sandbox.https_port}/fhir"
    authority = replace(settings.TEMOIN.channels["fhir"], base_url=base, authorities=signer)
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)
    return Road("fhir", fhir_courier, lambda: {each["key"]: each["count"] for each in sandbox.get("/keys").json})


def mllp_road(sandbox: Sandbox, signer: Path, _settings) -> Road:
    receiver = MllpSettings(
        host="127.0.0.1",
        port=sandbox.mllps_port,
        enabled=True,
        profile=MessageProfile.ELR,
        tls=True,
        authorities=signer,
        rules=load_rule_sets()["demonstration"],
    )

    def held() -> dict[str, int]:
        return {each["control_id"]: 1 + each["differing"] for each in sandbox.get("/hl7.json").json}

    return Road("mllp", lambda: MllpCourier(receiver, demo=True), held)


@pytest.fixture
def house(as_role: AsRole, road: Road) -> House:  # noqa: ARG001 opens the database; posts the parcel
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture
def carry(house: House, road: Road, as_role: AsRole) -> Callable[[], Parcel]:
    """Return what lets the worker carry what is due once, and then shows the last parcel."""

    def once() -> Parcel:
        wait = max(timedelta(0), last(house, road).due_at - now()) + timedelta(seconds=1)
        with as_role("temoin_worker"), shifted_by(wait), asyncio.Runner() as runner:
            courier = road.make()
            Lane(courier, threading.Event()).carry_batch(runner)
            runner.run(courier.close())
        return last(house, road)

    return once


def last(house: House, road: Road) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.filter(destination=road.destination).latest("posted_at")


def accepted_attempts(house: House, parcel: Parcel) -> int:
    with tenant_scope(house.here.id):
        return Attempt.objects.filter(parcel_id=parcel.id, verdict="accepted").count()


def every(channel: Channel) -> list[object]:
    return [
        pytest.param(channel.name, case, id=f"{channel.name}-{case.fault}-{case.setting}") for case in channel.faults
    ]


@pytest.mark.parametrize(("road", "case"), every(FHIR) + every(MLLP), indirect=["road"])
def test_after_any_fault_the_authority_holds_the_result_once(road, sandbox, house, carry, case):
    sandbox.set_faults(**{case.fault: case.setting})
    first = carry()
    fired = sandbox.stats["fired"]
    sandbox.set_faults(off=True)
    if first.state == REFUSED:
        release_parcel(by=house.owner, parcel_id=first.id, expected_version=seen_parcel(house.owner, first.id))

    ended = first if first.state == ACCEPTED else carry()

    assert (first.state, first.answer_code) == (case.state, case.code)
    assert fired.get("reject" if case.fault == "reject_every" else case.fault)
    assert (ended.state, ended.answer_code) == (ACCEPTED, "acknowledged")
    assert road.held()[ended.key] == 1
    assert accepted_attempts(house, ended) == 1


@pytest.mark.parametrize("channel", [each for each in all_channels() if each.demo], ids=lambda channel: channel.name)
def test_each_channel_names_every_fault(channel):
    assert fault_names_left(channel) == []


@pytest.mark.usefixtures("road")
@pytest.mark.parametrize("road", ["fhir", "mllp"], indirect=True)
def test_while_the_fault_lasts_no_doubt_becomes_an_acceptance(sandbox, carry):
    for fault in ("drop_answer", "half_answer", "other_answer", "inner_error"):
        sandbox.set_faults(off=True)
        sandbox.set_faults(half_answer=1, **({fault: 1} if fault != "half_answer" else {}))

        assert carry().state == IN_DOUBT


@pytest.mark.parametrize("road", ["fhir"], indirect=True)
@pytest.mark.parametrize("pause", [0, 0.1])  # the double comes after the next document has left, or before
def test_a_refusal_given_twice_is_not_taken_for_another_documents(sandbox, house, road, pause):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="B2"))
    courier = fhir_courier()
    first, second = (prepared(courier, parcel) for parcel in parcels(house, road))

    async def both() -> list[Verdict]:
        sandbox.set_faults(double_answer=1, reject=1)
        refused = await courier.carry(first)
        sandbox.set_faults(off=True)
        await asyncio.sleep(pause)
        taken = await courier.carry(second)
        await courier.close()
        return [refused.verdict, taken.verdict]

    refused, taken = asyncio.run(both())

    assert refused is Verdict.REFUSED
    assert taken in {Verdict.ACCEPTED, Verdict.DOUBTFUL}  # told late enough, it can hide the answer, never be it


def parcels(house: House, road: Road) -> list[Parcel]:
    with tenant_scope(house.here.id):
        return list(Parcel.objects.filter(destination=road.destination).order_by("posted_at"))


def prepared(courier: Courier, parcel: Parcel) -> Consignment:
    with tenant_scope(parcel.pharmacy_id):
        ready = courier.prepare(Load(**{name: getattr(parcel, name) for name in Load.__dataclass_fields__}))
    assert isinstance(ready, Consignment)
    return ready
