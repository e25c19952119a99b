"""Patients for programs: looked for, read, registered."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from temoin.api.bodies import (
    Created,
    FoundPatient,
    FoundPatients,
    NewPatient,
    PatientAnswer,
    PatientBody,
    PatientQuestion,
)
from temoin.lib.errors import refuse
from temoin.lib.phones import region_of_postcode
from temoin.patients.actions import register_patient
from temoin.patients.queries import patients_by_name, patients_by_nir, read_patient, version_of_patient
from temoin.patients.traits import NO_COUNTRY, Traits, check_traits
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import pharmacy_of
from temoin.scanning.nir import check_nir

_NOT_ASKED = {"put_aside", "birth_date", "single_name"}
_WHOM = _("Give the NIR, or the family name and the birth date.")


def search(_request: HttpRequest, seat: ProgramSeat, body: PatientQuestion) -> FoundPatients:
    """Look for patients by NIR, or by family name and birth date; the body holds what no address may."""
    if body.nir:
        try:
            found = patients_by_nir(by=seat, nir=check_nir(body.nir))
        except ValueError:
            raise refuse("nir", "wrong_key", _("This NIR is not valid: 15 characters with their key.")) from None
    elif body.family_name.strip() and body.birth_date:
        found = patients_by_name(by=seat, family_name=body.family_name, birth_date=body.birth_date)
    else:
        raise refuse("", "required", _WHOM)
    shown = [FoundPatient(id=one, name=traits.name, birth_date=traits.birth_date) for one, traits in found]
    return FoundPatients(patients=shown)


def patient(_request: HttpRequest, seat: ProgramSeat, patient_id: UUID) -> PatientAnswer:
    """Return a patient's record; the look is an event."""
    traits = read_patient(by=seat, patient_id=patient_id)
    told = {name: getattr(traits, name) for name in PatientBody.model_fields if name != "single_name"}
    told |= {"single_name": not traits.birth_given_names, "country": traits.country or NO_COUNTRY}
    return PatientAnswer(id=patient_id, **told)


def version(seat: ProgramSeat, patient_id: UUID) -> str:
    """Return the version of a patient's record."""
    return version_of_patient(by=seat, patient_id=patient_id)


def register(_request: HttpRequest, seat: ProgramSeat, body: NewPatient) -> Created:
    """Register a patient, unless a likely record is there that nobody put aside."""
    traits = traits_in(seat, body)
    return Created(id=register_patient(by=seat, traits=traits, put_aside=body.put_aside))


def traits_in(seat: ProgramSeat, body: PatientBody) -> Traits:
    """Return the traits that a body holds, judged as what is typed on the page is."""
    return traits_told(body, region_of_postcode(pharmacy_of(seat).postcode))


def traits_told(body: PatientBody, region: str) -> Traits:
    """Return the same where it is known in which plan the pharmacy's telephones are."""
    told = {name: str(value) for name, value in body if name not in _NOT_ASKED}
    told |= {"birth_date": body.birth_date.isoformat(), "single_name": "yes" if body.single_name else ""}
    return check_traits(told, region=region)
