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
from temoin.patients.ways import WAY_TEXT

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


def consents(house: House, patient_id) -> list[str]:
    with tenant_scope(house.here.id):
        events = Event.objects.filter(kind__startswith="patient.way", subject_id=patient_id).order_by("at", "id")
        return [f"{kind.rpartition('_')[2]} {detail}" for kind, detail in events.values_list("kind", "detail")]


# What the record said of the way, what it says now, and what the journal then tells of consents.
CONSENTS = {
    "asked": ("", "email", [f"agreed email/{WAY_TEXT}"]),
    "changed": ("email", "sms", [f"agreed email/{WAY_TEXT}", f"withdrawn email/{WAY_TEXT}", f"agreed sms/{WAY_TEXT}"]),
    "taken back": ("sms", "paper", [f"agreed sms/{WAY_TEXT}", f"withdrawn sms/{WAY_TEXT}"]),
    "said again": ("email", "email", [f"agreed email/{WAY_TEXT}"]),
    "paper from the first": ("paper", "paper", []),
}


@pytest.mark.parametrize("case", CONSENTS)
def test_each_consent_to_a_way_and_its_end_is_an_event_with_the_version_of_the_text(house, case):
    first, then, told = CONSENTS[case]
    patient_id = make_patient(house.owner, way=first, phone="06 12 34 56 78")

    changed = check_traits({**TRAITS, "way": then, "phone": "06 12 34 56 78"})
    change_patient(by=house.owner, patient_id=patient_id, traits=changed)

    assert sorted(consents(house, patient_id)) == sorted(told)
    known = read_patient(by=house.owner, patient_id=patient_id)
    assert (known.way, known.way_text) == (then, "" if then == "paper" else WAY_TEXT)


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
