"""Compares a day of our books with what a destination holds, half an hour at a time.

A document is received there at about the moment at which it is accepted here, so each half hour of ours is looked for
in three of theirs: it, the one before and the one after. Whatever is not found so (a clock that is wrong, a document
that stayed in doubt for hours, a second copy weeks later) is only *suspected*, and the destination is asked for that
very key. A difference therefore never rests on a time, only on a state read after an answer about the key itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temoin.lib.zones import read_instant
from temoin.outbox.courier import Holding
from temoin.outbox.ended import mark_of
from temoin.outbox.reconciling import Booked, accepted_between, booked_under
from temoin.outbox.states import ParcelState
from temoin.transmission.asking import Asking
from temoin.transmission.differences import DifferenceKind, differences_of

STRETCH = timedelta(minutes=30)
PORTION = 500  # suspects asked about before the next are gathered


@dataclass(frozen=True, slots=True)
class Found:
    """One difference. An alien has no pharmacy and no parcel here."""

    kind: DifferenceKind
    key: str
    pharmacy_id: UUID | None = None
    parcel_id: UUID | None = None


@dataclass(slots=True)
class Comparison:
    """One day at one destination; `accepted` and `held` count what was gone through."""

    destination: str
    asking: Asking
    since: datetime
    until: datetime
    accepted: int = 0
    held: int = 0
    unseen: set[str] = field(default_factory=set)  # marks of what was erased here, until it is seen there
    _seen: dict[int, dict[str, str]] = field(default_factory=dict)  # by half hour: key, and its id there
    _suspects: list[str] = field(default_factory=list)

    def differences(self, is_stopped: Callable[[], bool]) -> Iterator[Found]:
        """Give each difference, some more than once; an OSError ends it when the destination does not answer wholly."""
        last = -((self.since - self.until) // STRETCH)
        yield from self._read(-1)
        yield from self._read(0)
        for number in range(last):
            if is_stopped():
                return
            yield from self._read(number + 1)
            yield from self._compare(number)
            del self._seen[number - 1]
        yield from self._ask()

    def _bounds(self, number: int) -> tuple[datetime, datetime]:
        start = self.since + number * STRETCH
        return start, start + STRETCH

    def _read(self, number: int) -> Iterator[Found]:
        """Go through what they received in a half hour."""
        self._seen[number] = {}
        is_inside = self.since <= self._bounds(number)[0] < self.until
        for portion in self.asking.received(*self._bounds(number)):
            self.held += len(portion) if is_inside else 0
            booked = {each.key: each for each in booked_under(self.destination, [each.key for each in portion])}
            for holding in self._new(number, portion):
                if is_inside:
                    yield from self._look(booked.get(holding.key), holding)

    def _new(self, number: int, portion: list[Holding]) -> Iterator[Holding]:
        """Yield the holdings that were not seen before; suspect a key whose id at the server has changed."""
        self.unseen.difference_update(mark_of(each.key) for each in portion if self.unseen)
        for holding in portion:
            first = self._seen_under(holding.key)
            self._seen[number].setdefault(holding.key, holding.id)
            if first is None:
                yield holding
            elif first != holding.id:
                self._suspects.append(holding.key)

    def _look(self, parcel: Booked | None, holding: Holding) -> Iterator[Found]:
        if parcel is None:
            yield Found(DifferenceKind.ALIEN, holding.key)
        elif not _agrees(parcel, holding):
            self._suspects.append(holding.key)

    def _compare(self, number: int) -> Iterator[Found]:
        """Look for what was accepted here in a half hour among what they received about then."""
        since, until = self._bounds(number)
        for portion in accepted_between(self.destination, since, min(until, self.until)):
            self.accepted += len(portion)
            self._suspects += [each.key for each in portion if self._seen_under(each.key) is None]
        if len(self._suspects) >= PORTION:
            yield from self._ask()

    def _ask(self) -> Iterator[Found]:
        suspects, self._suspects = list(dict.fromkeys(self._suspects)), []
        for start in range(0, len(suspects), PORTION):
            yield from judged(self.destination, self.asking, suspects[start : start + PORTION])

    def _seen_under(self, key: str) -> str | None:
        return next((seen[key] for seen in self._seen.values() if key in seen), None)


def judged(destination: str, asking: Asking, keys: list[str]) -> Iterator[Found]:
    """Ask for these very keys, then read what our books say now."""
    held = asking.held(keys)
    for parcel in booked_under(destination, keys):
        for kind in sorted(differences_of(parcel.state, len(held[parcel.key]))):
            yield Found(kind, parcel.key, parcel.pharmacy_id, parcel.id)


def _agrees(parcel: Booked, holding: Holding) -> bool:
    """Tell whether a holding needs no question: accepted here at about the moment at which it came there."""
    received = moment_told(holding.received_at)
    if parcel.state != ParcelState.ACCEPTED or parcel.settled_at is None or received is None:
        return False
    # Two copies that both agree are less than two stretches apart, and so are seen beside each other.
    return abs(received - parcel.settled_at) < STRETCH


def moment_told(text: str) -> datetime | None:
    """Return when a destination says that something came; None for what is no moment."""
    try:
        return read_instant(text, unsaid=UTC)
    except ValueError:
        return None
