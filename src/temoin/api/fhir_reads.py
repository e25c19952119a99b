"""Patients and signed results read back as FHIR R4: the resources of the document that is sent, one by one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from temoin.formats.fhir import served_patient, served_result
from temoin.formats.fhir.elements import Element
from temoin.lib.errors import NotFoundError
from temoin.patients.queries import read_patient, version_of_patient
from temoin.patients.traits import Traits
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import pharmacy_of
from temoin.testing.build import patient_identity
from temoin.testing.signed import read_result, version_of_result


def patient(_request: HttpRequest, seat: ProgramSeat, patient_id: UUID) -> Element:
    """Return a patient's record; the look is an event."""
    return patient_told(seat, patient_id, read_patient(by=seat, patient_id=patient_id))


def version_of_person(seat: ProgramSeat, patient_id: UUID) -> str:
    """Return the version of a patient's record."""
    return version_of_patient(by=seat, patient_id=patient_id)


def report(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> Element:
    """Return a result as it was last signed; the look is an event."""
    return _resource(seat, record_id, f"DiagnosticReport/{record_id}")


def specimen(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> Element:
    """Return the sample of a result."""
    return _resource(seat, record_id, f"Specimen/{record_id}")


def observation(_request: HttpRequest, seat: ProgramSeat, record_id: UUID, number: int) -> Element:
    """Return one finding of a result."""
    return _resource(seat, record_id, f"Observation/{record_id}.{number}")


def version(seat: ProgramSeat, record_id: UUID, number: int = 0) -> str:
    """Return the version of each resource of a result."""
    return version_of_result(by=seat, record_id=record_id, finding=number)


def _resource(seat: ProgramSeat, record_id: UUID, address: str) -> Element:
    found = served_result(read_result(by=seat, record_id=record_id)).get(address)
    if found is None:
        raise NotFoundError
    return found


def patient_told(seat: ProgramSeat, patient_id: UUID, traits: Traits) -> Element:
    """Return a patient whose traits were looked at."""
    seen = version_of_person(seat, patient_id)
    return served_patient(patient_identity(patient_id, traits), seen, demo=pharmacy_of(seat).is_demo)
