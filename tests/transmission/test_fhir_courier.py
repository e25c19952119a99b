"""The FHIR courier against the real sandbox: whatever goes wrong, the authority holds each result once."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from people import House, make_lot, make_patient, make_signed, open_house, opened_attempt
from sandbox_server import Sandbox, running_sandbox
from site_settings import fhir_courier

from temoin.formats.fhir import REPORT_KEY_SYSTEM
from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.transmission.channels.fhir import http_line
from temoin.transmission.channels.fhir.courier import FhirCourier
from temoin.transmission.rules.loading import load_rule_sets

AsRole = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def sandbox(settings) -> Iterator[Sandbox]:
    """A real sandbox, named in the settings as the authority."""
    with running_sandbox() as sandbox:
        authority = replace(settings.TEMOIN.channels["fhir"], base_url=f"http://127.0.0.1:{sandbox.port}/fhir")
        settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)
        yield sandbox


@pytest.fixture
def house(as_role: AsRole) -> House:  # noqa: ARG001 opens the database
    """A pharmacy with one signed result on its way."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture
def carry(house: House, as_role: AsRole) -> Callable[[], Parcel]:
    """Return what lets the worker carry once, when the parcel is due, and then shows the parcel."""

    def once() -> Parcel:
        due = parcel(house).due_at
        with as_role("temoin_worker"), shifted_by(max(timedelta(0), due - now()) + timedelta(seconds=1)):
            carry_batch(fhir_courier())
        return parcel(house)

    return once


def parcel(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.get(destination="fhir")


def last_attempt(house: House) -> dict[str, object]:
    with tenant_scope(house.here.id):
        return opened_attempt(Attempt.objects.filter(parcel_id=parcel(house).id).latest("number"))


def carry_batch(courier: FhirCourier) -> None:
    with asyncio.Runner() as runner:
        Lane(courier, threading.Event()).carry_batch(runner)
        runner.run(courier.close())
        runner.run(courier.close())  # closing what is closed is nothing


def post(ready: Consignment) -> Answer:
    async def once() -> Answer:
        courier = fhir_courier()
        try:
            return await courier.carry(ready)
        finally:
            await courier.close()

    return asyncio.run(once())


def told(parcel: Parcel) -> tuple[str, str]:
    return parcel.state, parcel.answer_code


def keys(sandbox: Sandbox) -> list[dict[str, object]]:
    return sandbox.get("/keys").json


def held_once(sandbox: Sandbox, parcel: Parcel) -> bool:
    return keys(sandbox) == [{"system": REPORT_KEY_SYSTEM, "key": parcel.key, "count": 1}]


def test_a_result_is_acknowledged_with_a_receipt(sandbox, house, carry):
    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    receipt = last_attempt(house)["receipt"]
    assert receipt["id"]
    assert receipt["received_at"]
    assert receipt["location"].startswith(f"http://127.0.0.1:{sandbox.port}/fhir/Bundle/")
    assert held_once(sandbox, carried)


def test_a_document_posted_twice_is_acknowledged_twice_and_held_once(sandbox, house):
    with tenant_scope(house.here.id):
        load = Load(**{name: getattr(parcel(house), name) for name in Load.__dataclass_fields__})
        ready = fhir_courier().prepare(load)

    first, second = (post(ready) for _ in range(2))

    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.ACCEPTED)
    assert first.receipt["id"] == second.receipt["id"]
    assert held_once(sandbox, parcel(house))


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        ({"down": "503"}, ParcelState.IN_DOUBT, "http_503"),
        ({"down": "close"}, ParcelState.IN_DOUBT, "no_answer"),
        ({"error_after_store": 1}, ParcelState.IN_DOUBT, "http_500"),
        ({"drop_answer": 1}, ParcelState.IN_DOUBT, "no_answer"),
        ({"throttle": 1}, ParcelState.WAITING, "http_429"),
    ],
)
def test_after_a_fault_the_authority_holds_it_once(sandbox, carry, fault, state, code):
    sandbox.set_faults(**fault)
    assert told(carry()) == (state, code)

    sandbox.set_faults(off=True)
    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert held_once(sandbox, carried)


def test_what_was_stored_before_the_answer_was_lost_is_not_posted_again(sandbox, carry):
    sandbox.set_faults(drop_answer=1)
    carry()
    sandbox.set_faults(off=True)
    posts = sandbox.stats["posts"]

    assert told(carry()) == (ParcelState.ACCEPTED, "acknowledged")

    assert sandbox.stats["posts"] == posts


def test_the_doubt_stays_while_the_authority_cannot_be_asked(sandbox, carry):
    sandbox.set_faults(drop_answer=1)
    carry()
    for fault, code in (({"down": "503"}, "http_503"), ({"down": "close"}, "no_answer")):
        sandbox.set_faults(off=True)
        sandbox.set_faults(**fault)

        assert told(carry()) == (ParcelState.IN_DOUBT, code)


def test_an_answer_that_does_not_come_is_a_doubt(sandbox, carry, monkeypatch):
    monkeypatch.setattr(http_line, "TIMEOUT", aiohttp.ClientTimeout(total=8, sock_read=0.2))
    sandbox.set_faults(slow=0.6)

    assert told(carry()) == (ParcelState.IN_DOUBT, "no_answer")

    sandbox.set_faults(off=True)
    monkeypatch.undo()
    assert held_once(sandbox, carry())


def test_nobody_listening_means_nothing_was_stored(sandbox, carry, settings):
    with running_sandbox() as gone:
        port = gone.port
    here = settings.TEMOIN
    there = replace(here.channels["fhir"], base_url=f"http://127.0.0.1:{port}/fhir")
    settings.TEMOIN = here.with_channel("fhir", there)
    assert told(carry()) == (ParcelState.WAITING, "unreachable")

    settings.TEMOIN = here
    assert held_once(sandbox, carry())


def test_a_connection_that_never_opens_means_nothing_was_stored(sandbox, carry, settings, monkeypatch):
    monkeypatch.setattr(http_line, "TIMEOUT", aiohttp.ClientTimeout(total=8, connect=0.2))
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, ExitStack() as waiting:
        for _ in range(3):  # they fill the queue of connections that nobody accepts
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(deaf.getsockname())
        base = f"http://127.0.0.1:{deaf.getsockname()[1]}/fhir"
        settings.TEMOIN = settings.TEMOIN.with_channel("fhir", replace(settings.TEMOIN.channels["fhir"], base_url=base))

        assert told(carry()) == (ParcelState.WAITING, "unreachable")
    assert sandbox.stats["posts"] == 0


def test_a_refused_document_waits_for_a_person_with_the_reasons_sealed(sandbox, house, carry):
    sandbox.set_faults(reject=1)

    carried = carry()

    assert told(carried) == (ParcelState.REFUSED, "http_422")
    assert last_attempt(house)["detail"]
    assert keys(sandbox) == []


@pytest.mark.parametrize("fault", [{"throttle": 1}, {"down": "503"}])
def test_the_pause_the_authority_asks_for_is_kept(sandbox, carry, fault):
    sandbox.set_faults(retry_after=900, **fault)
    before = now()

    assert carry().due_at > before + timedelta(seconds=890)


def test_an_invented_result_never_reaches_a_real_authority(sandbox, carry, settings):
    settings.TEMOIN = replace(settings.TEMOIN, site=replace(settings.TEMOIN.site, demo=False))

    assert told(carry()) == (ParcelState.REFUSED, "demonstration")
    assert sandbox.stats["posts"] == 0


def test_a_copy_without_the_name_is_acknowledged_like_any_other(sandbox, settings, carry):
    authority = replace(settings.TEMOIN.channels["fhir"], rules=load_rule_sets()["fr-laboratories"])
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)

    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert held_once(sandbox, carried)
