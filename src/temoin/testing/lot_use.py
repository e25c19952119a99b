"""How much of a lot was used: counted from the tests and controls recorded with it; a sample taken back is no test."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.actions import MOST_TESTS
from temoin.catalogue.lots import hold_lot
from temoin.catalogue.models import Lot
from temoin.catalogue.usable import LotTrouble, trouble_of
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.errors import ConflictError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.testing.models import Record


@dataclass(frozen=True)
class LotUse:
    """A lot with what was used of it, and whether it may be used today."""

    lot: Lot
    used: int  # tests made with it
    left: int | None  # tests left; None where nobody told how many there were
    days: int  # of use that are left, today included
    trouble: LotTrouble | None

    @property
    def gone(self) -> int:
        """Return how many tests are gone: made with patients, or with the controls."""
        return self.used + self.lot.controls


def use_of_lots(*, by: Seat, lots: Iterable[Lot]) -> list[LotUse]:
    """Return how much of each lot was used, in the order of the lots."""
    check_right(by=by, right=Right.READ_TEST)
    rows, day = list(lots), today(by.pharmacy_id)
    with tenant_scope(by.pharmacy_id):
        used = _used([lot.id for lot in rows])
    return [_use(lot, used.get(lot.id, 0), day) for lot in rows]


def _use(lot: Lot, used: int, day: date) -> LotUse:
    left = None if lot.tests is None else max(0, lot.tests - used - lot.controls)
    days = max(0, (lot.expiry - day).days + 1)
    return LotUse(lot=lot, used=used, left=left, days=days, trouble=trouble_of(lot, day))


def count_lot(*, by: Seat, lot_id: UUID, left: int | None, expected_tests: str) -> None:
    """Record how many tests of a lot are left on the shelf, as somebody counted them.

    `expected_tests` is how many there were in all as the person saw it (`tests_told`): a colleague's count, or another
    box that came, is not overwritten by who did not see it.
    """
    check_right(by=by, right=Right.RECEIVE_LOT)
    with act(by=by, kind=EventKind.LOT_COUNTED, subject_kind="lot", subject_id=lot_id, detail=str(left)) as commit:
        lot = hold_lot(lot_id)
        if left is None or not 0 <= left <= MOST_TESTS:
            raise refuse("left", "malformed", _("Enter how many tests are left."))
        if tests_told(lot) != expected_tests:
            raise ConflictError("another count was told before")
        commit.change(Lot, lot_id, tests=left + _used([lot_id]).get(lot_id, 0) + lot.controls)


def tests_told(lot: Lot) -> str:
    """Return how many tests of a lot there were in all, as pages carry it; empty where nobody told."""
    return "" if lot.tests is None else str(lot.tests)


def tests_between(*, by: Seat, lot_ids: Collection[UUID], begins: datetime, ends: datetime) -> dict[UUID, int]:
    """Return how many tests made with each lot were registered from one instant until before another."""
    check_right(by=by, right=Right.READ_TEST)
    # A record tells the hour in which it was registered: one at the turn of two hours belongs to the later one.
    first, after = (at.replace(minute=0, second=0, microsecond=0) for at in (begins, ends))
    with tenant_scope(by.pharmacy_id):
        return _used(lot_ids, Q(registered_at__gte=first, registered_at__lt=after))


def _used(lot_ids: Collection[UUID], when: Q | None = None) -> dict[UUID, int]:
    found = Record.objects.filter(when or Q(), lot_id__in=list(lot_ids)).values_list("lot_id")
    return dict(found.annotate(Count("id")).order_by())
