"""Whom to call: patients with a positive result whose letter nobody opened, and who were not told otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.delivery.actions import LIFE
from temoin.delivery.models import Letter, LetterState
from temoin.journal.act import record_looks
from temoin.journal.events import EventKind
from temoin.journal.queries import events_about
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record, RecordVersion
from temoin.testing.report import Report, ReportStatus

CALL_AFTER = timedelta(hours=24)  # since the letter was sealed
LOOK_BACK = timedelta(days=30)  # an expired letter stays on the list as long again
MOST = 200  # letters opened for one page
POSITIVE = "positive"


@dataclass(frozen=True)
class Call:
    """A patient to call."""

    record_id: UUID
    version: int
    kind: Kind
    signed_at: datetime
    name: str
    birth_date: date
    phone: str


@dataclass(frozen=True)
class Calls:
    """Whom to call, the oldest result first, and how many other letters were not opened in time."""

    calls: list[Call]
    others: int
    has_more: bool  # older letters than those looked at


def count_unopened(*, by: Holder) -> int:
    """Return how many letters were not opened in time, whatever they say, up to MOST: nothing is opened for it."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return int(_unopened()[:MOST].count())


def list_calls(*, by: Seat) -> Calls:
    """Return whom to call; each patient shown is a look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        letters = list(_unopened().values_list("record_id", "version")[: MOST + 1])
        found = _untold(letters[:MOST])
        calls = _calls(report for report in _reports(found) if _is_positive(report))
        shown = [call.record_id for call in calls]
        record_looks(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_ids=shown)
        return Calls(calls, len(found) - len(calls), len(letters) > MOST)


def _unopened() -> Any:
    moment = now()
    times = {"expires_at__gt": moment - LOOK_BACK, "expires_at__lt": moment + LIFE - CALL_AFTER}
    return Letter.objects.filter(state=LetterState.OPEN.value, opened_count=0, **times).order_by("-expires_at")


def _untold(letters: list[tuple[UUID, int]]) -> dict[UUID, int]:
    """Return the version of each record whose patient nobody noted to have told."""
    told = events_about([record_id for record_id, _version in letters], [EventKind.RESULT_TOLD.value])
    known = {(event.subject_id, event.detail.partition(" ")[0]) for event in told}
    return {record_id: version for record_id, version in letters if (record_id, str(version)) not in known}


def _reports(versions: dict[UUID, int]) -> list[Report]:
    rows = RecordVersion.objects.filter(record_id__in=versions).order_by("signed_at", "id")
    return each_opened((row for row in rows if row.number == versions[row.record_id]), lambda row: row.report)


def _is_positive(report: Report) -> bool:
    if report.status is ReportStatus.CANCELLED:
        return False
    outcomes = load_outcomes()
    return any(outcomes[found.outcome].means == POSITIVE for found in report.findings)


def _calls(reports: Iterable[Report]) -> list[Call]:
    by_record = {UUID(report.record_id): report for report in reports}
    patient_of = dict(Record.objects.filter(id__in=by_record).values_list("id", "patient_id"))
    patients = Patient.objects.filter(id__in=set(patient_of.values()))
    traits = dict(each_opened(patients, lambda one: (one.id, one.traits)))
    return [_call(record_id, report, traits.get(patient_of[record_id])) for record_id, report in by_record.items()]


def _call(record_id: UUID, report: Report, traits: Traits | None) -> Call:
    """Return the call; of a patient whose record does not open, what was known at the signature."""
    signed = report.patient
    return Call(
        record_id=record_id,
        version=report.version,
        kind=load_kinds()[report.kind],
        signed_at=report.signed_at,
        name=traits.name if traits else f"{signed.birth_family_name} {signed.first_birth_given_name}",
        birth_date=(traits or signed).birth_date,
        phone=(traits or signed).phone,
    )
