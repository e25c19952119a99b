"""What can differ between our books and an authority's, and the one rule that tells it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from temoin.outbox.states import ParcelState

GRACE = timedelta(minutes=15)  # what came later is still on its way through our own books, and theirs


class DifferenceKind(StrEnum):
    """How a key differs."""

    MISSING = "missing"  # accepted here, not held there
    UNPROVED = "unproved"  # accepted here, and no acknowledgement is kept
    UNSETTLED = "unsettled"  # held there, not settled here
    CLOSED = "closed"  # held there, refused, replaced or withdrawn here
    TWICE = "twice"  # held there more than once
    ALIEN = "alien"  # held there under a key of ours that nobody here knows
    ERASED = "erased"  # held there, of a test that was erased here since
    ERASED_UNSEEN = "erased_unseen"  # accepted here and erased since; not among what came there about that day


MEANING = {
    DifferenceKind.MISSING: "accepted here, not held there",
    DifferenceKind.UNPROVED: "accepted here without an acknowledgement",
    DifferenceKind.UNSETTLED: "held there, not settled here",
    DifferenceKind.CLOSED: "held there, refused, replaced or withdrawn here",
    DifferenceKind.TWICE: "held there more than once",
    DifferenceKind.ALIEN: "held there, unknown here",
    DifferenceKind.ERASED: "held there, erased here",
    DifferenceKind.ERASED_UNSEEN: "accepted here and erased since, not seen there",
}
OF_NO_PARCEL = frozenset({DifferenceKind.ALIEN, DifferenceKind.ERASED, DifferenceKind.ERASED_UNSEEN})
REPAIRABLE = frozenset({DifferenceKind.MISSING, DifferenceKind.UNPROVED, DifferenceKind.UNSETTLED})

_UNSETTLED = frozenset({ParcelState.WAITING, ParcelState.IN_DOUBT})
_CLOSED = frozenset({ParcelState.REFUSED, ParcelState.REPLACED, ParcelState.WITHDRAWN})


def differences_of(state: str, copies: int) -> frozenset[DifferenceKind]:
    """Compare a parcel's state with how many copies of its key are held there.

    A parcel being sent at this moment differs from nothing: its worker is about to settle it.
    """
    found = {DifferenceKind.TWICE} if copies > 1 else set()
    if copies == 0 and state == ParcelState.ACCEPTED:
        found.add(DifferenceKind.MISSING)
    if copies and state in _UNSETTLED:
        found.add(DifferenceKind.UNSETTLED)
    if copies and state in _CLOSED:
        found.add(DifferenceKind.CLOSED)
    return frozenset(found)
