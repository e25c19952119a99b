"""The journal as its owner reads it: page by page or exported, and the names behind its ids; each look is an event."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.queries import PORTION, EventFilter, EventRow, page_of_events, portion_of_events
from temoin.journal.unreadable import each_opened
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.member_names import name_of
from temoin.pharmacies.models import Member
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat


def read_journal(*, by: Seat, wanted: EventFilter, page: int) -> tuple[list[EventRow], bool]:
    """Return a page of the pharmacy's events, and whether another follows; the look is an event."""
    check_right(by=by, right=Right.READ_JOURNAL)
    with tenant_scope(by.pharmacy_id):
        _record(by, EventKind.JOURNAL_READ, wanted)
        return page_of_events(wanted, page)


def export_journal(*, by: Seat, wanted: EventFilter) -> Iterator[EventRow]:
    """Record the export, then yield every event of the filter; they are read while they are sent."""
    check_right(by=by, right=Right.READ_JOURNAL)
    _record(by, EventKind.JOURNAL_EXPORTED, wanted)
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
    record_look(by=by, kind=kind, subject_kind="journal", subject_id=None, detail=wanted.day.isoformat())
