"""The tests that a patient had lately: whoever opens another one sees them first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import coarse, now
from temoin.lib.tenant import tenant_scope
from temoin.patients.queries import traits_of
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record, RecordVersion
from temoin.testing.report import COUNTER, Report
from temoin.testing.states import UNDER_WAY, RecordState

LATELY = timedelta(days=7)
JUST_NOW = timedelta(hours=1)
# A cancelled result is void and an abandoned test has none: neither stands in the way of another.
_COUNTS = frozenset({*UNDER_WAY, RecordState.SIGNED, RecordState.CORRECTED})


@dataclass(frozen=True, kw_only=True)
class RecentTest:
    """A test of the last days: `at` is its first signature, or its registration while it has none.

    A file's result is signed at its import, whenever it was found: its time is that of the sample.
    """

    id: UUID
    kind: Kind
    state: RecordState
    at: datetime
    is_signed: bool

    @property
    def is_just_now(self) -> bool:
        """Tell whether a second test of this kind is likely to be one too many."""
        return self.state in _COUNTS and now() - self.at < JUST_NOW


def recent_tests(*, by: Seat, patient_id: UUID) -> list[RecentTest]:
    """Return a patient's tests registered or signed lately, and those under way, newest first; the look is an event."""
    check_right(by=by, right=Right.READ_TEST)
    since = coarse(now() - LATELY)
    with tenant_scope(by.pharmacy_id):
        traits_of(patient_id)  # another pharmacy's patient is unknown here
        theirs = Record.objects.filter(patient_id=patient_id)
        signed = RecordVersion.objects.filter(record_id__in=theirs.values("id"), number=1, signed_at__gte=since)
        signed_at = dict(each_opened(signed, lambda version: (version.record_id, _time_of(version.report))))
        lately = theirs.filter(Q(registered_at__gte=since) | Q(state__in=UNDER_WAY) | Q(id__in=list(signed_at)))
        tests = each_opened(lately, lambda record: _recent(record, signed_at))
        record_listing(
            by=by,
            kind=EventKind.TEST_LIST_READ,
            subject_kind="patient",
            subject_id=patient_id,
            shown=[test.id for test in tests],
            detail="",
        )
    return sorted(tests, key=lambda test: test.at, reverse=True)


def just_now(tests: Iterable[RecentTest]) -> list[RecentTest]:
    """Return, by kind, the latest test that a second one is likely to repeat."""
    newest: dict[str, RecentTest] = {}
    for test in tests:
        if test.is_just_now:
            newest.setdefault(test.kind.code, test)
    return list(newest.values())


def _time_of(report: Report) -> datetime:
    return report.signed_at if report.source == COUNTER else report.sampled_at


def _recent(record: Record, signed_at: dict[UUID, datetime]) -> RecentTest:
    opened = record.unseal()
    at = signed_at.get(record.id)
    return RecentTest(
        id=record.id,
        kind=load_kinds()[opened["kind"]],
        state=RecordState(record.state),
        at=at or datetime.fromisoformat(opened["registered_at"]),
        is_signed=at is not None,
    )
