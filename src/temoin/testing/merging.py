"""Merging two records of one person in a pharmacy: the tests of both are found under the one that stays.

A test's seal binds it to its patient's record, so each is opened and sealed anew. Signed versions are bound to their
test and keep what was true at their signature, the patient's number here included.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from temoin.journal.act import acts_together
from temoin.journal.events import EventKind
from temoin.lib.errors import refuse
from temoin.patients.merging import MergeReason, SeenRecords, add_merge, hold_both
from temoin.patients.ways import tell_way
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.groups import stand_in_groups
from temoin.testing.models import Record


def merge_patients(*, by: Seat, goes: SeenRecords, stays: SeenRecords, reason: str) -> None:
    """Merge `goes` into `stays`: ChangedError or MergedError when either is no longer as it was seen."""
    check_right(by=by, right=Right.MERGE_PATIENTS)
    if reason not in set(MergeReason):
        raise refuse("reason", "required", _("Say why these records are one person's."))
    detail = f"{reason}/{stays.patient_id}"
    kind = EventKind.PATIENT_MERGED
    with acts_together(by=by) as acts:
        with acts.act(kind=kind, subject_kind="patient", subject_id=goes.patient_id, detail=detail) as commit:
            gone, staying = hold_both(goes=goes, stays=stays)
            known = staying.traits
            traits = add_merge(commit, gone, staying)
            stand_in_groups(commit, gone.id, staying.id)
            for record in Record.objects.filter(patient_id=gone.id):
                commit.reseal(record, patient_id=staying.id)
        tell_way(acts, staying.id, traits, known)
