"""The circuit of a lane: when a destination may be tried, and how fast. No database here, only the rules.

Closed, parcels pass at the destination's rate. After THRESHOLD troubles without one proper answer it opens: nothing is
tried and no parcel's attempt is spent. When the pause is over one parcel probes; an answer closes the circuit, and the
pace then grows from FIRST_PACE, doubling each second, so that all workers together never fall upon a destination that
has just come back. A pause that the destination asks for opens it at once and ends in the same slow start.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

THRESHOLD = 5  # troubles in a row
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds; one probe a minute burdens nobody, and recovery is soon seen
FIRST_PACE = 4.0  # parcels per second at the beginning of a slow start
FULL_PACE_AFTER = 10.0  # seconds of slow start; it has reached some 4,000 a second by then
PROBE = timedelta(seconds=30)  # a probe that is not told by then died with its worker: the lease of its parcel


class CircuitState(StrEnum):
    """What the circuit lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Brought:
    """What a batch brought from the destination: whether it answered properly, and what went wrong meanwhile."""

    answered: bool = False
    troubles: int = 0
    code: str = ""  # of the last trouble
    asked: float = 0.0  # seconds of pause that the destination asked for

    @property
    def is_smooth(self) -> bool:
        return self.troubles == 0 and not self.asked


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """What all workers know of a destination; `paused_until` is also where a slow start began."""

    troubles: int = 0
    code: str = ""
    paused_until: datetime | None = None
    probe_until: datetime | None = None
    tokens: float = 0.0
    taken_at: datetime | None = None

    def state(self, moment: datetime) -> CircuitState:
        if self.paused_until is not None and self.paused_until > moment:
            return CircuitState.OPEN
        return CircuitState.HALF_OPEN if self.troubles >= THRESHOLD else CircuitState.CLOSED

    def pace(self, rate: int | None, moment: datetime) -> float | None:
        """Return how many parcels a second may pass; None for any number."""
        paces = [] if rate is None else [float(rate)]
        if self.paused_until is not None:
            elapsed = (moment - self.paused_until).total_seconds()
            if elapsed < FULL_PACE_AFTER:
                paces.append(FIRST_PACE * 2.0 ** max(0.0, elapsed))
        return min(paces, default=None)

    def allowance(self, rate: int | None, moment: datetime, most: int) -> int:
        """Return how many parcels may be taken now, `most` at most."""
        state = self.state(moment)
        if state is CircuitState.OPEN:
            return 0
        if state is CircuitState.HALF_OPEN:
            return 0 if self.probe_until is not None and self.probe_until > moment else 1
        pace = self.pace(rate, moment)
        return most if pace is None else min(most, int(self._tokens(pace, moment)))

    def lets_all(self, rate: int | None, moment: datetime) -> bool:
        return self.state(moment) is CircuitState.CLOSED and self.pace(rate, moment) is None

    def taken(self, count: int, rate: int | None, moment: datetime) -> Circuit:
        """Return the circuit after `count` parcels were taken."""
        if count == 0:
            return self
        if self.state(moment) is CircuitState.HALF_OPEN:
            return replace(self, probe_until=moment + PROBE)
        pace = self.pace(rate, moment)
        tokens = 0.0 if pace is None else self._tokens(pace, moment) - count
        return replace(self, tokens=tokens, taken_at=moment)

    def after(self, brought: Brought, moment: datetime) -> Circuit:
        told = self._after_answers(brought, moment)
        if not brought.asked:
            return told
        return _pause(told, max(told.paused_until or moment, moment + timedelta(seconds=brought.asked)))

    def _after_answers(self, brought: Brought, moment: datetime) -> Circuit:
        state = self.state(moment)
        if state is CircuitState.OPEN:
            return self  # of tries from before the pause: the probe will tell
        if brought.answered:
            well = replace(self, troubles=0, code=brought.code, probe_until=None)
            return _pause(well, moment) if state is CircuitState.HALF_OPEN else well  # the slow start begins
        if brought.troubles == 0:
            return replace(self, probe_until=None)  # the probe never left: the next one may
        is_probe = state is CircuitState.HALF_OPEN
        troubles = self.troubles + 1 if is_probe else min(self.troubles + brought.troubles, THRESHOLD)
        troubled = replace(self, troubles=troubles, code=brought.code, probe_until=None)
        return troubled if troubles < THRESHOLD else _pause(troubled, moment + _length(troubles))

    def _tokens(self, pace: float, moment: datetime) -> float:
        """Return the parcels that have been saved up: those of one second at most."""
        most = max(1.0, pace)
        if self.taken_at is None:
            return most
        return min(most, self.tokens + pace * max(0.0, (moment - self.taken_at).total_seconds()))


def _pause(circuit: Circuit, until: datetime) -> Circuit:
    return replace(circuit, paused_until=until, tokens=0.0, taken_at=until)


def _length(troubles: int) -> timedelta:
    """Return how long a circuit stays open: doubling with each failed probe, with jitter."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(troubles - THRESHOLD, 16))
    return timedelta(seconds=pause * random.uniform(0.5, 1.0))  # noqa: S311 spreads probes, guards nothing
