"""What pages and the operator ask about reconciliation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, day_of
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.transmission.differences import GRACE, DifferenceKind
from temoin.transmission.mending import is_mendable
from temoin.transmission.models import Difference, Ending, Reconciliation

FINISHED = frozenset({Ending.WHOLE, Ending.NOT_ASKABLE})


@dataclass(frozen=True)
class DifferenceView:
    """An open difference as the work list shows it."""

    destination: str
    day: date
    parcel_id: UUID
    key: str
    kind: DifferenceKind
    found_at: datetime
    is_repairable: bool  # whether `temoin reconcile … --repair` mends it


def open_differences() -> list[DifferenceView]:
    """Return the open differences of the pharmacy in scope, oldest day first."""
    rows = Difference.objects.filter(mended_at=None).order_by("day", "destination", "key", "kind")
    return [
        DifferenceView(
            row.destination, row.day, row.parcel_id, row.key, DifferenceKind(row.kind), row.found_at, is_mendable(row)
        )
        for row in rows
    ]


def read_differences(*, by: Holder) -> list[DifferenceView]:
    """Return the open differences of the pharmacy: identifiers and days, no patient is opened."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        return open_differences()


def last_runs() -> list[Reconciliation]:
    """Return the last run of each destination and day, newest day first."""
    return list(Reconciliation.objects.order_by("-day", "destination", "-started_at").distinct("day", "destination"))


def _was_over(run: Reconciliation) -> bool:
    """Tell whether the day had ended when it was gone through: an operator may look at it sooner."""
    return day_of(run.started_at - GRACE, HOUSE) > run.day


def days_due(destination: str, today: date, back: int) -> list[date]:
    """Return the days to go through: of the last ones, those not yet whole; and those left open, once a day."""
    runs = [run for run in last_runs() if run.destination == destination]
    whole = {run.day for run in runs if run.ending in FINISHED and _was_over(run)}
    recent = {today - timedelta(days=number) for number in range(1, back + 1)}
    stopped = {run.day for run in runs if run.ending == Ending.STOPPED and run.day < today}
    amiss = [run for run in runs if run.open or run.ending == Ending.BROKEN_OFF]
    lasting = {run.day for run in amiss if run.day < today and now() - run.started_at > timedelta(hours=20)}
    return sorted(recent - whole | stopped | lasting)
