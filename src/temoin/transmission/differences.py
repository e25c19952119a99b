"""What can differ between our books and an authority's, and the one rule that tells it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from temoin.outbox.states import ParcelState

GRACE = timedelta(minutes=15)  # what came later is still on its way through our own books, and theirs


class Kind(StrEnum):
    """How a key differs."""

    MISSING = "missing"  # accepted here, not held there
    UNPROVED = "unproved"  # accepted here, and no acknowledgement is kept
    UNSETTLED = "unsettled"  # held there, not settled here
    CLOSED = "closed"  # held there, refused, replaced or withdrawn here
    TWICE = "twice"  # held there more than once
    ALIEN = "alien"  # held there under a key of ours that nobody here knows


MEANING = {
    Kind.MISSING: "accepted here, not held there",
    Kind.UNPROVED: "accepted here without an acknowledgement",
    Kind.UNSETTLED: "held there, not settled here",
    Kind.CLOSED: "held there, refused, replaced or withdrawn here",
    Kind.TWICE: "held there more than once",
    Kind.ALIEN: "held there, unknown here",
}
REPAIRABLE = frozenset({Kind.MISSING, Kind.UNPROVED, Kind.UNSETTLED})

_UNSETTLED = frozenset({ParcelState.WAITING, ParcelState.IN_DOUBT})
_CLOSED = frozenset({ParcelState.REFUSED, ParcelState.REPLACED, ParcelState.WITHDRAWN})


def differences_of(state: str, copies: int) -> frozenset[Kind]:
    """Compare a parcel's state with how many copies of its key are held there.

    A parcel being sent at this moment differs from nothing: its worker is about to settle it.
    """
    found = {Kind.TWICE} if copies > 1 else set()
    if copies == 0 and state == ParcelState.ACCEPTED:
        found.add(Kind.MISSING)
    if copies and state in _UNSETTLED:
        found.add(Kind.UNSETTLED)
    if copies and state in _CLOSED:
        found.add(Kind.CLOSED)
    return frozenset(found)
