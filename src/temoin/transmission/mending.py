"""Repairs what reconciliation found: sends again what they do not hold, settles what they show they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from uuid import UUID

from temoin.journal.act import Actor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.outbox.courier import Courier, Holding, Reconcilable
from temoin.outbox.reconciling import newer_that_left, prove_parcel, resend_parcel
from temoin.outbox.set_aside import apart
from temoin.transmission.asking import Asking
from temoin.transmission.differences import REPAIRABLE, DifferenceKind
from temoin.transmission.models import Difference
from temoin.transmission.reconcile import open_of_day

PORTION = 200


def mend_day(courier: Courier, day: date, by: Callable[[UUID], Actor]) -> Iterator[Difference]:
    """Repair the open differences of a day that can be, and give each one repaired; the others need a person.

    Each repair is one act, with its event. Nothing is ever deleted on their side: a second copy, a document that nobody
    here knows, one that was refused here are named only.
    """
    for row in open_of_day(courier.destination, day):
        is_mended = False
        with apart(f"reconcile {courier.destination}", row.key, passing=(OSError,)):
            is_mended = _mend(courier, row, by)
        if is_mended:
            yield row


def is_mendable(row: Difference) -> bool:
    """Tell whether a repair would do anything; in the scope of its pharmacy."""
    if row.kind in {DifferenceKind.MISSING, DifferenceKind.UNPROVED}:
        return not _there(newer_that_left(row.parcel_id))
    return row.kind in REPAIRABLE


def _mend(courier: Courier, row: Difference, by: Callable[[UUID], Actor]) -> bool:
    try:
        if row.kind in {DifferenceKind.MISSING, DifferenceKind.UNPROVED}:
            resend_missing(by=by(row.pharmacy_id), difference=row)
            return True
        if row.kind == DifferenceKind.UNSETTLED and isinstance(courier, Reconcilable):
            return _prove(courier, row, by)
    except ConflictError:
        return False  # a worker or a person was first
    return False


def _prove(courier: Reconcilable, row: Difference, by: Callable[[UUID], Actor]) -> bool:
    with Asking(courier) as asking:
        holdings = asking.held([row.key])[row.key]
    if not holdings:
        return False
    settle_proved(by=by(row.pharmacy_id), difference=row, holding=holdings[0])
    return True


def resend_missing(*, by: Actor, difference: Difference) -> None:
    """Send an accepted parcel again with its key: our books claim no more than theirs, from this act on.

    ConflictError where a newer version is there, for all we know: the older must not follow it.
    """
    with act(by=by, kind=EventKind.PARCEL_RESENT, subject_kind="parcel", subject_id=difference.parcel_id) as commit:
        if _there(newer_that_left(difference.parcel_id)):
            raise ConflictError("a newer version is there: an older one must not follow it")
        resend_parcel(commit, difference.parcel_id)
        commit.change(Difference, difference.id, mended_at=now())


def _there(newer: list[UUID]) -> list[UUID]:
    """Return those that nobody found missing there; found so, they are sent again after the older one."""
    missing = Difference.objects.filter(parcel_id__in=newer, kind=DifferenceKind.MISSING.value, mended_at=None)
    return sorted(set(newer) - set(missing.values_list("parcel_id", flat=True)))


def settle_proved(*, by: Actor, difference: Difference, holding: Holding) -> None:
    """Settle a parcel from the document that the destination holds."""
    with act(by=by, kind=EventKind.PARCEL_PROVED, subject_kind="parcel", subject_id=difference.parcel_id) as commit:
        prove_parcel(commit, difference.parcel_id, holding)
        commit.change(Difference, difference.id, mended_at=now())
