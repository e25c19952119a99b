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
from temoin.transmission.differences import GRACE, REPAIRABLE, Kind
from temoin.transmission.models import Difference, Ending, Reconciliation


@dataclass(frozen=True)
class DifferenceView:
    """An open difference as the work list shows it."""

    destination: str
    day: date
    parcel_id: UUID
    key: str
    kind: Kind
    found_at: datetime

    @property
    def is_repairable(self) -> bool:
        """Tell whether `temoin reconcile … --repair` mends it."""
        return self.kind in REPAIRABLE


def open_differences() -> list[DifferenceView]:
    """Return the open differences of the pharmacy in scope, oldest day first."""
    rows = Difference.objects.filter(mended_at=None).order_by("day", "destination", "key", "kind")
    return [
        DifferenceView(row.destination, row.day, row.parcel_id, row.key, Kind(row.kind), row.found_at) for row in rows
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
    whole = {run.day for run in runs if run.ending != Ending.BROKEN_OFF and _was_over(run)}
    recent = {today - timedelta(days=number) for number in range(1, back + 1)}
    lasting = {run.day for run in runs if run.open and now() - run.started_at > timedelta(hours=20)}
    return sorted(recent - whole | lasting)
