"""What has not arrived of a pharmacy's parcels: counted and listed for its work list, through one small index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Min, Q, QuerySet, Value, When

from temoin.lib.text import is_readable
from temoin.lib.zones import bounds_of_day
from temoin.outbox.models import Parcel
from temoin.outbox.queries import ParcelView, overtaken, parcel_view
from temoin.outbox.states import OPEN, ParcelState

PAGE = 50
_MATTER = Q(matter_since__isnull=False) & ~Q(state=ParcelState.REFUSED)


class Portion(StrEnum):
    """Which of the open parcels a list shows."""

    TO_HANDLE = "to_handle"  # refused, late, or the same answer again and again
    REFUSED = "refused"
    LATE = "late"
    REPEATED = "repeated"  # the same answer again and again: a person's matter while it goes on trying
    IN_DOUBT = "in_doubt"
    ON_THE_WAY = "on_the_way"


@dataclass(frozen=True, kw_only=True)
class OpenFilter:
    """Which open parcels: a portion, if given one destination and the day at the pharmacy on which they were posted."""

    late_before: datetime
    zone: ZoneInfo  # of the pharmacy
    portion: Portion = Portion.TO_HANDLE
    destination: str = ""
    day: date | None = None


@dataclass(frozen=True)
class OpenParcel:
    """An open parcel as the work list shows it."""

    view: ParcelView
    record_id: UUID
    due_at: datetime
    is_late: bool
    is_overtaken: bool  # a newer version was posted: this one is not to be sent again


@dataclass(frozen=True)
class Heap:
    """Open parcels that are alike: same destination, state and last answer."""

    destination: str
    state: ParcelState
    code: str
    is_late: bool
    is_matter: bool
    count: int
    since: datetime

    @property
    def is_to_handle(self) -> bool:
        """Tell whether it counts in the menu: refused, late, or a person's matter."""
        return self.state is ParcelState.REFUSED or self.is_late or self.is_matter


def heaps(late_before: datetime) -> list[Heap]:
    """Return the open parcels of the pharmacy in scope by what they have in common, the oldest first."""
    late = Case(When(posted_at__lt=late_before, then=Value(True)), default=Value(False))
    matter = Case(When(_MATTER, then=Value(True)), default=Value(False))
    found = _open().values_list("destination", "state", "answer_code", late, matter)
    counted = found.annotate(number=Count("id"), since=Min("posted_at")).order_by("since")
    return [Heap(name, ParcelState(state), *rest) for name, state, *rest in counted]


def list_open(wanted: OpenFilter, page: int) -> tuple[list[OpenParcel], bool]:
    """Return one page of open parcels of the pharmacy in scope, the oldest first, and whether another follows."""
    rows = list(_filtered(wanted)[page * PAGE : (page + 1) * PAGE + 1])
    newer = _overtaken_among(row.id for row in rows)
    return [_open_parcel(row, wanted.late_before, newer) for row in rows[:PAGE]], len(rows) > PAGE


def refused_alike(destination: str, code: str, most: int) -> list[ParcelView]:
    """Return refused parcels with the same last answer that may be sent again, the oldest first."""
    if not is_readable(destination + code):  # no answer that is kept has such letters, and no query takes NUL
        return []
    alike = _open().filter(state=ParcelState.REFUSED, destination=destination, answer_code=code).exclude(overtaken())
    return [parcel_view(parcel, {}) for parcel in alike.order_by("posted_at")[:most]]


def _open() -> QuerySet[Parcel]:
    found: QuerySet[Parcel] = Parcel.objects.filter(state__in=sorted(OPEN))
    return found


def _filtered(wanted: OpenFilter) -> QuerySet[Parcel]:
    late = Q(posted_at__lt=wanted.late_before) & ~Q(state=ParcelState.REFUSED)
    portions = {
        Portion.TO_HANDLE: late | _MATTER | Q(state=ParcelState.REFUSED),
        Portion.REFUSED: Q(state=ParcelState.REFUSED),
        Portion.LATE: late,
        Portion.REPEATED: _MATTER,
        Portion.IN_DOUBT: Q(state=ParcelState.IN_DOUBT),
        Portion.ON_THE_WAY: ~late & ~_MATTER & ~Q(state=ParcelState.REFUSED),
    }
    found = _open().filter(portions[wanted.portion]).order_by("posted_at", "id")
    if wanted.destination:
        found = found.filter(destination=wanted.destination)
    if wanted.day is not None:
        begins, ends = bounds_of_day(wanted.day, wanted.zone)
        found = found.filter(posted_at__gte=begins, posted_at__lt=ends)
    return found


def _overtaken_among(ids: Iterable[UUID]) -> set[UUID]:
    return set(Parcel.objects.filter(id__in=list(ids)).filter(overtaken()).values_list("id", flat=True))


def _open_parcel(row: Parcel, late_before: datetime, newer: set[UUID]) -> OpenParcel:
    return OpenParcel(
        view=parcel_view(row, {}),
        record_id=row.chain_id,
        due_at=row.due_at,
        is_late=row.posted_at < late_before,
        is_overtaken=row.id in newer,
    )
