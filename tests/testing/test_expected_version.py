"""What a person acts on is the version they saw, and a version that changes nothing is not signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from people import TRAITS, House, change_patient, make_lot, make_patient, make_signed, open_house

from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.patients.traits import check_traits
from temoin.testing.models import RecordVersion
from temoin.testing.queries import read_test
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result, renew_ticket


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


@pytest.fixture
def signed(house: House, patient: UUID) -> UUID:
    return make_signed(house.owner, patient, make_lot(house.owner))


def correct(house: House, record_id: UUID, *, version: int = 1, **changed: object) -> None:
    report = read_test(by=house.owner, record_id=record_id).report
    as_it_was = {"outcomes": {"sars-cov-2": report.findings[0].outcome}, "read_at": report.read_at}
    reading = Reading(**{**as_it_was, "comment": report.comment, **changed})
    correct_result(by=house.owner, record_id=record_id, expected_version=version, reading=reading, reason="Erreur")


def amend(house: House, patient: UUID, **changed: str) -> None:
    change_patient(by=house.owner, patient_id=patient, traits=check_traits({**TRAITS, **changed}))


def versions(house: House) -> int:
    with tenant_scope(house.here.id):
        return RecordVersion.objects.count()


ACTS: dict[str, Callable[[House, UUID, int], None]] = {
    "correct": lambda house, record_id, version: correct(house, record_id, version=version, comment="autre"),
    "cancel": lambda house, record_id, version: cancel_result(
        by=house.owner, record_id=record_id, expected_version=version, reason="Mauvais patient"
    ),
    "renew": lambda house, record_id, version: renew_ticket(
        by=house.owner, record_id=record_id, expected_version=version
    ),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("version", [0, 1, 3])
def test_an_act_on_another_version_than_the_latest_is_refused(house: House, signed: UUID, act, version: int):
    correct(house, signed, outcomes={"sars-cov-2": "positive"})

    with pytest.raises(ConflictError):
        act(house, signed, version)

    assert versions(house) == 2


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_act_on_the_latest_version_is_done(house: House, signed: UUID, act):
    correct(house, signed, outcomes={"sars-cov-2": "positive"})

    act(house, signed, 2)


def test_a_correction_that_changes_nothing_is_refused(house: House, signed: UUID):
    with pytest.raises(InvalidError) as error:
        correct(house, signed)

    assert [problem.code for problem in error.value.problems] == ["unchanged"]
    assert versions(house) == 1


def test_the_minute_that_a_form_holds_is_no_other_reading_time(house: House, signed: UUID):
    read_at = read_test(by=house.owner, record_id=signed).report.read_at

    with pytest.raises(InvalidError):
        correct(house, signed, read_at=read_at.replace(second=0, microsecond=0))


def test_a_mended_address_is_no_correction(house: House, patient: UUID, signed: UUID):
    amend(house, patient, email="autre@patient.example")

    with pytest.raises(InvalidError) as error:
        correct(house, signed)

    assert [problem.code for problem in error.value.problems] == ["only_address"]


@pytest.mark.parametrize(
    "changed",
    [
        {"outcomes": {"sars-cov-2": "positive"}},
        {"comment": "Bande pâle"},
        {"read_at": now() - timedelta(minutes=1)},
    ],
    ids=["outcome", "comment", "time"],
)
def test_whatever_else_was_changed_is_a_correction(house: House, signed: UUID, changed: dict[str, object]):
    if "read_at" in changed:
        changed = {"read_at": read_test(by=house.owner, record_id=signed).report.read_at - timedelta(minutes=1)}

    correct(house, signed, **changed)

    assert versions(house) == 2


@pytest.mark.parametrize("trait", [{"birth_given_names": "DOMINIQUE"}, {"phone": "06 12 34 56 79"}, {"city": "LYON"}])
def test_a_mended_record_is_a_correction(house: House, patient: UUID, signed: UUID, trait: dict[str, str]):
    amend(house, patient, **trait)

    correct(house, signed)

    assert versions(house) == 2
