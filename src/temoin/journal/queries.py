"""What is asked of the events of the pharmacy in scope. Rights are the askers': see `oversight.journal`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from temoin.journal.events import LISTINGS
from temoin.journal.models import Event
from temoin.lib.zones import bounds_of_day

PAGE = 100
PORTION = 2000  # events read at once


# A person's events: a member's, the patient's with their letter, the operator's. The others are the machine's: the
# worker's and programs'.
_PEOPLE = Q(profession__in=["portal", "operator"]) | Q(actor_id__isnull=False) & ~Q(profession="program")


@dataclass(frozen=True)
class EventFilter:
    """Which events: of some days of the pharmacy's calendar, and if given of one person, one kind, one object."""

    day: date
    zone: ZoneInfo  # of the pharmacy
    actor_id: UUID | None = None
    kind: str = ""
    subject_id: UUID | None = None
    until: date | None = None  # the last day; None: the same
    around: Around | None = None  # what belongs to the object
    only_people: bool = False

    @property
    def told(self) -> str:
        """Return the days as an event keeps them."""
        first = self.day.isoformat()
        return first if self.until in {None, self.day} else f"{first}/{self.until.isoformat()}"

    def bounds(self) -> tuple[datetime, datetime]:
        """Return the instants between which the days lie."""
        return bounds_of_day(self.day, self.zone)[0], bounds_of_day(self.until or self.day, self.zone)[1]


@dataclass(frozen=True)
class Around:
    """Whatever events about an object may be about: its rows, and the lists that showed one of them by their digest."""

    subjects: frozenset[UUID]
    digests: frozenset[str]


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


@dataclass(frozen=True)
class EventPlace:
    """Where a list goes on: after this event."""

    at: datetime
    event_id: UUID


def page_of_events(wanted: EventFilter, after: EventPlace | None) -> tuple[list[EventRow], EventPlace | None]:
    """Return one page, the latest first, and where the next one begins; None after the last."""
    found = _events(wanted)
    if after is not None:
        found = found.filter(Q(at__lt=after.at) | Q(at=after.at, id__gt=after.event_id), at__lte=after.at)
    rows = [EventRow(*row) for row in found.order_by("-at", "id")[: PAGE + 1]]
    return rows[:PAGE], EventPlace(rows[PAGE - 1].at, rows[PAGE - 1].id) if len(rows) > PAGE else None


def count_machine(wanted: EventFilter) -> list[tuple[str, int]]:
    """Return how often the machine did each kind of thing, the most frequent first."""
    found = _events(wanted).exclude(_PEOPLE).values_list("kind").annotate(times=Count("id")).order_by("-times", "kind")
    return list(found)


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
    if wanted.around is not None:
        in_lists = Q(kind__in=LISTINGS, digest__in=sorted(wanted.around.digests))
        found = found.filter(Q(subject_id__in=sorted(wanted.around.subjects)) | in_lists)
    elif wanted.subject_id is not None:
        found = found.filter(subject_id=wanted.subject_id)
    if wanted.only_people:
        found = found.filter(_PEOPLE)
    return found.values_list(*_COLUMNS)
