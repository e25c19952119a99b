"""A pharmacy that leaves: once its file is taken, its owner has every patient here erased, by the road of the requests.

So what is held, asked about or on its way stays until it may go, the round needs no new power, and both verifiers find
the grant of each deletion.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.journal.act import Acts, act, acts_together
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.errors import refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.retention.case_states import CaseKind, CaseState
from temoin.retention.models import RightsCase

PORTION = 200  # patients in one transaction
# What a file that was begun before does not hold.
_SINCE = (
    EventKind.PATIENT_REGISTERED,
    EventKind.PATIENT_AMENDED,
    EventKind.PATIENT_MERGED,
    EventKind.TEST_REGISTERED,
    EventKind.RESULT_SIGNED,
    EventKind.RESULT_CORRECTED,
    EventKind.RESULT_CANCELLED,
)


def end_everything(*, by: Seat, file_digest: str) -> int:
    """Have every patient of the pharmacy erased, whose file with this SHA-256 its owner holds; return how many.

    InvalidError where no such file was taken, or where something was written since it was begun.
    """
    check_right(by=by, right=Right.TAKE_FILE)
    with tenant_scope(by.pharmacy_id):
        _check_file(file_digest)
        patients = list(Patient.objects.filter(merged_into=None).order_by("id").values_list("id", flat=True))
    detail = str(len(patients))
    with act(
        by=by, kind=EventKind.END_ASKED, subject_kind="pharmacy", subject_id=by.pharmacy_id, detail=detail
    ) as commit:
        commit.digest = file_digest
    for start in range(0, len(patients), PORTION):
        _grant(by, patients[start : start + PORTION], file_digest)
    return len(patients)


def _check_file(digest: str) -> None:
    sealed = Event.objects.filter(kind=EventKind.FILE_SEALED.value, digest=digest).order_by("-at").first()
    if not digest or sealed is None:
        raise refuse("file", "unknown", _("No file with this SHA-256 was taken along here: temoin leaving export"))
    begun = Event.objects.filter(kind=EventKind.FILE_BEGUN.value, at__lte=sealed.at).order_by("-at").first()
    since = begun.at if begun else sealed.at
    if Event.objects.filter(kind__in=[kind.value for kind in _SINCE], at__gte=since).exists():
        raise refuse("file", "old", _("Something was written since this file was begun: take it along anew."))


def _grant(by: Seat, patients: Sequence[UUID], file_digest: str) -> None:
    """Open and grant the erasure of each, in one commit: the row comes with the event of the grant."""
    moment, day = now(), today(by.pharmacy_id)
    words = {"asked": f"L’officine quitte Témoin (dossier {file_digest}).", "answer": "Fait.", "why_later": ""}
    with acts_together(by=by) as acts:
        for patient_id in patients:
            case = RightsCase(
                pharmacy_id=by.pharmacy_id,
                id=new_id(),
                patient_id=patient_id,
                kind=CaseKind.ERASURE.value,
                state=CaseState.GRANTED.value,
                received_on=day,
                due_on=day,
                answered_at=moment,
            )
            case.seal(words)
            _tell(acts, case)


def _tell(acts: Acts, case: RightsCase) -> None:
    with acts.act(kind=EventKind.CASE_OPENED, subject_kind="case", subject_id=case.id, detail=case.kind):
        pass
    with acts.act(kind=EventKind.CASE_GRANTED, subject_kind="case", subject_id=case.id) as commit:
        commit.insert(case)
