"""Patients of a pharmacy: registered, found, amended; unknown to every other pharmacy."""

from __future__ import annotations

from datetime import date

import pytest
from people import TRAITS, House, change_patient, make_patient, open_house

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import amend_patient, register_patient
from temoin.patients.queries import patients_by_name, patients_by_nir, read_patient
from temoin.patients.traits import check_traits

NIR = "279035121518989"
BORN = date(1979, 3, 28)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def found(house: House, by=None) -> list:
    by = by or house.owner
    by_name = patients_by_name(by=by, family_name="pat trois", birth_date=BORN)
    return [patient_id for patient_id, _traits in patients_by_nir(by=by, nir=NIR) + by_name]


def test_the_colleague_finds_a_patient_by_nir_and_by_name(house):
    patient_id = make_patient(house.owner)

    assert found(house, house.colleague) == [patient_id, patient_id]


def test_the_stranger_finds_nobody(house):
    patient_id = make_patient(house.owner)

    assert found(house, house.stranger) == []
    for unknown in (patient_id, new_id()):
        with pytest.raises(NotFoundError):
            read_patient(by=house.stranger, patient_id=unknown)
        with pytest.raises(NotFoundError):
            amend_patient(by=house.stranger, patient_id=unknown, traits=check_traits(TRAITS), expected_version="")


def test_the_administrator_touches_no_patient(house):
    patient_id = make_patient(house.owner)

    for doing in (
        lambda by: make_patient(by),
        lambda by: found(house, by),
        lambda by: read_patient(by=by, patient_id=patient_id),
        lambda by: amend_patient(by=by, patient_id=patient_id, traits=check_traits(TRAITS), expected_version=""),
    ):
        with pytest.raises(DeniedError):
            doing(house.administrator)


def test_an_amended_patient_is_found_by_what_is_true_now(house):
    patient_id = make_patient(house.owner)

    change_patient(
        by=house.colleague, patient_id=patient_id, traits=check_traits({**TRAITS, "birth_family_name": "DURAND"})
    )

    assert patients_by_name(by=house.owner, family_name="PAT-TROIS", birth_date=BORN) == []
    ((same, traits),) = patients_by_name(by=house.owner, family_name="Durand", birth_date=BORN)
    assert (same, traits.birth_family_name) == (patient_id, "DURAND")
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.PATIENT_AMENDED.value, subject_id=patient_id).count() == 1


def test_a_form_sent_twice_registers_once(house):
    patient_id = new_id()
    register_patient(by=house.owner, traits=check_traits(TRAITS), put_aside=(), patient_id=patient_id)

    with pytest.raises(ConflictError):
        register_patient(by=house.owner, traits=check_traits(TRAITS), put_aside=(), patient_id=patient_id)

    assert patients_by_nir(by=house.owner, nir=NIR)[0][0] == patient_id
