"""Whom to call: patients with a positive or a corrected result which no letter told them, and nobody else did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.outcomes import POSITIVE, outcome
from temoin.delivery.telling import Telling, tellings_since
from temoin.delivery.unknowing import PORTION, Because, Unknowing, who_may_not_know
from temoin.journal.act import record_looks
from temoin.journal.events import EventKind
from temoin.journal.unreadable import PAGE, each_opened
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record, RecordVersion
from temoin.testing.report import Report, ReportStatus

MOST = 200  # calls on a page
MOST_OPENED = 1000  # results opened for a page: those that call nobody must not make it slow
JUST_NOTED = timedelta(days=1)


@dataclass(frozen=True)
class Call:
    """A patient to call."""

    record_id: UUID
    version: int
    because: Because
    is_corrected: bool
    is_cancelled: bool
    kind: Kind
    signed_at: datetime
    name: str
    birth_date: date
    phone: str
    language: str  # in which the patient asked to be written to; "" where nobody asked


@dataclass(frozen=True)
class Noted:
    """A patient of whom somebody noted within the last day that they were told."""

    telling: Telling
    name: str


@dataclass(frozen=True)
class Calls:
    """Whom to call, and how many other results their patients may not know."""

    calls: list[Call]
    others: int
    unreadable: int  # results that do not open: nobody knows whether to call
    next_first: int | None  # where the next page begins: older ones than those looked at
    noted: list[Noted] = field(default_factory=list)


def count_unknowing(*, by: Holder) -> int:
    """Return of how many results the patient may know nothing, whatever they say, up to PORTION: none is opened."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return len(who_may_not_know(0))


def list_calls(*, by: Seat, first: int = 0) -> Calls:
    """Return whom to call, from the `first` result on that may not be known; each patient shown is a look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        found = _Search(first, most=MOST, most_opened=MOST_OPENED, origin=PAGE)
        while found.goes_on:
            found.add(who_may_not_know(found.first))
        noted = tellings_since(now() - JUST_NOTED)
        traits = traits_of_records({*found.to_call, *(one.record_id for one in noted)})
        calls = [_call(report, why, traits) for report, why in found.to_call.values()]
        shown = dict.fromkeys([*found.to_call, *(one.record_id for one in noted)])
        record_looks(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_ids=shown)
        names = [Noted(one, traits[one.record_id].name if one.record_id in traits else "") for one in noted]
        return Calls(calls, found.others, found.unreadable, found.first if found.has_more else None, names)


def is_anybody_to_call(due_since: datetime | None) -> bool:
    """Tell for the worker whether the pharmacy in scope has somebody to call, of what became due since if given."""
    found = _Search(0, most=1, most_opened=None, origin="worker")
    while found.goes_on:
        found.add(who_may_not_know(found.first, due_since))
    return bool(found.to_call or found.unreadable)


class _Search:
    """Goes through the results, portion by portion, until all are seen or there are as many as was asked for."""

    def __init__(self, first: int, *, most: int, most_opened: int | None, origin: str) -> None:
        self.to_call: dict[UUID, tuple[Report, Because]] = {}
        self.first, self.others, self.unreadable = first, 0, 0
        self.goes_on, self.has_more = True, False
        self._most, self._origin = most, origin
        self._last = None if most_opened is None else first + most_opened

    def add(self, portion: list[Unknowing]) -> None:
        """Take one portion in."""
        why = {one.record_id: one.because for one in portion}
        opened = signed_reports({one.record_id: one.version for one in portion}, self._origin)
        found = {UUID(one.record_id): (one, why[UUID(one.record_id)]) for one in opened if _is_to_call(one)}
        self.to_call |= found
        self.first += len(portion)
        self.others += len(opened) - len(found)
        self.unreadable += len(portion) - len(opened)
        is_enough = len(self.to_call) >= self._most or (self._last is not None and self.first >= self._last)
        self.has_more = len(portion) == PORTION and is_enough
        self.goes_on = len(portion) == PORTION and not is_enough


def signed_reports(versions: Mapping[UUID, int], origin: str) -> list[Report]:
    """Return the version named of each record that has it; one that does not open is told and left out."""
    rows = RecordVersion.objects.filter(record_id__in=versions).order_by("signed_at", "id")
    wanted = (row for row in rows if row.number == versions[row.record_id])
    return each_opened(wanted, lambda row: row.report, origin=origin)


def _is_to_call(report: Report) -> bool:
    """Tell whether the patient must know: a positive, or a version after the first: the former may have been wrong."""
    return report.version > 1 or _is_positive(report)


def _is_positive(report: Report) -> bool:
    return any(outcome(found.outcome).means == POSITIVE for found in report.findings)


def traits_of_records(record_ids: Iterable[UUID]) -> dict[UUID, Traits]:
    """Return whom the records are of today; without the one whose patient's record does not open."""
    patient_of = dict(Record.objects.filter(id__in=list(record_ids)).values_list("id", "patient_id"))
    patients = Patient.objects.filter(id__in=set(patient_of.values()))
    traits = dict(each_opened(patients, lambda one: (one.id, one.traits)))
    return {record_id: traits[of] for record_id, of in patient_of.items() if of in traits}


def _call(report: Report, because: Because, traits: Mapping[UUID, Traits]) -> Call:
    """Return the call; of a patient whose record does not open, what was known at the signature."""
    signed, record_id = report.patient, UUID(report.record_id)
    today = traits.get(record_id)
    return Call(
        record_id=record_id,
        version=report.version,
        because=because,
        is_corrected=report.status is ReportStatus.CORRECTED,
        is_cancelled=report.status is ReportStatus.CANCELLED,
        kind=load_kinds()[report.kind],
        signed_at=report.signed_at,
        name=today.name if today else f"{signed.birth_family_name} {signed.first_birth_given_name}".strip(),
        birth_date=(today or signed).birth_date,
        phone=(today or signed).phone,
        language=today.language if today else "",
    )
