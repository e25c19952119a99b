"""The couriers of secure messaging against the real sandbox: each recipient gets a result once, whatever breaks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import fields, replace
from datetime import timedelta
from uuid import UUID

import pytest
from people import House, change_patient, make_lot, make_patient, make_signed, open_house, opened_attempt, seen_parcel
from sandbox_server import Sandbox, running_sandbox
from secure_mail import Trust
from strategies import covid_positive

from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox import courier as register
from temoin.outbox.actions import release_parcel
from temoin.outbox.courier import Consignment, Load, Notice, couriers
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.worker import Lane
from temoin.patients.queries import traits_of
from temoin.testing.models import Record
from temoin.testing.report import Doctor, IdentityStatus, Report
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result
from temoin.transmission.channels.mssante.channel import MSSANTE
from temoin.transmission.channels.mssante.courier import MssanteDoctorCourier, MssantePatientCourier
from temoin.transmission.channels.mssante.settings import MssanteSettings

AsRole = Callable[[str], AbstractContextManager[None]]
DOCTOR = {
    "doctor_family_name": "MEDIONI",
    "doctor_given_name": "Stéphane",
    "doctor_rpps": "10003879623",
    "doctor_mailbox": "s.medioni@medecin.mssante.fr",
    "doctor_copy": "yes",
}
BARE = Load(UUID(int=1), UUID(int=2), "mssante", UUID(int=3), UUID(int=4), 1, "k", "sending", 1, None)
NAMED = Doctor(family_name="MEDIONI", mailbox="s.medioni@medecin.mssante.fr")


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return Trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture
def sandbox(trust: Trust) -> Iterator[Sandbox]:
    with running_sandbox(trust.certificates) as sandbox:
        yield sandbox


@pytest.fixture
def mail(trust: Trust, sandbox: Sandbox, settings, monkeypatch: pytest.MonkeyPatch) -> MssanteSettings:
    """The sandbox as operator, whose couriers are announced as Django's start does it."""
    mail = trust.mail(sandbox.mssante_port)
    monkeypatch.setattr(register, "_couriers", couriers())
    settings.TEMOIN = settings.TEMOIN.with_channel("mssante", mail)
    return mail


@pytest.fixture
def house(as_role: AsRole, mail: MssanteSettings) -> House:  # noqa: ARG001 opens the database; posts the parcel
    """A pharmacy with one signed result on its way to the patient's doctor."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner, **DOCTOR), make_lot(house.owner))
    return house


@pytest.fixture
def carry(house: House, mail: MssanteSettings, as_role: AsRole) -> Callable[..., Parcel]:
    """Return what lets the worker carry once, when the parcel is due, and then shows the parcel."""

    def once(towards: MssanteSettings = mail, *, demo: bool = True) -> Parcel:
        due = parcel(house).due_at
        with as_role("temoin_worker"), shifted_by(max(timedelta(0), due - now()) + timedelta(seconds=1)):
            carry_batch(MssanteDoctorCourier(towards, demo=demo))
        return parcel(house)

    return once


def parcel(house: House) -> Parcel:
    with tenant_scope(house.here.id):
        return Parcel.objects.filter(destination="mssante-doctor").latest("sequence")


def last_attempt(house: House) -> dict[str, object]:
    with tenant_scope(house.here.id):
        return opened_attempt(Attempt.objects.filter(parcel_id=parcel(house).id).latest("number"))


def carry_batch(courier: MssanteDoctorCourier) -> None:
    with asyncio.Runner() as runner:
        Lane(courier, threading.Event()).carry_batch(runner)
        runner.run(courier.close())


def told(parcel: Parcel) -> tuple[str, str]:
    return parcel.state, parcel.answer_code


def held(sandbox: Sandbox) -> list[dict[str, object]]:
    return sandbox.get("/secure-mail.json").json["held"]


def named(parcel: Parcel) -> str:
    return f"<{parcel.key}.mssante-doctor@operateur.mssante.fr>"


def test_a_result_is_taken_by_the_operator_with_a_receipt(sandbox, house, carry):
    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "taken_by_operator")
    assert last_attempt(house)["receipt"] == {"id": named(carried), "said": "2.0.0 Kept as 1"}
    (message,) = held(sandbox)
    assert message["message_id"] == named(carried)
    assert message["recipient"] == "s.medioni@medecin.mssante.fr"
    assert message["document"] == f"2.25.{UUID(carried.key).int}"


def test_a_correction_and_a_cancellation_follow_the_first_message(sandbox, house, carry):
    first = carry()
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=house.owner, record_id=first.chain_id, expected_version=1, reading=reading, reason="Deux bandes.")
    carry()
    cancel_result(by=house.owner, record_id=first.chain_id, expected_version=2, reason="Autre patient.")

    carried = carry()

    assert told(carried) == (ParcelState.ACCEPTED, "taken_by_operator")
    assert [message["version"] for message in held(sandbox)] == ["1", "2", "3"]


@pytest.mark.parametrize("case", MSSANTE.faults, ids=lambda case: f"{case.fault}-{case.setting}")
def test_after_a_fault_the_same_message_is_sent_again(sandbox, house, carry, case):
    sandbox.set_faults(**{case.fault: case.setting})
    first = carry()
    sandbox.set_faults(off=True)
    if first.state == ParcelState.REFUSED:
        release_parcel(by=house.owner, parcel_id=first.id, expected_version=seen_parcel(house.owner, first.id))

    carried = first if first.state == ParcelState.ACCEPTED else carry()

    assert told(first) == (case.state, case.code)
    assert told(carried) == (ParcelState.ACCEPTED, "taken_by_operator")
    (message,) = held(sandbox)
    assert (message["copies"], message["differing"]) == (case.copies, 0)


def test_a_message_that_the_operator_will_not_have_waits_for_a_person(sandbox, carry):
    sandbox.set_faults(reject=1)

    assert told(carry()) == (ParcelState.REFUSED, "message_refused")
    assert held(sandbox) == []


def test_an_address_that_nobody_has_waits_for_a_person_who_mends_it(sandbox, house, as_role, mail):
    patient = make_patient(house.owner, **{**DOCTOR, "doctor_mailbox": "refuse@medecin.mssante.fr"})
    record = make_signed(house.owner, patient, make_lot(house.owner, number="B2"))
    sandbox.set_faults(mail_reject_recipient=True)
    with as_role("temoin_worker"), shifted_by(timedelta(seconds=1)):
        carry_batch(MssanteDoctorCourier(mail, demo=True))
    with tenant_scope(house.here.id):
        refused = Parcel.objects.get(chain_id=record, destination="mssante-doctor")
        traits = replace(traits_of(patient), doctor_mailbox="s.medioni@medecin.mssante.fr")

    change_patient(by=house.owner, patient_id=patient, traits=traits)

    assert told(refused) == (ParcelState.REFUSED, "secure_mailbox_refused")
    with tenant_scope(house.here.id):
        assert MssanteDoctorCourier(mail, demo=True).prepare(load_of(refused)).address == "s.medioni@medecin.mssante.fr"


def test_another_doctor_does_not_get_what_was_signed_for_the_first(house, mail):
    with tenant_scope(house.here.id):
        patient = record_patient(house)
        traits = replace(traits_of(patient), doctor_family_name="AUTRE", doctor_mailbox="autre@medecin.mssante.fr")
    change_patient(by=house.owner, patient_id=patient, traits=traits)

    with tenant_scope(house.here.id):
        ready = MssanteDoctorCourier(mail, demo=True).prepare(load_of(parcel(house)))

    assert isinstance(ready, Consignment)
    assert ready.address == "s.medioni@medecin.mssante.fr"


@pytest.mark.parametrize("changes", [{"doctor_copy": ""}, {"doctor_family_name": "AUTRE"}])
def test_a_correction_goes_to_the_doctor_who_holds_the_wrong_result(house, changes):
    first = parcel(house)
    with tenant_scope(house.here.id):
        patient = record_patient(house)
        traits = replace(traits_of(patient), **changes)
    change_patient(by=house.owner, patient_id=patient, traits=traits)

    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    report = correct_result(
        by=house.owner, record_id=first.chain_id, expected_version=1, reading=reading, reason="Deux bandes."
    )

    assert report.doctor.family_name == "MEDIONI"
    assert parcel(house).sequence == 2


def record_patient(house: House) -> UUID:
    return Record.objects.get(id=parcel(house).chain_id).patient_id


def load_of(parcel: Parcel) -> Load:
    names = [field.name for field in fields(Load) if field.name != "sealed"]
    return Load(**{name: getattr(parcel, name) for name in names}, sealed=None)


@pytest.mark.parametrize("changes", [{"doctor_copy": ""}, dict.fromkeys(DOCTOR, "")])
def test_nothing_is_posted_for_a_doctor_when_the_patient_names_none_or_objects(house, changes):
    record = make_signed(
        house.owner, make_patient(house.owner, **{**DOCTOR, **changes}), make_lot(house.owner, number="B2")
    )

    with tenant_scope(house.here.id):
        assert not Parcel.objects.filter(chain_id=record, destination__startswith="mssante").exists()


def notice(report: Report, *, renewal: bool = False) -> Notice:
    return Notice(UUID(int=1), UUID(int=1), 1, "k", frozenset(), content=report, is_renewal=renewal)


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (covid_positive(doctor=NAMED), True),
        (covid_positive(), False),
        (covid_positive(doctor=NAMED, findings=(replace(covid_positive().findings[0], loinc="94309-2"),)), False),
    ],
    ids=["a doctor", "no doctor", "a test the document does not know"],
)
def test_a_doctor_is_sent_what_a_document_can_say(trust, report, wanted):
    courier = MssanteDoctorCourier(trust.mail(1), demo=True)

    assert courier.wants(notice(report)) is wanted
    assert not courier.wants(notice(report, renewal=True))
    assert not MssanteDoctorCourier(replace(trust.mail(1), doctor=False), demo=True).wants(notice(report))
    assert not MssanteDoctorCourier(replace(trust.mail(1), enabled=False), demo=True).wants(notice(report))


@pytest.mark.parametrize(
    ("status", "nir", "wanted"),
    [
        (IdentityStatus.QUALIFIED, "279035121518989", True),
        (IdentityStatus.QUALIFIED, "", False),
        (IdentityStatus.VALIDATED, "279035121518989", False),
        (IdentityStatus.RETRIEVED, "279035121518989", False),
    ],
)
def test_only_a_qualified_identity_has_a_secure_mailbox(trust, status, nir, wanted):
    report = covid_positive()
    report = replace(report, patient=replace(report.patient, identity_status=status, nir=nir))
    courier = MssantePatientCourier(trust.mail(1), demo=True)

    assert courier.wants(notice(report)) is wanted
    assert not MssantePatientCourier(replace(trust.mail(1), patient=False), demo=True).wants(notice(report))
    assert courier.address(None, report) == ("279035121518989@patient.mssante.fr" if wanted else "")


def test_the_patients_own_box_gets_the_message(sandbox, trust):
    courier = MssantePatientCourier(trust.mail(sandbox.mssante_port), demo=True)
    load = replace(BARE, key=covid_positive().key)

    answer = asyncio.run(courier.carry(courier.write(load, covid_positive())))

    assert answer.code == "taken_by_operator"
    assert [message["recipient"] for message in held(sandbox)] == ["patient.mssante.fr"]


def test_a_version_whose_recipient_is_gone_is_refused_with_its_reason(trust):
    report = covid_positive()
    report = replace(report, patient=replace(report.patient, nir=""))

    assert MssantePatientCourier(trust.mail(1), demo=True).write(None, report).code == "no_secure_address"
    assert MssanteDoctorCourier(trust.mail(1), demo=True).write(None, report).code == "no_secure_address"


def test_an_invented_result_never_reaches_a_real_operator(sandbox, carry):
    assert told(carry(demo=False)) == (ParcelState.REFUSED, "demonstration")
    assert sandbox.stats["secure_mail"]["received"] == 0
