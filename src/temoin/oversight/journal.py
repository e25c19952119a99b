"""The journal as its owner reads it: page by page or exported, and the names behind its ids; each look is an event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q

from temoin.delivery.models import Letter
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.listings import digests_showing
from temoin.journal.queries import (
    PORTION,
    Around,
    EventFilter,
    EventPlace,
    EventRow,
    count_machine,
    page_of_events,
    portion_of_events,
)
from temoin.journal.unreadable import each_opened
from temoin.lib.tenant import tenant_scope
from temoin.patients.queries import merged_away_into
from temoin.pharmacies.member_names import name_of
from temoin.pharmacies.models import Member
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record


@dataclass(frozen=True)
class JournalPage:
    """Some events, where the next page begins, and what the machine did where only people's events are shown."""

    rows: list[EventRow]
    after: EventPlace | None
    machine: list[tuple[str, int]]


def read_journal(*, by: Seat, wanted: EventFilter, after: EventPlace | None = None) -> JournalPage:
    """Return a page of the pharmacy's events; the look is an event. Of an object, what belongs to it is there too."""
    check_right(by=by, right=Right.READ_JOURNAL)
    with tenant_scope(by.pharmacy_id):
        _record(by, EventKind.JOURNAL_READ, wanted)
        wanted = _widened(wanted)
        rows, following = page_of_events(wanted, after)
        folds = wanted.only_people and after is None
        machine = count_machine(replace(wanted, only_people=False)) if folds else []
        return JournalPage(rows, following, machine)


def _widened(wanted: EventFilter) -> EventFilter:
    """Return the filter of an object with its own: a patient's tests and letters, and the lists that showed them.

    Looks at a record that was merged into the patient's were looks at this patient.
    """
    if wanted.subject_id is None:
        return wanted
    patients = [wanted.subject_id, *merged_away_into(wanted.subject_id)]
    tests = Record.objects.filter(Q(patient_id__in=patients) | Q(id=wanted.subject_id))
    records = list(tests.values_list("id", flat=True))
    letters = Letter.objects.filter(record_id__in=records).values_list("id", flat=True)
    subjects = frozenset({*patients, *records, *letters})
    return replace(wanted, around=Around(subjects, frozenset(digests_showing([*patients, *records]))))


def export_journal(*, by: Seat, wanted: EventFilter) -> Iterator[EventRow]:
    """Record the export, then yield every event of the filter; they are read while they are sent."""
    check_right(by=by, right=Right.READ_JOURNAL)
    with tenant_scope(by.pharmacy_id):
        _record(by, EventKind.JOURNAL_EXPORTED, wanted)
        wanted = _widened(wanted)
    return _stream(by, wanted)


def _stream(by: Seat, wanted: EventFilter) -> Iterator[EventRow]:
    """Yield portion after portion, each of a transaction of its own, in whatever thread asks for it."""
    after: EventRow | None = None
    while True:
        with tenant_scope(by.pharmacy_id):
            rows = portion_of_events(wanted, after)
        yield from rows
        if len(rows) < PORTION:
            return
        after = rows[-1]


def names_of_members(*, by: Seat) -> dict[UUID, str]:
    """Return the name of each member, past ones included: events carry only their ids."""
    check_right(by=by, right=Right.READ_JOURNAL)
    with tenant_scope(by.pharmacy_id):
        return dict(each_opened(Member.objects.all(), name_of))


def _record(by: Seat, kind: EventKind, wanted: EventFilter) -> None:
    record_look(by=by, kind=kind, subject_kind="journal", subject_id=None, detail=wanted.told)
