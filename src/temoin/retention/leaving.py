"""A pharmacy that leaves: once its file is taken, its owner has every patient here erased, by the road of the requests.

So what is held, asked about or on its way stays until it may go, the round needs no new power, and both verifiers find
the grant of each deletion.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from temoin.journal.act import Acts, act, acts_together
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.retention.case_states import CaseKind, CaseState
from temoin.retention.models import RightsCase
from temoin.testing.models import Record
from temoin.testing.states import UNDER_WAY

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

    InvalidError where no such file was taken, where something was written since it was begun, or where a test is under
    way. Asked again, it grants what the first time did not come to.
    """
    check_right(by=by, right=Right.TAKE_FILE)
    with tenant_scope(by.pharmacy_id):
        since = _check_file(file_digest)
        _check_none_under_way()
        patients = list(Patient.objects.filter(merged_into=None).order_by("id").values_list("id", flat=True))
    detail = str(len(patients))
    with act(
        by=by, kind=EventKind.END_ASKED, subject_kind="pharmacy", subject_id=by.pharmacy_id, detail=detail
    ) as commit:
        commit.digest = file_digest
    portions = [patients[start : start + PORTION] for start in range(0, len(patients), PORTION)]
    return sum(_grant(by, portion, file_digest, since) for portion in portions)


def _check_file(digest: str) -> datetime:
    """Return the instant up to which the file holds all; InvalidError where there is more, or no such file."""
    sealed = Event.objects.filter(kind=EventKind.FILE_SEALED.value, digest=digest).order_by("-at").first()
    if not digest or sealed is None:
        raise refuse("file", "unknown", _("No file with this SHA-256 was taken along here: temoin leaving export"))
    since: datetime = Event.objects.get(kind=EventKind.FILE_BEGUN.value, subject_id=sealed.subject_id).at
    if Event.objects.filter(kind__in=[kind.value for kind in _SINCE], at__gte=since).exists():
        raise refuse("file", "old", _("Something was written since this file was begun: take it along anew."))
    return since


def _check_none_under_way() -> None:
    """Raise InvalidError where a test waits for its result: nothing erases one, and nothing could be certified."""
    count = Record.objects.filter(state__in=[state.value for state in UNDER_WAY]).count()
    if count:
        words = ngettext(
            "%(count)d test is under way: sign it and take the file along anew, or give it up.",
            "%(count)d tests are under way: sign them and take the file along anew, or give them up.",
            count,
        )
        raise refuse("file", "under_way", words % {"count": count})


def _grant(by: Seat, patients: Sequence[UUID], file_digest: str, since: datetime) -> int:
    """Open and grant the erasure of each, in one commit: the row comes with the event of the grant. Return how many go.

    Up to the instant at which the file was begun: what is signed while the end is asked is not in it, and stays. So
    does a patient of whom something else was written meanwhile.
    """
    with acts_together(by=by) as acts:
        locked = Patient.objects.select_for_update().filter(id__in=patients, merged_into=None).order_by("id")
        standing = list(locked.values_list("id", flat=True))
        written = _written(since, standing)
        going = [one for one in standing if one not in written]
        granted = _granted(since, going)
        for patient_id in going:
            if patient_id not in granted:
                _tell(acts, _case(by, patient_id, file_digest, since))
    return len(going)


def _written(since: datetime, patients: Sequence[UUID]) -> set[UUID]:
    kinds = [kind.value for kind in _SINCE]
    told = Event.objects.filter(kind__in=kinds, at__gte=since, subject_id__in=patients)
    return set(told.values_list("subject_id", flat=True))


def _granted(since: datetime, patients: Sequence[UUID]) -> set[UUID]:
    cases = RightsCase.objects.filter(kind=CaseKind.ERASURE.value, state=CaseState.GRANTED.value)
    return set(cases.filter(patient_id__in=patients, answered_at__gte=since).values_list("patient_id", flat=True))


def _case(by: Seat, patient_id: UUID, file_digest: str, since: datetime) -> RightsCase:
    day = today(by.pharmacy_id)
    case = RightsCase(
        pharmacy_id=by.pharmacy_id,
        id=new_id(),
        patient_id=patient_id,
        kind=CaseKind.ERASURE.value,
        state=CaseState.GRANTED.value,
        received_on=day,
        due_on=day,
        answered_at=since,
    )
    case.seal({"asked": f"L’officine quitte Témoin (dossier {file_digest}).", "answer": "Fait.", "why_later": ""})
    return case


def _tell(acts: Acts, case: RightsCase) -> None:
    with acts.act(kind=EventKind.CASE_OPENED, subject_kind="case", subject_id=case.id, detail=case.kind):
        pass
    with acts.act(kind=EventKind.CASE_GRANTED, subject_kind="case", subject_id=case.id) as commit:
        commit.insert(case)
