"""Cases of patients' rights: opened at the counter, due in a month, answered by an owner."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act, record_look
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem, refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.typed import typed_lines
from temoin.patients.queries import check_stands, patient_in_scope, records_of_person, standing_record
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.retention.case_states import CaseKind, CaseState
from temoin.retention.models import RightsCase

MONTHS, MORE_MONTHS = 1, 2  # GDPR, article 12(3)
OLDEST = 366  # days since the request came: what is older was typed wrong


@dataclass(frozen=True)
class DueCase:
    """A case as the work list shows it: nobody is opened."""

    id: UUID
    kind: CaseKind
    received_on: date
    due_on: date


@dataclass(frozen=True)
class CaseView:
    """A case with its words."""

    id: UUID
    patient_id: UUID  # whose record stands: the tests of one that was merged away are there
    kind: CaseKind
    state: CaseState
    received_on: date
    due_on: date
    answered_at: datetime | None
    asked: str
    answer: str
    why_later: str

    @property
    def is_open(self) -> bool:
        """Tell whether the pharmacy still has to answer."""
        return self.state is CaseState.OPEN


def open_case(*, by: Seat, patient_id: UUID, kind: str, asked: str, received_on: date | None) -> UUID:
    """Open a case; ConflictError when one of the same kind is open, MergedError when another record stays."""
    check_right(by=by, right=Right.OPEN_CASE)
    _check_request(kind, asked, received_on, today(by.pharmacy_id))
    assert received_on is not None  # noqa: S101 checked above
    case_id = new_id()
    with act(by=by, kind=EventKind.CASE_OPENED, subject_kind="case", subject_id=case_id, detail=kind) as commit:
        check_stands(patient_in_scope(patient_id))
        _check_none_open(patient_id, kind)
        case = RightsCase(
            pharmacy_id=by.pharmacy_id,
            id=case_id,
            patient_id=patient_id,
            kind=kind,
            received_on=received_on,
            due_on=months_after(received_on, MONTHS),
        )
        case.seal({"asked": typed_lines("asked", asked, of="RightsCase"), "answer": "", "why_later": ""})
        commit.insert(case)
    return case_id


def answer_case(*, by: Seat, case_id: UUID, granted: bool, answer: str) -> None:
    """Answer a case, once. An erasure that is granted is done by the next round, which alone may delete."""
    check_right(by=by, right=Right.ANSWER_CASE)
    answer = _words("answer", answer, _("Write the answer that the patient is given."))
    verb, kind = ("grant", EventKind.CASE_GRANTED) if granted else ("refuse", EventKind.CASE_REFUSED)
    with act(by=by, kind=kind, subject_kind="case", subject_id=case_id) as commit:
        case = _case(case_id)
        _check_open(case)
        commit.move_sealed(case, verb, {**case.unseal(), "answer": answer}, answered_at=now())


def extend_case(*, by: Seat, case_id: UUID, reason: str) -> None:
    """Take two months more, once, for a reason that the patient is told within the first (article 12(3))."""
    check_right(by=by, right=Right.ANSWER_CASE)
    reason = _words("why_later", reason, _("Say why more time is needed: the patient must be told."))
    with act(by=by, kind=EventKind.CASE_EXTENDED, subject_kind="case", subject_id=case_id) as commit:
        case = _case(case_id)
        _check_open(case)
        held = case.unseal()
        if held["why_later"]:
            raise ConflictError("more time was taken before")
        if today(by.pharmacy_id) > case.due_on:
            raise refuse("why_later", "late", _("The month is over: more time had to be taken before its end."))
        later = months_after(case.received_on, MONTHS + MORE_MONTHS)
        commit.reseal(case, {**held, "why_later": reason}, due_on=later)


def read_case(*, by: Seat, case_id: UUID) -> CaseView:
    """Return a case with its words: a look at its patient."""
    check_right(by=by, right=Right.OPEN_CASE)
    with tenant_scope(by.pharmacy_id):
        case = case_in_scope(case_id)
        _look(by, case.patient_id)
        return case


def cases_of_patient(*, by: Seat, patient_id: UUID) -> list[CaseView]:
    """Return the cases of a patient, those of records that were merged into theirs included; a look."""
    check_right(by=by, right=Right.OPEN_CASE)
    with tenant_scope(by.pharmacy_id):
        check_stands(patient_in_scope(patient_id))
        _look(by, patient_id)
        found = RightsCase.objects.filter(patient_id__in=records_of_person(patient_id))
        return each_opened(found.order_by("-received_on", "id"), lambda case: _view(case, patient_id))


def due_cases(*, by: Holder) -> list[DueCase]:
    """Return the open cases of the pharmacy, the first due first: kinds and days, no patient."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        rows = RightsCase.objects.filter(state=CaseState.OPEN.value).order_by("due_on", "id")
        found = rows.values_list("id", "kind", "received_on", "due_on")
        return [DueCase(case_id, CaseKind(kind), received_on, due_on) for case_id, kind, received_on, due_on in found]


def case_in_scope(case_id: UUID) -> CaseView:
    """Return a case of the pharmacy in scope, for an act that records its own event."""
    case = _case(case_id)
    return _view(case, standing_record(case.patient_id))


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later; the last of the month where that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _check_request(kind: str, asked: str, received_on: date | None, present: date) -> None:
    """Raise InvalidError with everything that is wrong with a request."""
    problems: list[Problem] = []
    if kind not in set(CaseKind):
        problems.append(Problem("kind", "required", _("Say which right the patient asks for.")))
    try:
        _words("asked", asked, _("Write what the patient asks for."))
    except InvalidError as error:
        problems += error.problems
    if received_on is None:
        problems.append(Problem("received_on", "required", _("Write the day on which the request came.")))
    elif not 0 <= (present - received_on).days <= OLDEST:
        problems.append(Problem("received_on", "impossible", _("The request cannot have come on this day.")))
    if problems:
        raise InvalidError(problems)


def _case(case_id: UUID) -> RightsCase:
    case: RightsCase | None = RightsCase.objects.filter(id=case_id).first()
    if case is None:
        raise NotFoundError
    return case


def _check_open(case: RightsCase) -> None:
    if case.state != CaseState.OPEN.value:
        raise ConflictError("the case was answered before")


def _check_none_open(patient_id: UUID, kind: str) -> None:
    """Raise ConflictError where a request of this kind, of whichever record of the person, waits for its answer."""
    same = RightsCase.objects.filter(patient_id__in=records_of_person(patient_id), kind=kind)
    if same.filter(state=CaseState.OPEN.value).exists():
        raise ConflictError("a request of this kind is open")


def _look(by: Seat, patient_id: UUID) -> None:
    record_look(by=by, kind=EventKind.PATIENT_READ, subject_kind="patient", subject_id=patient_id)


def _view(case: RightsCase, patient_id: UUID) -> CaseView:
    held = case.unseal()
    return CaseView(
        id=case.id,
        patient_id=patient_id,
        kind=CaseKind(case.kind),
        state=CaseState(case.state),
        received_on=case.received_on,
        due_on=case.due_on,
        answered_at=case.answered_at,
        asked=held["asked"],
        answer=held["answer"],
        why_later=held["why_later"],
    )


def _words(field: str, text: str, missing: str | Promise) -> str:
    text = typed_lines(field, text, of="RightsCase")
    if not text:
        raise refuse(field, "required", missing)
    return text
