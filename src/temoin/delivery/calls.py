"""Whom to call: patients with a positive or a corrected result, whose letter nobody opened and whom nobody told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.outcomes import POSITIVE, load_outcomes
from temoin.delivery.actions import LIFE
from temoin.journal.act import record_looks
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import now
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.patients.models import Patient
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record, RecordVersion
from temoin.testing.report import Report, ReportStatus

CALL_AFTER = timedelta(hours=24)  # since the letter was sealed
LOOK_BACK = timedelta(days=30)  # an expired letter stays on the list as long again
MOST = 200  # letters in a portion, and calls on the page


@dataclass(frozen=True)
class Call:
    """A patient to call."""

    record_id: UUID
    version: int
    is_corrected: bool
    is_cancelled: bool
    kind: Kind
    signed_at: datetime
    name: str
    birth_date: date
    phone: str


@dataclass(frozen=True)
class Calls:
    """Whom to call, and how many other letters were not opened in time."""

    calls: list[Call]
    others: int
    unreadable: int  # results that do not open: nobody knows whether to call
    has_more: bool  # older letters than those looked at


def count_unopened(*, by: Holder) -> int:
    """Return how many letters wait to be opened or told, whatever they say, up to MOST: nothing is opened for it."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return len(_unopened(0))


def list_calls(*, by: Seat) -> Calls:
    """Return whom to call; each patient shown is a look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        found = _Search()
        while found.goes_on:
            found.add(_unopened(found.looked_at))
        calls = _calls(found.reports)
        shown = [call.record_id for call in calls]
        record_looks(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_ids=shown)
        return Calls(calls, found.others, found.unreadable, found.has_more)


class _Search:
    """Goes through the letters, portion by portion, until all are seen or there are as many calls as a page holds."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.looked_at = self.others = self.unreadable = 0
        self.goes_on, self.has_more = True, False

    def add(self, letters: list[tuple[UUID, int]]) -> None:
        """Take one portion in."""
        opened = _reports(dict(letters))
        to_call = [report for report in opened if _is_to_call(report)]
        self.reports += to_call
        self.looked_at += len(letters)
        self.others += len(opened) - len(to_call)
        self.unreadable += len(letters) - len(opened)
        self.has_more = len(letters) == MOST and len(self.reports) >= MOST
        self.goes_on = len(letters) == MOST and not self.has_more


_UNOPENED = """
SELECT letter.record_id, letter.version FROM delivery_letter AS letter
 WHERE letter.pharmacy_id = %(pharmacy)s AND letter.state = 'open' AND letter.opened_count = 0
   AND letter.expires_at > %(after)s AND letter.expires_at < %(before)s
   AND NOT EXISTS (SELECT FROM journal_event AS told
                    WHERE told.pharmacy_id = letter.pharmacy_id AND told.subject_id = letter.record_id
                      AND told.kind = %(told)s AND split_part(told.detail, ' ', 1) = letter.version::text)
 ORDER BY letter.expires_at DESC, letter.id LIMIT %(most)s OFFSET %(first)s
"""


def _unopened(first: int) -> list[tuple[UUID, int]]:
    """Return a portion of the letters that were neither opened in time nor told, the latest first."""
    moment = now()
    values: dict[str, Any] = {
        "pharmacy": current_pharmacy(),
        "told": EventKind.RESULT_TOLD.value,
        "most": MOST,
        "first": first,
    }
    values |= {"after": moment - LOOK_BACK, "before": moment + LIFE - CALL_AFTER}
    with connection.cursor() as cursor:
        cursor.execute(_UNOPENED, values)
        return [(record_id, version) for record_id, version in cursor.fetchall()]


def _reports(versions: dict[UUID, int]) -> list[Report]:
    rows = RecordVersion.objects.filter(record_id__in=versions).order_by("signed_at", "id")
    return each_opened((row for row in rows if row.number == versions[row.record_id]), lambda row: row.report)


def _is_to_call(report: Report) -> bool:
    """Tell whether the patient must know: a positive, or a version after the first: the former may have been wrong."""
    return report.version > 1 or _is_positive(report)


def _is_positive(report: Report) -> bool:
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
        is_corrected=report.status is ReportStatus.CORRECTED,
        is_cancelled=report.status is ReportStatus.CANCELLED,
        kind=load_kinds()[report.kind],
        signed_at=report.signed_at,
        name=traits.name if traits else f"{signed.birth_family_name} {signed.first_birth_given_name}",
        birth_date=(traits or signed).birth_date,
        phone=(traits or signed).phone,
    )
