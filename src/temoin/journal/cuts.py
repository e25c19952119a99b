"""Cuts: places of the tree whose events a restore lost, as sealed events state them, and when that is believed.

A statement names the places that are empty from the first of them to a checkpoint, all of them and no other, and that
checkpoint's root. It is believed when it is sealed next after that checkpoint, in every pharmacy that had an event
before; and when what is there among the places fits a restore: nothing of it younger than the first checkpoint that was
lost, nor long apart. Whatever else is missing was taken away, and whatever else is stated was made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.leaf import read_head

SLACK = timedelta(minutes=5)  # between an act's own clock and its commit; no statement or idle transaction lasts longer
SECOND = 1_000_000
_SLACK = int(SLACK.total_seconds()) * SECOND
RESUMED = b"journal.resumed"
NOWHERE = b"00000000-0000-0000-0000-000000000000"  # whose a place is that has lost its event
_DETAIL = re.compile(rb"from=(0|[1-9][0-9]{0,17}) to=([1-9][0-9]{0,17}) lost=([1-9][0-9]{0,17})")
_KIND, _DETAIL_AT, _DIGEST_AT = 4, 12, 13  # columns of a leaf


@dataclass(frozen=True)
class LostRange:
    """Of the places start..end-1, `count` have lost their events: the first, and those of which the digest is."""

    start: int
    end: int
    count: int
    digest: str

    @property
    def detail(self) -> str:
        return f"from={self.start} to={self.end} lost={self.count}"

    @staticmethod
    def read(detail: str, digest: str = "") -> LostRange | None:
        """Return what a statement says; None when it is none of ours."""
        found = _DETAIL.fullmatch(detail.encode())
        return LostRange(int(found[1]), int(found[2]), int(found[3]), digest) if found else None


@dataclass(frozen=True)
class Cut:
    """A statement that was believed."""

    lost: LostRange
    event_id: str

    def __str__(self) -> str:
        where = f"{self.lost.count} events at places {self.lost.start} to {self.lost.end - 1}"
        return f"A restore lost {where}, as event {self.event_id} states."


@dataclass
class _Hole:
    """An empty place, with what is there between it and the next, up to the last checkpoint."""

    finding: JournalFinding | None = None
    place: int = -1
    sealed_at: int | None = None  # of the first checkpoint after it
    oldest: int | None = None
    youngest: int = 0

    def note(self, oldest: int, youngest: int) -> None:
        self.oldest = oldest if self.oldest is None else min(oldest, self.oldest)
        self.youngest = max(youngest, self.youngest)

    def take(self, other: _Hole) -> None:
        if other.oldest is not None:
            self.note(other.oldest, other.youngest)


class Losses:
    """Empty places of which nobody has stated yet that they were lost, and what is stated since the last checkpoint."""

    def __init__(self, size: int, root: bytes) -> None:
        self._size, self._root = size, root  # of the last checkpoint
        self._holes: list[_Hole] = []  # before it
        self._since = [_Hole()]  # since; the first is none, and has what is there before the next
        self._told: dict[LostRange | None, list[JournalFinding]] = {}
        self._began: dict[str, int] = {}  # the first place of each pharmacy

    def miss(self, finding: JournalFinding) -> None:
        """Put off the verdict on an empty place."""
        self._since.append(_Hole(finding, finding.index or 0))

    def hear(self, index: int, pharmacy_id: str, event_id: str, leaf: bytes) -> None:
        """Take an event into account, as it was sealed."""
        self._began.setdefault(pharmacy_id, index)
        if leaf.split(b"\t", _KIND + 1)[_KIND] == RESUMED:
            finding = JournalFinding(Fault.CUT, index, event_id, pharmacy_id)  # unless it is believed
            self._told.setdefault(_stated_in(leaf), []).append(finding)
        if self._holes or len(self._since) > 1:
            moment = read_head(leaf).microseconds
            self._since[-1].note(moment, moment)

    def seal(self, size: int, root: bytes, at: int | None) -> Iterator[Cut | JournalFinding]:
        """Judge what was stated since the last checkpoint about the places before that; this one is the last now."""
        for lost, told in self._told.items():
            if lost is not None and self._is_so(lost, {one.pharmacy_id for one in told}):
                self._forget(lost.count)
                yield Cut(lost, told[0].event_id)
            else:
                yield from told
        before, *holes = self._since
        if self._holes:
            self._holes[-1].take(before)
        for hole in holes:
            hole.sealed_at = at
        self._holes += holes
        self._size, self._root, self._since, self._told = size, root, [_Hole()], {}

    def _is_so(self, lost: LostRange, pharmacies: set[str]) -> bool:
        holes = self._holes[-lost.count :]
        if len(holes) != lost.count or (holes[0].place, self._size) != (lost.start, lost.end):
            return False
        if lost.digest != digest_of(self._root, [hole.place for hole in holes]):
            return False
        if not pharmacies.issuperset(whose for whose, first in self._began.items() if first < lost.start):
            return False
        oldest = min((hole.oldest for hole in holes if hole.oldest is not None), default=0)
        youngest = max(hole.youngest for hole in holes)
        sealed_at = holes[0].sealed_at
        return sealed_at is not None and youngest <= sealed_at + _SLACK and youngest - oldest <= 2 * _SLACK

    def _forget(self, count: int) -> None:
        """Take the last places as stated; what is there among them is then behind the one before."""
        holes, self._holes = self._holes[-count:], self._holes[:-count]
        for hole in holes if self._holes else ():
            self._holes[-1].take(hole)

    def end(self) -> list[JournalFinding]:
        """Return the places of which nobody has stated that they were lost."""
        return [hole.finding for hole in (*self._holes, *self._since) if hole.finding is not None]


def lost_of(places: list[int], size: int, root: bytes) -> LostRange:
    """Return what is to be stated of these places of the tree of a size."""
    return LostRange(places[0], size, len(places), digest_of(root, places))


def digest_of(root: bytes, places: list[int]) -> str:
    """Return the digest of a statement: over the tree's root and the number of each place."""
    return sha256(root + b"".join(place.to_bytes(8, "big") for place in places)).hexdigest()


def place_of(digest: bytes) -> bytes:
    """Return what stands in the place of a lost event's identifier: the beginning of its leaf's hash."""
    return str(UUID(bytes=digest[:16])).encode()


def _stated_in(leaf: bytes) -> LostRange | None:
    columns = leaf.split(b"\t")
    return LostRange.read(columns[_DETAIL_AT].decode(), columns[_DIGEST_AT].decode())
