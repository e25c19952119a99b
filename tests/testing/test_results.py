"""A result's life: who may sign, what is refused, what a correction does, and that nothing is ever half done."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from people import TRIPLEX, House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.journal.act import HouseActor
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.models import Parcel
from temoin.pharmacies.seat import Seat
from temoin.testing.actions import abandon_test, take_sample
from temoin.testing.models import Record, RecordVersion, Ticket
from temoin.testing.queries import (
    read_result_for_print,
    read_test,
    report_for_courier,
    versions_for_courier,
)
from temoin.testing.report import Report
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import cancel_result, correct_result, renew_ticket, sign_result
from temoin.testing.states import RecordState
from temoin.testing.tickets import read_ticket


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def sampled(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


@pytest.fixture
def signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def reading(outcome: str = "negative", *, read_at=None, **more: str) -> Reading:
    return Reading(outcomes={"sars-cov-2": outcome, **more}, read_at=read_at or now())


def rows(seat: Seat) -> dict[str, int]:
    with tenant_scope(seat.pharmacy_id):
        return {model.__name__: model.objects.count() for model in (RecordVersion, Parcel, Event)}


def codes(error: pytest.ExceptionInfo[InvalidError]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in error.value.problems]


def test_signing_writes_version_event_and_two_parcels(house, sampled):
    before = rows(house.owner)

    sign_result(by=house.owner, record_id=sampled, reading=reading("positive"), seen="")

    after = rows(house.owner)
    assert {name: after[name] - before[name] for name in after} == {"RecordVersion": 1, "Parcel": 2, "Event": 1}
    report = read_test(by=house.owner, record_id=sampled).report
    assert (report.version, report.findings[0].snomed, report.device.lot) == (1, "10828004", "A12345")


def test_signing_twice_sends_once(house, sampled):
    sign_result(by=house.owner, record_id=sampled, reading=reading(), seen="")
    before = rows(house.owner)

    with pytest.raises(ConflictError):
        sign_result(by=house.owner, record_id=sampled, reading=reading("positive"), seen="")

    assert rows(house.owner) == before


@pytest.mark.parametrize("who", ["colleague", "student", "administrator"])
def test_only_a_pharmacist_signs(house, sampled, who):
    with pytest.raises(DeniedError):
        sign_result(by=getattr(house, who), record_id=sampled, reading=reading(), seen="")


def test_the_stranger_finds_nothing_to_sign(house, sampled):
    with pytest.raises(NotFoundError):
        sign_result(by=house.stranger, record_id=sampled, reading=reading(), seen="")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({}, ("outcome-sars-cov-2", "required")),
        ({"sars-cov-2": "plus-1"}, ("outcome-sars-cov-2", "unknown")),
        ({"sars-cov-2": "negative", "rsv": "negative"}, ("outcomes", "unknown")),
    ],
)
def test_what_was_read_must_be_of_the_kit(house, sampled, outcomes, expected):
    before = rows(house.owner)

    with pytest.raises(InvalidError) as error:
        sign_result(by=house.owner, record_id=sampled, reading=Reading(outcomes=outcomes, read_at=now()), seen="")

    assert codes(error) == [expected]
    assert rows(house.owner) == before


@pytest.mark.parametrize(
    ("minutes_ago", "code"), [(3, "too_early"), (14, "too_early"), (15, None), (20, None), (21, "too_late")]
)
def test_the_kit_is_read_in_its_window(house, minutes_ago, code):
    record = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner), minutes_ago=minutes_ago)

    if code is None:
        sign_result(by=house.owner, record_id=record, reading=reading(), seen="")
        return
    with pytest.raises(InvalidError) as error:
        sign_result(by=house.owner, record_id=record, reading=reading(), seen="")
    assert codes(error) == [("read_at", code)]


@pytest.mark.parametrize(("shift", "code"), [(timedelta(hours=1), "future"), (-timedelta(hours=1), "before_sample")])
def test_a_reading_time_must_be_possible(house, sampled, shift, code):
    with pytest.raises(InvalidError) as error:
        sign_result(by=house.owner, record_id=sampled, reading=reading(read_at=now() + shift), seen="")

    assert codes(error) == [("read_at", code)]


def test_a_correction_is_a_new_version_that_names_the_first(house, signed):
    first = read_test(by=house.owner, record_id=signed).report

    second = correct_result(
        by=house.owner, record_id=signed, expected_version=1, reading=reading("positive"), reason="Lecture inversée"
    )

    test = read_test(by=house.owner, record_id=signed)
    assert test.state is RecordState.CORRECTED
    assert [report.findings[0].outcome for report in test.reports] == ["negative", "positive"]
    assert (second.version, second.replaces_key) == (2, first.key)
    assert [parcel.sequence for parcel in test.parcels if parcel.destination == "fhir"] == [1, 2]


def test_a_correction_needs_a_reason(house, signed):
    with pytest.raises(InvalidError) as error:
        correct_result(by=house.owner, record_id=signed, expected_version=1, reading=reading(), reason="  ")

    assert codes(error) == [("reason", "required")]


def test_a_reason_is_no_essay(house, signed):
    with pytest.raises(InvalidError) as error:
        cancel_result(by=house.owner, record_id=signed, expected_version=1, reason="x" * 501)

    assert codes(error) == [("reason", "too_long")]


def test_a_cancelled_result_is_not_corrected_again(house, signed):
    cancel_result(by=house.owner, record_id=signed, expected_version=1, reason="Mauvais patient")

    with pytest.raises(ConflictError):
        correct_result(by=house.owner, record_id=signed, expected_version=1, reading=reading(), reason="encore")


def test_a_lost_ticket_gets_another_code_and_nothing_new_for_the_authority(house, signed):
    before = read_ticket(by=house.owner, record_id=signed)

    renew_ticket(by=house.owner, record_id=signed, expected_version=1)

    parcels = read_test(by=house.owner, record_id=signed).parcels
    assert read_ticket(by=house.owner, record_id=signed) != before
    assert sorted(parcel.destination for parcel in parcels) == ["email", "email", "fhir"]


def test_without_a_result_there_is_nothing_to_print_to_send_or_to_renew(house, sampled):
    worker = HouseActor(house.here.id, "worker")

    with pytest.raises(NotFoundError):
        read_result_for_print(by=house.owner, record_id=sampled)
    with pytest.raises(NotFoundError):
        report_for_courier(by=worker, record_id=sampled, number=1)
    with pytest.raises(NotFoundError):
        versions_for_courier(by=worker, wanted=[(sampled, 1)])
    with pytest.raises(ConflictError):
        renew_ticket(by=house.owner, record_id=sampled, expected_version=1)


def test_a_patient_without_an_address_gets_no_other_link(house):
    signed = make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))

    with pytest.raises(InvalidError) as error:
        renew_ticket(by=house.owner, record_id=signed, expected_version=1)

    assert codes(error) == [("email", "required")]


def test_an_unknown_test_is_not_registered(house):
    with pytest.raises(InvalidError) as error:
        make_test(house.owner, make_patient(house.owner), kind="covid-99")

    assert codes(error) == [("kind", "unknown")]


def test_the_lot_of_another_test_is_refused(house):
    record = make_test(house.owner, make_patient(house.owner), kind=TRIPLEX)

    with pytest.raises(InvalidError) as error:
        take_sample(by=house.owner, record_id=record, sample=_sample(lot_id=make_lot(house.owner)), seen="")

    assert ("lot", "wrong_kit") in codes(error)


def test_a_report_without_a_birth_date_is_none(house, signed):
    values = asdict(read_test(by=house.owner, record_id=signed).report)

    with pytest.raises(ValueError, match="birth date"):
        Report.from_dict({**values, "patient": {**values["patient"], "birth_date": None}})


def test_an_act_that_fails_at_its_end_leaves_nothing(house, sampled):
    before = rows(house.owner)

    with tenant_scope(house.here.id):
        sign_result(by=house.owner, record_id=sampled, reading=reading(), seen="")
        transaction.set_rollback(True)

    assert rows(house.owner) == before
    assert read_test(by=house.owner, record_id=sampled).state is RecordState.SAMPLED


def _sample(**changes: object) -> Sample:
    given = {"specimen": "nasal-swab", "sampled_at": now(), "lot_id": None, **changes}
    return Sample(**given)


def test_a_sample_in_the_future_is_refused(house):
    record, lot = make_test(house.owner, make_patient(house.owner)), make_lot(house.owner)

    with pytest.raises(InvalidError) as error:
        take_sample(
            by=house.owner, record_id=record, sample=_sample(lot_id=lot, sampled_at=now() + timedelta(hours=1)), seen=""
        )

    assert codes(error) == [("sampled_at", "future")]


def test_an_expired_lot_is_refused(house):
    lot = make_lot(house.owner, expiry=date.today() + timedelta(days=1))  # noqa: DTZ011
    record = make_test(house.owner, make_patient(house.owner))

    with shifted_by(timedelta(days=3)), pytest.raises(InvalidError) as error:
        take_sample(by=house.owner, record_id=record, sample=_sample(lot_id=lot, sampled_at=now()), seen="")

    assert codes(error) == [("lot", "expired")]


def test_the_lot_of_another_pharmacy_is_unknown(house):
    record = make_test(house.owner, make_patient(house.owner))

    with pytest.raises(InvalidError) as error:
        take_sample(by=house.owner, record_id=record, sample=_sample(lot_id=make_lot(house.stranger)), seen="")

    assert codes(error) == [("lot", "unknown")]


def test_a_wrong_specimen_is_refused(house):
    record = make_test(house.owner, make_patient(house.owner))

    with pytest.raises(InvalidError) as error:
        take_sample(
            by=house.owner, record_id=record, sample=_sample(lot_id=make_lot(house.owner), specimen="urine"), seen=""
        )

    assert codes(error) == [("specimen", "not_allowed")]


def test_an_abandoned_test_loses_its_code_and_is_not_signed(house, sampled):
    abandon_test(by=house.colleague, record_id=sampled, seen="")

    with tenant_scope(house.here.id):
        assert Record.objects.get(id=sampled).state == RecordState.ABANDONED
        assert not Ticket.objects.filter(record_id=sampled).exists()
    with pytest.raises(ConflictError):
        sign_result(by=house.owner, record_id=sampled, reading=reading(), seen="")
