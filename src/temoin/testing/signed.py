"""Signed results for programs: one, or those signed since an hour; every look is an event."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.listings import NUMBER, record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import coarse
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.models import Record, RecordVersion
from temoin.testing.paged import hours_between
from temoin.testing.queries import latest_number, latest_report, record_in_scope
from temoin.testing.report import Report
from temoin.testing.states import RecordState


class NeverError(NotFoundError):
    """The test was closed without a result: none will come."""


def version_of_result(*, by: Holder, record_id: UUID, finding: int = 0) -> str:
    """Return the number of a result's last signed version; nothing is shown, so it is no look. NeverError.

    NotFoundError where it has no such finding: counted from 0, and each result has one.
    """
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        _check_signed(record_id)
        version = str(latest_number(record_id))
        if finding and finding >= len(latest_report(record_id).findings):
            raise NotFoundError
        return version


def read_result(*, by: Holder, record_id: UUID) -> Report:
    """Return a result as it was last signed; the look is an event. NotFoundError while there is none, NeverError."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        _check_signed(record_id)
        latest_number(record_id)
        record_look(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_id=record_id)
        return latest_report(record_id)


def _check_signed(record_id: UUID) -> None:
    if record_in_scope(record_id).state == RecordState.ABANDONED:
        raise NeverError


@dataclass(frozen=True)
class SignedPlace:
    """Where results go on: after this one, the oldest hour of a signature first."""

    signed_at: datetime
    record_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResultsWanted:
    """Which results: last signed from one moment on, and before another; of these tests. None is any."""

    since: datetime | None = None
    until: datetime | None = None
    among: Collection[UUID] | None = None


@dataclass(frozen=True)
class SomeResults:
    """A page of results as they were last signed, and the place reached; None when nothing follows."""

    reports: list[Report] = field(repr=False)
    reached: SignedPlace | None


def signed_results(*, by: Holder, wanted: ResultsWanted, limit: int, after: SignedPlace | None = None) -> SomeResults:
    """Return at most `limit` results, by the hour of their last signature; the look at all of them is one event."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        rows = list(_wanted(wanted, after).order_by("signed_at", "record_id")[: limit + 1])
        opened = each_opened(rows[:limit], lambda version: version.report)
        reports = [one for one in opened if _is_within(one.signed_at, wanted)]
        shown = [UUID(one.record_id) for one in reports]
        known = Record.objects.filter(id__in=shown).values_list("registered_at", flat=True)
        detail = hours_between(known) if shown or wanted.among is None else NUMBER
        record_listing(by=by, kind=EventKind.TEST_LIST_READ, subject_kind="record", shown=shown, detail=detail)
        last = rows[limit - 1] if len(rows) > limit else None
        return SomeResults(reports, SignedPlace(last.signed_at, last.record_id) if last else None)


def _wanted(wanted: ResultsWanted, after: SignedPlace | None) -> QuerySet[RecordVersion]:
    later = RecordVersion.objects.filter(record_id=OuterRef("record_id"), number__gt=OuterRef("number"))
    found: QuerySet[RecordVersion] = RecordVersion.objects.filter(~Exists(later))
    if wanted.among is not None:
        found = found.filter(record_id__in=wanted.among)
    if wanted.since is not None:
        found = found.filter(signed_at__gte=coarse(wanted.since.astimezone(UTC)))
    if wanted.until is not None:
        found = found.filter(signed_at__lt=wanted.until)
    if after is not None:
        beyond = Q(signed_at__gt=after.signed_at) | Q(record_id__gt=after.record_id)
        found = found.filter(beyond, signed_at__gte=after.signed_at)
    return found


def _is_within(signed_at: datetime, wanted: ResultsWanted) -> bool:
    """Tell whether a moment is wanted: rows tell the hour alone."""
    is_late = wanted.since is None or signed_at >= wanted.since
    return is_late and (wanted.until is None or signed_at < wanted.until)
