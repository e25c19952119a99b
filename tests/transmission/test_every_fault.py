"""Every fault the sandbox knows, against every courier of results that it can strike: held once in the end.

The tables below must name each fault; a new one fails here until somebody says what each courier makes of it.
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
from people import House, make_lot, make_patient, make_signed, open_house
from sandbox_server import Sandbox, running_sandbox

from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.courier import Consignment, Courier, Load, Verdict, couriers
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.sandbox.faults import fault_names
from temoin.transmission.couriers import http_line, mllp_lines
from temoin.transmission.couriers.fhir import FhirCourier
from temoin.transmission.couriers.mllp import MllpCourier
from temoin.transmission.receiver import MessageProfile, Receiver
from temoin.transmission.rules.loading import load_rule_sets

AsRole = Callable[[str], AbstractContextManager[None]]
ACCEPTED, REFUSED, WAITING, IN_DOUBT = (
    ParcelState.ACCEPTED,
    ParcelState.REFUSED,
    ParcelState.WAITING,
    ParcelState.IN_DOUBT,
)
NO_FAULT_OF_RESULTS = {"retry_after", "bounce", "mail_down", "mail_reject_recipient", "seed"}
HTTP_ONLY = {"redirect"}

# fault, its setting, and where the first try leaves the parcel
FHIR = [
    ("down", "503", IN_DOUBT, "http_503"),
    ("down", "close", IN_DOUBT, "no_answer"),
    ("slow", 1, IN_DOUBT, "no_answer"),
    ("trickle", 0.02, IN_DOUBT, "no_answer"),
    ("redirect", "301", WAITING, "redirected"),
    ("redirect", "307", WAITING, "redirected"),
    ("certificate", "wrong-host", WAITING, "certificate_refused"),
    ("certificate", "expired", WAITING, "certificate_refused"),
    ("inner_error", 1, IN_DOUBT, "unreadable_answer"),
    ("error_before_store", 1, IN_DOUBT, "http_500"),
    ("error_after_store", 1, IN_DOUBT, "http_500"),
    ("drop_answer", 1, IN_DOUBT, "no_answer"),
    ("reject", 1, REFUSED, "http_422"),
    ("reject_every", 1, REFUSED, "http_422"),
    ("throttle", 1, WAITING, "http_429"),
    ("other_answer", 1, IN_DOUBT, "unreadable_answer"),
    ("half_answer", 1, IN_DOUBT, "no_answer"),
    ("double_answer", 1, ACCEPTED, "acknowledged"),
]
MLLP = [
    ("down", "503", WAITING, "hl7_cr"),
    ("down", "close", IN_DOUBT, "no_acknowledgement"),
    ("slow", 1, IN_DOUBT, "no_acknowledgement"),
    ("trickle", 0.02, IN_DOUBT, "no_acknowledgement"),
    ("certificate", "wrong-host", WAITING, "certificate_refused"),
    ("certificate", "expired", WAITING, "certificate_refused"),
    ("inner_error", 1, IN_DOUBT, "contradictory_acknowledgement"),
    ("error_before_store", 1, WAITING, "hl7_cr"),
    ("error_after_store", 1, WAITING, "hl7_cr"),
    ("drop_answer", 1, IN_DOUBT, "no_acknowledgement"),
    ("reject", 1, REFUSED, "hl7_ce"),
    ("reject_every", 1, REFUSED, "hl7_ce"),
    ("throttle", 1, WAITING, "hl7_cr"),
    ("other_answer", 1, IN_DOUBT, "answer_for_another_key"),
    ("half_answer", 1, IN_DOUBT, "no_acknowledgement"),
    ("double_answer", 1, ACCEPTED, "acknowledged"),
]


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
    authority = replace(settings.TEMOIN.authority, base_url=base, authorities=signer)
    settings.TEMOIN = replace(settings.TEMOIN, authority=authority)
    return Road("authority", FhirCourier, lambda: {each["key"]: each["count"] for each in sandbox.get("/keys").json})


def mllp_road(sandbox: Sandbox, signer: Path, _settings) -> Road:
    receiver = Receiver(
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

    return Road("authority-hl7", lambda: MllpCourier(receiver), held)


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


def every(courier: str, table: list[tuple[str, object, ParcelState, str]]) -> list[object]:
    return [pytest.param(courier, *row, id=f"{courier}-{row[0]}-{row[1]}") for row in table]


@pytest.mark.parametrize(
    ("road", "fault", "setting", "state", "code"), every("fhir", FHIR) + every("mllp", MLLP), indirect=["road"]
)
def test_after_any_fault_the_authority_holds_the_result_once(road, sandbox, house, carry, fault, setting, state, code):
    sandbox.set_faults(**{fault: setting})
    first = carry()
    fired = sandbox.stats["fired"]
    sandbox.set_faults(off=True)
    if first.state == REFUSED:
        release_parcel(by=house.owner, parcel_id=first.id)

    ended = first if first.state == ACCEPTED else carry()

    assert (first.state, first.answer_code) == (state, code)
    assert fired.get("reject" if fault == "reject_every" else fault)
    assert (ended.state, ended.answer_code) == (ACCEPTED, "acknowledged")
    assert road.held()[ended.key] == 1
    assert accepted_attempts(house, ended) == 1


@pytest.mark.parametrize("table", [FHIR, MLLP])
def test_the_table_of_a_courier_names_every_fault(table):
    named = {row[0] for row in table} | NO_FAULT_OF_RESULTS | (HTTP_ONLY if table is MLLP else set())

    assert named == set(fault_names())


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
    courier = FhirCourier()
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
