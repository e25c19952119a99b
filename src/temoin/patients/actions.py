"""Registering and amending a patient."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from temoin.journal.act import Acts, acts_together
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.commit import Commit
from temoin.lib.errors import refuse
from temoin.lib.ids import PatientId, new_id
from temoin.lib.tenant import current_pharmacy
from temoin.patients.models import Consent, Patient, indexes_of, nir_indexes
from temoin.patients.new_rows import check_may_stand, new_patient, nir_lock
from temoin.patients.notice import CURRENT_NOTICE
from temoin.patients.queries import check_seen, hold_patient
from temoin.patients.second_record import KnownNumberError, PutAside, check_is_new
from temoin.patients.traits import Traits
from temoin.patients.ways import tell_way, with_text
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat

_NAME_THE_NOTICE = _("Name the notice that the patient was shown: `notice` of GET /api/v1/kinds is the one in use.")


def register_patient(*, by: Holder, traits: Traits, put_aside: PutAside, patient_id: UUID | None = None) -> PatientId:
    """Create a patient.

    `put_aside` names the likely records that the person saw and said are of somebody else: LikelyKnownError for any
    other. `patient_id` comes with the form, so that a double click collides instead of making two patients
    (ConflictError).
    """
    check_right(by=by, right=Right.REGISTER_PATIENT)
    check_may_stand(by.pharmacy_id, traits)
    new = PatientId(patient_id or new_id())
    traits = with_text(traits)
    with acts_together(by=by) as acts:
        with acts.act(kind=EventKind.PATIENT_REGISTERED, subject_kind="patient", subject_id=new) as commit:
            check_is_new(new, traits, put_aside)
            _check_nir_is_free(new, traits)
            commit.insert(new_patient(by.pharmacy_id, new, traits))
        tell_way(acts, new, traits)
    return new


def register_from_file(acts: Acts, *, by: Holder, traits: Traits) -> PatientId:
    """Add to acts written together the registration of a patient whom a file brings.

    No person sees likely records: they are offered later.
    """
    check_right(by=by, right=Right.REGISTER_PATIENT)
    check_may_stand(by.pharmacy_id, traits)
    new = PatientId(new_id())
    with acts.act(kind=EventKind.PATIENT_REGISTERED, subject_kind="patient", subject_id=new) as commit:
        commit.insert(new_patient(by.pharmacy_id, new, traits))
    return new


def amend_patient(*, by: Holder, patient_id: UUID, traits: Traits, expected_version: str) -> None:
    """Change traits or contact. Results already signed keep what was true at their signature.

    `expected_version` is that of the traits which the person saw (`Traits.seen_version`): ChangedError when somebody
    changed them since. A program says what it compared with.
    """
    check_right(by=by, right=Right.REGISTER_PATIENT)
    check_may_stand(by.pharmacy_id, traits)
    with acts_together(by=by) as acts:
        with acts.act(kind=EventKind.PATIENT_AMENDED, subject_kind="patient", subject_id=patient_id) as commit:
            patient = hold_patient(patient_id)
            check_seen(patient, expected_version)
            _check_nir_is_free(patient_id, traits)
            known = patient.traits
            traits = with_text(traits, known)
            commit.reseal(patient, traits.to_dict(), **indexes_of(traits))
        tell_way(acts, patient_id, traits, known)


def check_notice(notice_version: str, told_by: Holder | None = None) -> str:
    """Return the notice version a form names; refuse when consent was not ticked or the notice has changed since."""
    if notice_version != CURRENT_NOTICE:
        if isinstance(told_by, ProgramSeat):
            raise refuse("consent", "required", _NAME_THE_NOTICE)
        raise refuse("consent", "required", _("The patient's consent is needed before any test: tick the box."))
    return notice_version


def _check_nir_is_free(patient_id: UUID, traits: Traits) -> None:
    """Refuse a NIR that another record bears: two who write the same one wait for each other until their commit."""
    if not traits.nir:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [nir_lock(traits.nir)])
    others = Patient.objects.filter(merged_into=None, nir_index__in=nir_indexes(traits.nir)).exclude(id=patient_id)
    opened = each_opened(others, lambda other: (other.id, other.traits.nir))
    if bearers := [known for known, nir in opened if nir == traits.nir]:
        raise KnownNumberError(bearers)


def add_consent(commit: Commit, record_id: UUID, patient_id: UUID, notice_version: str, *, at: datetime) -> None:
    """Add to an act's commit the consent to a test, with the notice that was read. It has the number of the test."""
    commit.insert(
        Consent(
            pharmacy_id=current_pharmacy(),
            id=record_id,
            patient_id=patient_id,
            notice_version=notice_version,
            given_at=at,
        )
    )
