"""How each lane stands, for the operator: identifiers, states and counts of all pharmacies together, nothing sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from temoin.outbox.circuit import Circuit
from temoin.outbox.courier import couriers
from temoin.outbox.lanes import rate_of, read_circuit
from temoin.outbox.states import ParcelState

# Two questions, because each has its own small index; what is settled, most of the table, is never read.
_COUNT = """
SELECT destination, state, count(*), min(posted_at) FROM outbox_parcel
WHERE state IN ('waiting', 'sending', 'in_doubt') GROUP BY destination, state
UNION ALL
SELECT destination, state, count(*), min(posted_at) FROM outbox_parcel
WHERE state = 'refused' GROUP BY destination, state
"""

_MATTERS = """
SELECT destination, count(*) FROM outbox_parcel
WHERE matter_since IS NOT NULL AND state IN ('waiting', 'sending', 'in_doubt') GROUP BY destination
"""


@dataclass(frozen=True)
class ParcelStanding:
    """One lane: its circuit, its rate, how many parcels are in which state, and since when the oldest is unsettled."""

    destination: str
    circuit: Circuit
    rate: int | None
    counts: dict[ParcelState, int]
    oldest: datetime | None
    matters: int  # that meet the same answer again and again: somebody should look
    is_served: bool  # whether a courier of this installation serves it

    @property
    def waiting(self) -> int:
        """Return how many are to be sent or on their way."""
        return self.counts.get(ParcelState.WAITING, 0) + self.counts.get(ParcelState.SENDING, 0)


def lane_standings() -> list[ParcelStanding]:
    """Return every lane that has a courier or parcels; for the worker's role, which schedules every pharmacy."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        rows = [(name, ParcelState(state), count, since) for name, state, count, since in cursor.fetchall()]
        cursor.execute(_MATTERS)
        matters = dict(cursor.fetchall())
    served = couriers()
    return [
        ParcelStanding(
            destination=name,
            circuit=read_circuit(name),
            rate=rate_of(name),
            counts={state: count for where, state, count, _ in rows if where == name},
            oldest=min((since for where, state, _, since in rows if where == name and _is_open(state)), default=None),
            matters=matters.get(name, 0),
            is_served=name in served,
        )
        for name in sorted(set(served) | {row[0] for row in rows})
    ]


def _is_open(state: ParcelState) -> bool:
    return state is not ParcelState.REFUSED
