"""The pharmacy's lists of tests: what is under way, and what is done, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.tenant import tenant_scope
from temoin.outbox.queries import states_by_chain
from temoin.outbox.states import ParcelState
from temoin.patients.models import Patient
from temoin.patients.queries import traits_of
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.build import steps_of
from temoin.testing.models import Record
from temoin.testing.opening import proposal_in
from temoin.testing.queries import seen_state
from temoin.testing.reaching import way_to_patient
from temoin.testing.sample import Steps
from temoin.testing.states import UNDER_WAY, RecordState

PAGE = 40  # tests that are done, on one page of a list
BROUGHT = 100  # proposals of what programs brought, in a list of what is under way: a call may bring thousands
_NAMELESS = _("Patient’s record that cannot be read")


@dataclass(frozen=True)
class Wait:
    """What was noted of a patient who waits for the sample (`testing.waiting`)."""

    called_at: datetime | None
    absent_at: datetime | None
    is_first: bool


@dataclass(frozen=True)
class TestRow:
    """One line of the pharmacy's list."""

    id: UUID
    state: RecordState
    kind: Kind
    number: str
    patient_name: str
    birth_date: Any
    registered_at: datetime
    steps: Steps | None
    lot_id: UUID | None
    parcels: list[tuple[str, ParcelState]]
    proposed_by: str  # the program whose reading waits for a pharmacist, "" for none
    wait: Wait
    seen: str  # in which state it is shown: what a form of the row acts on (`check_seen`)
    is_reachable: bool  # a link would go to the patient: the ticket is of use to them


@dataclass(frozen=True)
class PageOfTests:
    """What waits for somebody, all of it but for the flood of a program; and one page of what is done."""

    under_way: list[TestRow]
    done: list[TestRow]
    has_more: bool
    unlisted: int = 0  # results that programs brought and propose, beyond those listed


def list_tests(*, by: Holder, page: int = 0) -> PageOfTests:
    """Return the tests under way, and one page of those that are done, newest first; the look is an event.

    Under way is whatever waits for somebody here; of the results that programs brought and propose, the newest alone:
    thousands of these would bury the counter's own, and they are looked through as proposals.

    The event says how many of the newest that are done were seen, this page the last of them: a breach is told by it.
    """
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        waiting = list(Record.objects.filter(state__in=UNDER_WAY).order_by("-registered_at", "id"))
        unlisted = _proposed_of(waiting)[BROUGHT:]
        left = set(unlisted)
        under_way = [record for record in waiting if record.id not in left]
        done, has_more = _one_page(Record.objects.exclude(state__in=UNDER_WAY), page)
        seen = str(page * PAGE + len(done))
        shown = [record.id for record in (*under_way, *done)]
        record_listing(by=by, kind=EventKind.TEST_LIST_READ, subject_kind="record", shown=shown, detail=seen)
        return PageOfTests(lines_of(under_way), lines_of(done), has_more, len(unlisted))


def _proposed_of(records: list[Record]) -> list[UUID]:
    """Return which of these a program brought and proposes; none is opened where they are few."""
    brought = [one for one in records if one.state == RecordState.SAMPLED.value and one.source_index is not None]
    if len(brought) <= BROUGHT:
        return []
    told = each_opened(brought, lambda record: (record.id, proposal_in(record.unseal())))
    return [record_id for record_id, proposal in told if proposal is not None and proposal.program]


def list_tests_of_patient(*, by: Holder, patient_id: UUID, page: int = 0) -> PageOfTests:
    """Return a patient's tests in the same way; the look, which names the patient, is an event."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        traits_of(patient_id)  # another pharmacy's patient is unknown here
        theirs = Record.objects.filter(patient_id=patient_id)
        under_way = list(theirs.filter(state__in=UNDER_WAY))
        done, has_more = _one_page(theirs.exclude(state__in=UNDER_WAY), page)
        record_listing(
            by=by,
            kind=EventKind.TEST_LIST_READ,
            subject_kind="patient",
            subject_id=patient_id,
            shown=[record.id for record in (*under_way, *done)],
            detail="",
        )
        return PageOfTests(lines_of(under_way), lines_of(done), has_more)


def _one_page(found: QuerySet[Record], page: int) -> tuple[list[Record], bool]:
    first = page * PAGE
    rows = list(found.order_by("-registered_at", "id")[first : first + PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def lines_of(records: list[Record]) -> list[TestRow]:
    patients = Patient.objects.filter(id__in={record.patient_id for record in records})
    traits = dict(each_opened(patients, lambda patient: (patient.id, patient.traits)))
    states = states_by_chain([record.id for record in records])
    rows = each_opened(records, lambda record: _row(record, traits.get(record.patient_id), states[record.id]))
    return sorted(rows, key=lambda row: row.registered_at, reverse=True)


def _row(record: Record, traits: Traits | None, parcels: list[tuple[str, ParcelState]]) -> TestRow:
    sealed = record.unseal()
    proposal = proposal_in(sealed) if record.state == RecordState.SAMPLED else None
    return TestRow(
        id=record.id,
        state=RecordState(record.state),
        kind=load_kinds()[sealed["kind"]],
        number=sealed["number"],
        patient_name=traits.name if traits else str(_NAMELESS),
        birth_date=traits.birth_date if traits else None,
        registered_at=datetime.fromisoformat(sealed["registered_at"]),
        steps=steps_of(sealed) if sealed["sampled_at"] else None,
        lot_id=record.lot_id,
        parcels=parcels,
        proposed_by=proposal.program if proposal else "",
        wait=Wait(_moment(sealed["called_at"]), _moment(sealed["absent_at"]), sealed["is_first"]),
        seen=seen_state(record),
        is_reachable=traits is not None and bool(way_to_patient(traits)),
    )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
