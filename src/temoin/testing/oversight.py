"""The part of the daily review that must open names: looks at patients who bear the name of whoever looked."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from temoin.journal.queries import EventFilter, all_events
from temoin.lib.names import plain_name
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.models import Member
from temoin.pharmacies.oversight import LOOKS, Oddity, Remark, review_day
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record


def review_reading(*, by: Seat, wanted: EventFilter) -> list[Remark]:
    """Return what was unusual on the filter's day, family names compared: a count, never whose file it was."""
    remarks = review_day(by=by, wanted=wanted)  # checks the right and records the look
    with tenant_scope(by.pharmacy_id):
        looked = _patients_looked_at(wanted)
        namesakes = _names_of_patients({patient_id for seen in looked.values() for patient_id in seen})
        own = {member.id: plain_name(member.unseal()["family_name"]) for member in Member.objects.filter(id__in=looked)}
    for actor_id, name in own.items():
        count = sum(name in namesakes.get(patient_id, ()) for patient_id in looked[actor_id])
        if count:
            remarks.append(Remark(actor_id, Oddity.OWN_NAME, count))
    return remarks


def _patients_looked_at(wanted: EventFilter) -> dict[UUID, set[UUID]]:
    """Return by person the patients whose record or test they looked at."""
    subjects: dict[UUID, set[UUID]] = defaultdict(set)
    for event in all_events(EventFilter(wanted.day, wanted.zone)):
        if event.kind in LOOKS and event.actor_id is not None and event.subject_id is not None:
            subjects[event.actor_id].add(event.subject_id)
    everything = {subject for seen in subjects.values() for subject in seen}
    patient_of = dict(Record.objects.filter(id__in=everything).values_list("id", "patient_id"))
    return {actor: {patient_of.get(subject, subject) for subject in seen} for actor, seen in subjects.items()}


def _names_of_patients(ids: set[UUID]) -> dict[UUID, set[str]]:
    opened = {patient.id: patient.traits for patient in Patient.objects.filter(id__in=ids)}
    return {
        key: {plain_name(one.birth_family_name), plain_name(one.used_family_name)} - {""} for key, one in opened.items()
    }
