"""The HL7 v2 courier against the real sandbox: whatever goes wrong, the authority holds each result once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_signed, open_house, opened_attempt
from sandbox_server import Sandbox, running_sandbox
from strategies import covid_positive

from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.courier import Notice, couriers
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.testing.report import Report
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result
from temoin.transmission.channels.mllp import lines as mllp_lines
from temoin.transmission.channels.mllp.courier import MllpCourier
from temoin.transmission.channels.mllp.settings import MessageProfile, MllpSettings
from temoin.transmission.rules.loading import load_rule_sets

AsRole = Callable[[str], AbstractContextManager[None]]
RULES = load_rule_sets()["demonstration"]
RECEIVER = MllpSettings(host="127.0.0.1", port=1, enabled=True, profile=MessageProfile.ELR, tls=False, rules=RULES)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def receiver(sandbox: Sandbox, settings, monkeypatch: pytest.MonkeyPatch) -> MllpSettings:
    """The sandbox as a receiver, whose courier is announced as Django's start does it."""
    receiver = replace(RECEIVER, port=sandbox.mllp_port)
    monkeypatch.setattr(register, "_couriers", couriers())
    settings.TEMOIN = settings.TEMOIN.with_channel("mllp", receiver)
    return receiver


@pytest.fixture
def house(as_role: AsRole, receiver: MllpSettings) -> House:  # noqa: ARG001 opens the database; posts the parcel
    """A pharmacy with one signed result on its way."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture
def carry(house: House, receiver: MllpSettings, as_role: AsRole) -> Callable[[], Parcel]:
    """Return what lets the worker carry once, when the parcel is due, and then shows the parcel."""

    def once(towards: MllpSettings = receiver, *, demo: bool = True) -> Parcel:
        due = parcel(house).due_at
        with as_role("temoin_worker"), shifted_by(max(timedelta(0), due - now()) + timedelta(seconds=1)):
            carry_batch(MllpCourier(towards, demo=demo))
        return parcel(house)

    return once


def parcel(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.filter(destination="mllp").latest("sequence")


def last_attempt(house: House) -> dict[str, object]:
    with tenant_scope(house.here.id):
        return opened_attempt(Attempt.objects.filter(parcel_id=parcel(house).id).latest("number"))


def carry_batch(courier: MllpCourier) -> None:
    with asyncio.Runner() as runner:
        Lane(courier, threading.Event()).carry_batch(runner)
        runner.run(courier.close())
        runner.run(courier.close())  # closing what is closed is nothing


def told(parcel: Parcel) -> tuple[str, str]:
    return parcel.state, parcel.answer_code


def held(sandbox: Sandbox) -> list[dict[str, object]]:
    return sandbox.get("/hl7.json").json


def held_once(sandbox: Sandbox, parcel: Parcel) -> bool:
    (message,) = held(sandbox)
    return (message["control_id"], message["differing"]) == (parcel.key, 0)


def test_no_parcel_is_posted_where_no_receiver_is_named():
    assert set(couriers()) == {"fhir", "email"}


def test_a_result_is_acknowledged_with_a_receipt(sandbox, house, carry):
    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert last_attempt(house)["receipt"] == {"id": f"ack-{carried.key}", "code": "CA"}
    assert held_once(sandbox, carried)


def test_a_correction_is_its_own_message_of_the_same_order(sandbox, house, carry):
    first = carry()
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=house.owner, record_id=first.chain_id, expected_version=1, reading=reading, reason="Deux bandes.")

    second = carry()

    messages = held(sandbox)
    order = str(first.chain_id)
    assert [(each["order"], each["status"]) for each in messages] == [(order, "F"), (order, "C")]
    assert [each["control_id"] for each in messages] == [first.key, second.key]


def test_a_platform_gets_the_document_its_replacement_and_its_deletion(sandbox, house, carry, receiver):
    french = replace(receiver, profile=MessageProfile.CISIS)
    first = carry(french)
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=house.owner, record_id=first.chain_id, expected_version=1, reading=reading, reason="Deux bandes.")
    second = carry(french)
    cancel_result(by=house.owner, record_id=first.chain_id, expected_version=2, reason="Autre patient.")

    third = carry(french)

    assert told(third) == (ParcelState.ACCEPTED, "acknowledged")
    assert [(each["control_id"], each["status"]) for each in held(sandbox)] == [
        (first.key, "F"),
        (second.key, "C"),
        (third.key, "D"),
    ]


@pytest.mark.parametrize(("loinc", "wanted"), [("94558-4", True), ("94309-2", False)])
def test_no_envelope_is_wanted_for_a_test_of_which_the_document_knows_nothing(loinc, wanted):
    report = covid_positive()
    notice = Notice(UUID(int=1), UUID(int=1), 1, "k", frozenset(), content=with_loinc(report, loinc))

    assert MllpCourier(replace(RECEIVER, profile=MessageProfile.CISIS), demo=True).wants(notice) is wanted
    assert MllpCourier(RECEIVER, demo=True).wants(notice)


def with_loinc(report: Report, loinc: str) -> Report:
    return replace(report, findings=tuple(replace(each, loinc=loinc) for each in report.findings))


@pytest.mark.parametrize(
    ("fault", "state", "code", "copies"),
    [
        ({"down": "503"}, ParcelState.WAITING, "hl7_cr", 1),
        ({"down": "close"}, ParcelState.IN_DOUBT, "no_acknowledgement", 1),
        ({"throttle": 1}, ParcelState.WAITING, "hl7_cr", 1),
        ({"error_after_store": 1}, ParcelState.WAITING, "hl7_cr", 2),
        ({"drop_answer": 1}, ParcelState.IN_DOUBT, "no_acknowledgement", 2),
        ({"half_answer": 1}, ParcelState.IN_DOUBT, "no_acknowledgement", 2),
        ({"other_answer": 1}, ParcelState.IN_DOUBT, "answer_for_another_key", 2),
    ],
)
def test_after_a_fault_the_authority_holds_it_once(sandbox, carry, fault, state, code, copies):
    sandbox.set_faults(**fault)
    first = carry()
    sandbox.set_faults(off=True)

    carried = carry()

    assert told(first) == (state, code)
    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert held_once(sandbox, carried)
    assert held(sandbox)[0]["copies"] == copies


def test_an_answer_that_does_not_come_is_a_doubt(sandbox, carry, monkeypatch):
    monkeypatch.setattr(mllp_lines, "ANSWER", 0.2)
    sandbox.set_faults(slow=0.6)

    assert told(carry()) == (ParcelState.IN_DOUBT, "no_acknowledgement")

    sandbox.set_faults(off=True)
    monkeypatch.undo()


def test_a_refused_message_waits_for_a_person_with_the_reasons_sealed(sandbox, house, carry):
    sandbox.set_faults(reject=1)

    assert told(carry()) == (ParcelState.REFUSED, "hl7_ce")

    assert last_attempt(house)["detail"] == "PID-1-5 102 Data type error"
    assert held(sandbox) == []


def test_nobody_listening_means_nothing_was_stored(sandbox, carry, receiver):
    with running_sandbox() as gone:
        port = gone.mllp_port

    assert told(carry(replace(receiver, port=port))) == (ParcelState.WAITING, "unreachable")

    assert held_once(sandbox, carry())


def test_the_receivers_own_separators_are_used(sandbox, carry, receiver):
    carried = carry(replace(receiver, separators="#*!%@", application="REGISTER", facility="AGENCY"))

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")
    assert held_once(sandbox, carried)


def test_an_invented_result_never_reaches_a_real_authority(sandbox, carry):
    assert told(carry(demo=False)) == (ParcelState.REFUSED, "demonstration")
    assert sandbox.stats["hl7"]["received"] == 0


def test_one_connection_carries_many_messages(sandbox, house, receiver, as_role):
    patient, lot = make_patient(house.owner), make_lot(house.owner, number="B2")
    for _ in range(8):
        make_signed(house.owner, patient, lot)

    with as_role("temoin_worker"), shifted_by(timedelta(seconds=1)):
        carry_batch(MllpCourier(receiver, demo=True))

    assert len(held(sandbox)) == 9
    assert sandbox.stats["hl7"]["connections"] <= mllp_lines.CONNECTIONS


def test_a_copy_without_the_name_is_acknowledged_like_any_other(receiver, carry):
    carried = carry(replace(receiver, rules=load_rule_sets()["fr-laboratories"]))

    assert told(carried) == (ParcelState.ACCEPTED, "acknowledged")


@pytest.mark.parametrize(
    ("enabled", "renewal", "wanted"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_every_version_is_wanted_when_the_receiver_is_switched_on(enabled, renewal, wanted):
    notice = Notice(UUID(int=1), UUID(int=1), 1, "k", frozenset(), content=covid_positive(), is_renewal=renewal)

    assert MllpCourier(replace(RECEIVER, enabled=enabled), demo=True).wants(notice) is wanted
