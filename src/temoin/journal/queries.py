"""What is asked of the events of the pharmacy in scope. Rights are the askers': see `oversight.journal`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from temoin.journal.models import Event
from temoin.lib.zones import bounds_of_day

PAGE = 100
PORTION = 2000  # events read at once


@dataclass(frozen=True)
class EventFilter:
    """Which events: of one day of the pharmacy's calendar, and if given of one person, one kind, one object."""

    day: date
    zone: ZoneInfo  # of the pharmacy
    actor_id: UUID | None = None
    kind: str = ""
    subject_id: UUID | None = None

    def bounds(self) -> tuple[datetime, datetime]:
        """Return the instants between which the day lies."""
        return bounds_of_day(self.day, self.zone)


@dataclass(frozen=True)
class EventRow:
    """An event as it is shown: identifiers, never a name."""

    id: UUID
    at: datetime
    kind: str
    actor_id: UUID | None
    profession: str
    origin: str
    subject_kind: str
    subject_id: UUID | None
    outcome: str
    reason: str
    detail: str


_COLUMNS = tuple(EventRow.__dataclass_fields__)


def page_of_events(wanted: EventFilter, page: int) -> tuple[list[EventRow], bool]:
    """Return one page, the latest first, and whether another follows."""
    first = page * PAGE
    rows = [EventRow(*row) for row in _events(wanted).order_by("-at", "id")[first : first + PAGE + 1]]
    return rows[:PAGE], len(rows) > PAGE


def all_events(wanted: EventFilter) -> Iterator[EventRow]:
    """Yield every event of the filter in order, to a reader who does not wait for anyone between two of them."""
    after: EventRow | None = None
    while rows := portion_of_events(wanted, after):
        yield from rows
        after = rows[-1]


def portion_of_events(wanted: EventFilter, after: EventRow | None) -> list[EventRow]:
    """Return the next events of the filter in order: a short query, so that no slow reader keeps a transaction open."""
    found = _events(wanted)
    if after is not None:
        found = found.filter(Q(at__gt=after.at) | Q(at=after.at, id__gt=after.id), at__gte=after.at)
    return [EventRow(*row) for row in found.order_by("at", "id")[:PORTION]]


def events_about(subjects: Iterable[UUID], kinds: Iterable[str]) -> list[EventRow]:
    """Return the events of some kinds about some objects, in order."""
    found = Event.objects.filter(subject_id__in=list(subjects), kind__in=list(kinds)).order_by("at", "id")
    return rows_of(found)


def rows_of(found: Any) -> list[EventRow]:
    """Return events as they are shown."""
    return [EventRow(*row) for row in found.values_list(*_COLUMNS)]


def _events(wanted: EventFilter) -> Any:
    begins, ends = wanted.bounds()
    found = Event.objects.filter(at__gte=begins, at__lt=ends)
    if wanted.actor_id is not None:
        found = found.filter(actor_id=wanted.actor_id)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.subject_id is not None:
        found = found.filter(subject_id=wanted.subject_id)
    return found.values_list(*_COLUMNS)
