"""Cuts: places of the tree whose events a restore lost, as a sealed event states them, and when that is believed.

A statement is believed when it is the first thing sealed after the places that it names, names them from the first
that is empty to the checkpoint before it, and bears that tree's root; and when nothing that is there among them is
younger than the first checkpoint that was lost. Whatever else is missing was taken away, and stays a finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

RESUMED = b"journal.resumed"
NOWHERE = b"00000000-0000-0000-0000-000000000000"  # whose a place is that has lost its event
_DETAIL = re.compile(rb"from=(0|[1-9][0-9]{0,18}) to=([1-9][0-9]{0,18})")
_KIND, _DETAIL_AT, _DIGEST_AT = 4, 12, 13  # columns of a leaf


@dataclass(frozen=True)
class LostRange:
    """Places start..end-1, some of which have lost their events, and the root of the tree of `end`."""

    start: int
    end: int
    root: str

    @property
    def detail(self) -> str:
        return f"from={self.start} to={self.end}"


@dataclass(frozen=True)
class Cut:
    """A statement that was believed."""

    lost: LostRange
    count: int
    event_id: str

    def __str__(self) -> str:
        where = f"{self.count} events at places {self.lost.start} to {self.lost.end - 1}"
        return f"A restore lost {where}, as event {self.event_id} states."


@dataclass
class Gap:
    """Empty places that nobody has stated yet, and what is there after the first of them."""

    start: int
    places: list[int] = field(default_factory=list)
    sealed_at: int | None = None  # of the first checkpoint that was lost
    latest: int = 0  # the youngest event that is there, up to the last checkpoint
    latest_since: int = 0

    def note_event(self, microseconds: int) -> None:
        self.latest_since = max(self.latest_since, microseconds)

    def note_checkpoint(self, microseconds: int) -> None:
        if self.sealed_at is None:
            self.sealed_at = microseconds
        self.latest, self.latest_since = max(self.latest, self.latest_since), 0

    def is_stated_by(self, told: LostRange, *, size: int, root: bytes, slack: int) -> bool:
        """Tell whether a statement is about exactly these places; size and root are of the last checkpoint."""
        if self.sealed_at is None or self.latest > self.sealed_at + slack:
            return False
        return (told.start, told.end, told.root) == (self.start, size, root.hex()) and max(self.places) < size


def place_of(digest: bytes) -> bytes:
    """Return what stands in the place of a lost event's identifier: the beginning of its leaf's hash."""
    return str(UUID(bytes=digest[:16])).encode()


def stated_in(leaf: bytes) -> LostRange | None:
    """Return what an event's leaf states; None when it is another event, or none of ours."""
    columns = leaf.split(b"\t")
    if len(columns) <= _DIGEST_AT or columns[_KIND] != RESUMED:
        return None
    found = _DETAIL.fullmatch(columns[_DETAIL_AT])
    return None if found is None else LostRange(int(found[1]), int(found[2]), columns[_DIGEST_AT].decode())
