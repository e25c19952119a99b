"""Looking for patients: by exact NIR, or by name and birth date, through blind indexes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Q

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.patients.likeness import bears_exactly, bears_name, is_near
from temoin.patients.models import Patient, born_indexes, names_indexes, nir_indexes
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat

Found = tuple[UUID, Traits]


def patients_by_nir(*, by: Seat, nir: str) -> list[Found]:
    """Return the patients who bear this NIR; the search itself is an event."""
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        hits = Patient.objects.filter(nir_index__in=nir_indexes(nir))
        found = [(patient.id, patient.traits) for patient in hits]
        return _shown(by, "nir", [(patient_id, traits) for patient_id, traits in found if traits.nir == nir])


def patients_by_name(*, by: Seat, family_name: str, birth_date: date) -> list[Found]:
    """Return who was born that day and bears this name, by birth or in use, give or take one letter; exact ones first.

    A person chooses: names alone never match.
    """
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        hits = Patient.objects.filter(born_index__in=born_indexes(birth_date))
        found = [(patient.id, patient.traits) for patient in hits]
        alike = [each for each in found if each[1].birth_date == birth_date and bears_name(each[1], family_name)]
        return _shown(by, "name", sorted(alike, key=lambda each: not bears_exactly(each[1], family_name)))


def near_matches(*, by: Seat, traits: Traits) -> list[Found]:
    """Return the patients who may be the one about to be registered; the look is an event."""
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        wanted = Q(born_index__in=born_indexes(traits.birth_date)) | Q(names_index__in=names_indexes(traits))
        if traits.nir:
            wanted |= Q(nir_index__in=nir_indexes(traits.nir))
        found = [(patient.id, patient.traits) for patient in Patient.objects.filter(wanted)]
        return _shown(by, "near", [(patient_id, known) for patient_id, known in found if is_near(known, traits)])


def read_patient(*, by: Seat, patient_id: UUID) -> Traits:
    """Return a patient's traits; the look is an event."""
    check_right(by=by, right=Right.READ_PATIENT)
    with tenant_scope(by.pharmacy_id):
        traits = traits_of(patient_id)
        record_look(by=by, kind=EventKind.PATIENT_READ, subject_kind="patient", subject_id=patient_id)
        return traits


def traits_of(patient_id: UUID) -> Traits:
    """Return the traits for an act that records its own event."""
    patient: Patient | None = Patient.objects.filter(id=patient_id).first()
    if patient is None:
        raise NotFoundError
    return patient.traits


def _shown(by: Seat, detail: str, found: list[Found]) -> list[Found]:
    """Record the search and whom it showed, and return them."""
    shown = [patient_id for patient_id, _traits in found]
    record_listing(by=by, kind=EventKind.PATIENT_SEARCHED, subject_kind="patient", detail=detail, shown=shown)
    return found
