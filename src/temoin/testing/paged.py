"""The pharmacy's tests by keyset, for programs: a page begins where the one before ended, whatever came meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.lib.tenant import tenant_scope
from temoin.patients.queries import check_stands, patient_in_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.lists import TestRow, lines_of
from temoin.testing.models import Record
from temoin.testing.states import UNDER_WAY

HOURS = "/"  # between the oldest hour of a page and its newest, in the event of the look


@dataclass(frozen=True)
class ListPlace:
    """Where a list goes on: after this test, the newest hour first; numbers of one hour have no order of time."""

    registered_at: datetime
    record_id: UUID


@dataclass(frozen=True, kw_only=True)
class TestsWanted:
    """Which tests: under way or not, or both; of one patient, or of all."""

    is_under_way: bool | None = None
    patient_id: UUID | None = None


@dataclass(frozen=True)
class SomeTests:
    """A page of tests, and the place reached; None when nothing follows."""

    tests: list[TestRow]
    reached: ListPlace | None


def some_tests(*, by: Holder, wanted: TestsWanted, limit: int, after: ListPlace | None = None) -> SomeTests:
    """Return at most `limit` tests after a place, newest first; the look is an event. NotFoundError, MergedError."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        if wanted.patient_id is not None:
            check_stands(patient_in_scope(wanted.patient_id))  # another pharmacy's patient is unknown here
        asked = _after(_wanted(wanted), after).order_by("-registered_at", "-id")
        rows = list(asked[: limit + 1])
        shown = rows[:limit]
        record_listing(
            by=by,
            kind=EventKind.TEST_LIST_READ,
            subject_kind="patient" if wanted.patient_id is not None else "record",
            subject_id=wanted.patient_id,
            shown=[record.id for record in shown],
            detail=_detail(wanted, shown),
        )
        last = shown[-1] if len(rows) > limit else None
        return SomeTests(lines_of(shown), ListPlace(last.registered_at, last.id) if last else None)


def _wanted(wanted: TestsWanted) -> QuerySet[Record]:
    found: QuerySet[Record] = Record.objects.all()
    if wanted.patient_id is not None:
        found = found.filter(patient_id=wanted.patient_id)
    if wanted.is_under_way is None:
        return found
    running: QuerySet[Record] = found.filter(state__in=UNDER_WAY)
    return running if wanted.is_under_way else found.exclude(state__in=UNDER_WAY)


def _after(found: QuerySet[Record], place: ListPlace | None) -> QuerySet[Record]:
    if place is None:
        return found
    later = Q(registered_at__lt=place.registered_at) | Q(id__lt=place.record_id)
    return found.filter(later, registered_at__lte=place.registered_at)


def _detail(wanted: TestsWanted, shown: list[Record]) -> str:
    """Return the hours between which this page lies, the oldest first: by them a breach finds whom it may have shown.

    How many newer tests there are, as `list_tests` has it, would be counted anew for each page: the deeper, the longer.
    """
    if wanted.patient_id is not None:
        return ""
    if wanted.is_under_way or not shown:
        return "0"
    return hours_between(one.registered_at for one in shown)


def hours_between(moments: Iterable[datetime]) -> str:
    """Return the oldest and the newest hour of registered tests as an event tells them; "0" for none."""
    told = sorted(f"{one.astimezone(UTC):%Y-%m-%dT%H:%MZ}" for one in moments)
    return HOURS.join((told[0], told[-1])) if told else "0"
