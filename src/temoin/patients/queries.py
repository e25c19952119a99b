"""Looking for patients: by exact NIR, or by name and birth date, through blind indexes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.listings import NAME, NIR, START, record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.names import plain_name
from temoin.lib.tenant import tenant_scope
from temoin.patients.likeness import bears_exactly, bears_name, is_near
from temoin.patients.models import Patient, name_indexes, names_indexes, nir_indexes
from temoin.patients.starts import Beginnings, answers, asked_rows, born_indexes
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right

Found = tuple[UUID, Traits]


@dataclass(frozen=True)
class FirstFound:
    """Those of a search who are shown, and how many were found in all: of the others nothing leaves this room."""

    first: list[Found]
    count: int

    @property
    def has_more(self) -> bool:
        """Tell whether others were found and not shown."""
        return self.count > len(self.first)


class ChangedError(ConflictError):
    """The patient's record is no longer what the person saw."""


class MergedError(ConflictError):
    """The record was merged into another of the same person, `stays`: whoever asks is led there."""

    def __init__(self, stays: UUID) -> None:
        super().__init__("the record was merged into another")
        self.stays = stays


def patients_by_nir(*, by: Holder, nir: str) -> list[Found]:
    """Return the patients who bear this NIR; the search itself is an event."""
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        hits = _standing().filter(nir_index__in=nir_indexes(nir))
        found = _opened(hits)
        return _shown(by, NIR, [(patient_id, traits) for patient_id, traits in found if traits.nir == nir])


def patients_by_name(*, by: Holder, family_name: str, birth_date: date) -> list[Found]:
    """Return who was born that day and bears this name, by birth or in use, give or take one letter; exact ones first.

    A person chooses: names alone never match.
    """
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        hits = _standing().filter(born_index__in=born_indexes(birth_date))
        found = _opened(hits)
        alike = [each for each in found if each[1].birth_date == birth_date and bears_name(each[1], family_name)]
        return _shown(by, NAME, sorted(alike, key=lambda each: (not bears_exactly(each[1], family_name), each[0])))


def patients_by_start(*, by: Holder, asked: Beginnings, most: int) -> FirstFound:
    """Return whose names begin so, whose telephone ends so, or who was born that day, as far as each was typed.

    Sorted by name. A person chooses: a beginning alone never matches. Short beginnings find hundreds: the first are
    shown, and the event is of these alone.
    """
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        hits = _standing().filter(asked_rows(asked))
        found = [each for each in _opened(hits) if answers(each[1], asked)]
        found.sort(key=lambda each: (plain_name(each[1].name), each[1].birth_date, each[0]))
        return FirstFound(_shown(by, START, found[:most]), len(found))


def hold_namesakes(*, by: Holder, names: Iterable[tuple[str, date]]) -> list[Found]:
    """Return and hold the patients of these birth names and birth dates, for a file that brings many.

    Nobody sees them but the comparison; that it found them is an event.
    """
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        indexes = {index for family_name, birth_date in names for index in name_indexes(family_name, birth_date)}
        held = _standing().filter(name_index__in=list(indexes)).select_for_update(of=("self",), no_key=True)
        found = _opened(held.order_by("id"))
        return _shown(by, "file", found) if found else []


def near_matches(*, by: Holder, traits: Traits) -> list[Found]:
    """Return the patients who may be the one about to be registered; the look is an event."""
    with tenant_scope(by.pharmacy_id):
        check_right(by=by, right=Right.READ_PATIENT)
        return _shown(by, "near", alike_in_scope(traits))


def alike_in_scope(traits: Traits) -> list[Found]:
    """Return the patients who may be this person, for an act that shows them to nobody."""
    return [(patient_id, known) for patient_id, known in perhaps_alike([traits]) if is_near(known, traits)]


def perhaps_alike(brought: Collection[Traits]) -> list[Found]:
    """Return every patient who may be one of these people, and others: for who compares each with whom they may be."""
    born = [index for day in {one.birth_date for one in brought} for index in born_indexes(day)]
    wanted = Q(born_index__in=born) | Q(names_index__in=[index for one in brought for index in names_indexes(one)])
    if numbers := [index for one in brought if one.nir for index in nir_indexes(one.nir)]:
        wanted |= Q(nir_index__in=numbers)
    return _opened(_standing().filter(wanted))


def _opened(patients: Iterable[Patient]) -> list[Found]:
    return each_opened(patients, lambda patient: (patient.id, patient.traits))


def read_patient(*, by: Holder, patient_id: UUID) -> Traits:
    """Return a patient's traits; the look is an event. MergedError when another record stays of this person."""
    check_right(by=by, right=Right.READ_PATIENT)
    with tenant_scope(by.pharmacy_id):
        patient = patient_in_scope(patient_id)
        check_stands(patient)
        traits = patient.traits
        record_look(by=by, kind=EventKind.PATIENT_READ, subject_kind="patient", subject_id=patient_id)
        return traits


def version_of_patient(*, by: Holder, patient_id: UUID) -> str:
    """Return a text that every change of a patient's record replaces; nothing is opened, so it is no look."""
    check_right(by=by, right=Right.READ_PATIENT)
    with tenant_scope(by.pharmacy_id):
        patient = patient_in_scope(patient_id)
        check_stands(patient)
        return patient.told_digest()[:32]


def traits_of(patient_id: UUID) -> Traits:
    """Return the traits for an act that records its own event."""
    return patient_in_scope(patient_id).traits


def patient_in_scope(patient_id: UUID) -> Patient:
    """Return a patient of the pharmacy in scope for an act that records its own event."""
    patient: Patient | None = Patient.objects.filter(id=patient_id).first()
    if patient is None:
        raise NotFoundError
    return patient


def hold_patient(patient_id: UUID) -> Patient:
    """Return a patient whom nobody merges away, and nobody amends, before the act in hand commits."""
    patient: Patient | None = Patient.objects.select_for_update(of=("self",), no_key=True).filter(id=patient_id).first()
    if patient is None:
        raise NotFoundError
    check_stands(patient)
    return patient


def hold_patients(patient_ids: Collection[UUID]) -> dict[UUID, Patient]:
    """Return those of these patients who are here, held as by `hold_patient`: whether each stands is to be checked."""
    held = Patient.objects.select_for_update(of=("self",), no_key=True).filter(id__in=patient_ids).order_by("id")
    return {patient.id: patient for patient in held}


def check_stands(patient: Patient) -> None:
    """Raise MergedError when another record stays of this person."""
    if patient.merged_into is not None:
        patient.unseal()  # its seal binds where the record leads
        raise MergedError(patient.merged_into)


def check_seen(patient: Patient, expected_version: str) -> None:
    """Raise ChangedError unless the patient's traits are still those that the person saw."""
    if patient.traits.seen_version != expected_version:
        raise ChangedError("the patient was changed by somebody else")


def standing_record(patient_id: UUID) -> UUID:
    """Return the record that stands for a patient: that into which the one named was merged, or itself.

    Whatever keeps a patient's number beside their tests, which move with a merge, asks here whose it is now.
    """
    patient = patient_in_scope(patient_id)
    if patient.merged_into is None:
        return patient_id
    patient.unseal()  # its seal binds where the record leads
    return patient.merged_into


def merged_away_into(patient_id: UUID) -> list[UUID]:
    """Return the records whose tests came to this one: what was looked at of them was this person's."""
    return list(Patient.objects.filter(merged_into=patient_id).order_by("id").values_list("id", flat=True))


def records_of_person(patient_id: UUID) -> list[UUID]:
    """Return every record of a person, the one that stands first, whichever of them is named."""
    stands = standing_record(patient_id)
    return [stands, *merged_away_into(stands)]


def _standing() -> QuerySet[Patient]:
    """Return the records to offer: those merged into another are found under that one."""
    standing: QuerySet[Patient] = Patient.objects.filter(merged_into=None)
    return standing


def _shown(by: Holder, detail: str, found: list[Found]) -> list[Found]:
    """Record the search and whom it showed, and return them: whoever calls this shows each of them."""
    shown = [patient_id for patient_id, _traits in found]
    record_listing(by=by, kind=EventKind.PATIENT_SEARCHED, subject_kind="patient", detail=detail, shown=shown)
    return found
