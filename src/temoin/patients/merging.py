"""Merging two records of one person: what the patients room checks and writes of it, within an act of `testing`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.lib.commit import Commit
from temoin.lib.errors import refuse
from temoin.patients.models import Consent, Patient, indexes_of
from temoin.patients.queries import check_seen, hold_patient
from temoin.patients.traits import Traits


class MergeReason(StrEnum):
    """Why two records are one person's. A closed list: the journal keeps it in clear."""

    REGISTERED_TWICE = "registered_twice"
    WRITTEN_OTHERWISE = "written_otherwise"  # a slip, or another name in use
    FROM_FILE = "from_file"  # a file of results brought the second


@dataclass(frozen=True, kw_only=True)
class SeenRecords:
    """A record of a person, and the version of its traits (`Traits.seen_version`) that whoever acts saw."""

    patient_id: UUID
    version: str


# What goes together: an address of two halves would be nobody's.
_GROUPS = (
    ("nir",),
    ("birth_place",),
    ("used_family_name",),
    ("used_given_name",),
    ("phone",),
    ("email",),
    ("language",),
    ("way", "way_text"),
    ("street", "postcode", "city", "county", "state", "country"),
    ("doctor_family_name", "doctor_given_name", "doctor_rpps", "doctor_mailbox", "doctor_copy"),
)
_CONTACT = frozenset({"phone", "email", "language", "way", "street"})  # the groups that say how somebody is reached
_WHOLE = {"way": ("way",), "street": ("street", "postcode", "city"), "doctor_family_name": ("doctor_family_name",)}


def completed(stays: Traits, goes: Traits) -> Traits:
    """Return the traits that stay, with what only the other record knew: its way only where that leads somewhere."""
    taken: dict[str, str] = {}
    for group in _GROUPS:
        asked = _WHOLE.get(group[0], group)
        if not any(getattr(stays, name) for name in asked) and any(getattr(goes, name) for name in asked):
            taken |= {name: getattr(goes, name) for name in group}
    traits = replace(stays, **taken)  # type: ignore[arg-type] # all of them text
    if "way" in taken and traits.way_leads_nowhere:
        return replace(traits, way=stays.way, way_text=stays.way_text)
    return traits


def with_contact(known: Traits, told: Traits) -> Traits:
    """Return known traits with how the patient says to be reached now; InvalidError where their way then leads nowhere.

    A way of which nothing is told stays, and an address is of one person and one country: it is taken whole.
    """
    taken: dict[str, str] = {}
    for group in _GROUPS:
        if group[0] in _CONTACT and any(getattr(told, name) for name in _WHOLE.get(group[0], group)):
            taken |= {name: getattr(told, name) for name in group}
    traits = replace(known, **taken)  # type: ignore[arg-type] # all of them text
    if traits.way_leads_nowhere:
        raise refuse("way", "required", _("Choose how the patient wants results."))
    return traits


def hold_both(*, goes: SeenRecords, stays: SeenRecords) -> tuple[Patient, Patient]:
    """Return both records, in an order that no two merges cross, as they were seen; refuse two different persons."""
    if goes.patient_id == stays.patient_id:
        raise refuse("stays", "same", _("These are one and the same record."))
    seen = {each.patient_id: each.version for each in (goes, stays)}
    locked = {patient_id: hold_patient(patient_id) for patient_id in sorted(seen)}
    for patient_id, patient in locked.items():
        check_seen(patient, seen[patient_id])
    gone, staying = locked[goes.patient_id], locked[stays.patient_id]
    if gone.traits.nir and staying.traits.nir and gone.traits.nir != staying.traits.nir:
        raise refuse("stays", "nirs_differ", _("The two records bear different NIRs: they are two persons."))
    return gone, staying


def add_merge(commit: Commit, goes: Patient, stays: Patient) -> Traits:
    """Add to an act's commit that one record leads to the other, which takes its consents and what only it knew.

    Return what the one that stays says now.
    """
    traits = completed(stays.traits, goes.traits)
    commit.reseal(stays, traits.to_dict(), **indexes_of(traits))
    # Whatever was merged into the one that goes leads straight to the one that stays.
    for gone in (goes, *Patient.objects.filter(merged_into=goes.id).order_by("id")):
        commit.reseal(gone, merged_into=stays.id)
    for consent_id in Consent.objects.filter(patient_id=goes.id).values_list("id", flat=True):
        commit.change(Consent, consent_id, patient_id=stays.id)
    return traits
