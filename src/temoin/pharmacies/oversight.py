"""The owner's oversight: who looked at what in the pharmacy, and a daily review of reading that is unusual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.queries import PORTION, EventFilter, EventRow, all_events, page_of_events, portion_of_events
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import wall_clock
from temoin.pharmacies.models import Member
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat

LOOKS = frozenset(
    {
        EventKind.PATIENT_READ,
        EventKind.TEST_READ,
        EventKind.RESULT_PRINTED,
        EventKind.TICKET_PRINTED,
        EventKind.ANSWERS_READ,
    }
)
_NO_WORK = LOOKS | {EventKind.LOOKS_LISTED, EventKind.ACCESS_DENIED, EventKind.MEMBER_SEATED, EventKind.SIGNED_IN}

OPENS, CLOSES, SUNDAY = 7, 21, 6  # local hours in which a pharmacy is ordinarily at work
ONLY_LOOKED = 10  # files looked at without any work on them, from which the review speaks
TIMES_WORKED = 3  # and at least so many times what the person worked on
DENIALS = 3
SEARCHES = 40


class Oddity(StrEnum):
    """Why the review names a person."""

    LOOKED_MORE_THAN_WORKED = "looked_more_than_worked"
    OUTSIDE_HOURS = "outside_hours"
    DENIED = "denied"
    SEARCHED_MUCH = "searched_much"
    OWN_NAME = "own_name"  # found upstairs, where names of patients may be opened: see `testing.oversight`


@dataclass(frozen=True)
class Remark:
    """One thing worth a question: who, why, how many."""

    actor_id: UUID
    oddity: Oddity
    count: int


@dataclass
class _Day:
    """What one person did in a day."""

    looked: set[UUID] = field(default_factory=set)
    worked: set[UUID] = field(default_factory=set)
    outside: int = 0
    denied: int = 0
    searched: int = 0


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


def review_day(*, by: Seat, wanted: EventFilter) -> list[Remark]:
    """Return what was unusual on the filter's day, the greatest first. It asks questions, it accuses nobody."""
    check_right(by=by, right=Right.READ_JOURNAL)
    days: dict[UUID, _Day] = defaultdict(_Day)
    with tenant_scope(by.pharmacy_id):
        _record(by, EventKind.JOURNAL_READ, wanted)
        for event in all_events(EventFilter(wanted.day, wanted.zone)):
            if event.actor_id is not None:
                _count(days[event.actor_id], event, wanted.zone)
    remarks = [remark for actor_id, day in days.items() for remark in _remarks(actor_id, day)]
    return sorted(remarks, key=lambda remark: (-remark.count, remark.oddity, remark.actor_id))


def names_of_members(*, by: Seat) -> dict[UUID, str]:
    """Return the name of each member, past ones included: events carry only their ids."""
    check_right(by=by, right=Right.READ_JOURNAL)
    with tenant_scope(by.pharmacy_id):
        opened = {member.id: member.unseal() for member in Member.objects.all()}
    return {member_id: f"{one['given_name']} {one['family_name']}" for member_id, one in opened.items()}


def _record(by: Seat, kind: EventKind, wanted: EventFilter) -> None:
    record_look(by=by, kind=kind, subject_kind="journal", subject_id=None, detail=wanted.day.isoformat())


def _count(day: _Day, event: EventRow, zone: ZoneInfo) -> None:
    if event.subject_id is not None and event.kind in LOOKS:
        day.looked.add(event.subject_id)
        day.outside += _is_outside_hours(event, zone)
    if event.subject_id is not None and event.kind not in _NO_WORK:
        day.worked.add(event.subject_id)
    day.denied += event.kind == EventKind.ACCESS_DENIED
    day.searched += event.kind == EventKind.PATIENT_SEARCHED


def _is_outside_hours(event: EventRow, zone: ZoneInfo) -> bool:
    local = wall_clock(event.at, zone)
    return local.weekday() == SUNDAY or not OPENS <= local.hour < CLOSES


def _remarks(actor_id: UUID, day: _Day) -> Iterator[Remark]:
    only_looked = len(day.looked - day.worked)
    if only_looked >= max(ONLY_LOOKED, TIMES_WORKED * len(day.worked)):
        yield Remark(actor_id, Oddity.LOOKED_MORE_THAN_WORKED, only_looked)
    if day.outside:
        yield Remark(actor_id, Oddity.OUTSIDE_HOURS, day.outside)
    if day.denied >= DENIALS:
        yield Remark(actor_id, Oddity.DENIED, day.denied)
    if day.searched >= SEARCHES:
        yield Remark(actor_id, Oddity.SEARCHED_MUCH, day.searched)
