"""The statement of a day: every signed version, and for each destination its acknowledgement or what is missing.

It names no patient, no test and no outcome: what proves is the document's key, the receipt, and the times.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.journal.act import record_look
from temoin.journal.checkpoint import Checkpoint
from temoin.journal.events import EventKind
from temoin.journal.proofs import witnessed_checkpoint
from temoin.journal.queries import events_about
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.zones import bounds_of_day
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import names_of, place_of
from temoin.outbox.queries import receipts_of
from temoin.outbox.states import OPEN, ParcelState
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.pharmacies.zones import zone_here

# Versions are found by the hour of their signature, which stands in clear; one that no destination wanted is a row too.
_LINES = """
SELECT version.record_id, version.number, coalesce(parcel.posted_at, version.signed_at), parcel.id,
       parcel.destination, parcel.key, parcel.state, parcel.settled_at,
       EXISTS (SELECT FROM outbox_parcel newer
                WHERE newer.pharmacy_id = parcel.pharmacy_id AND newer.chain_id = parcel.chain_id
                  AND newer.destination = parcel.destination AND newer.sequence > parcel.sequence
                  AND newer.state = 'accepted')
  FROM testing_record_version version
  LEFT JOIN outbox_parcel parcel
    ON parcel.pharmacy_id = version.pharmacy_id AND parcel.chain_id = version.record_id
   AND parcel.sequence = version.number AND parcel.destination <> ALL(%s)
 WHERE version.pharmacy_id = %s AND version.signed_at >= %s AND version.signed_at < %s
 ORDER BY 3, 1, 2, 5
"""
_COUNTS = """
SELECT parcel.destination, parcel.state, count(*)
  FROM testing_record_version version
  JOIN outbox_parcel parcel
    ON parcel.pharmacy_id = version.pharmacy_id AND parcel.chain_id = version.record_id
   AND parcel.sequence = version.number
 WHERE version.pharmacy_id = %s AND version.signed_at >= %s AND version.signed_at < %s
 GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Line:
    """One signed version at one destination; without a destination, nobody was to be told of it."""

    record_id: UUID
    version: int
    at: datetime  # posted with the signature; to the hour where nothing was posted
    parcel_id: UUID | None
    destination: str
    key: str
    state: ParcelState | None
    settled_at: datetime | None
    receipt: str  # what the destination calls it
    reason: str  # of a withdrawal: its code
    newer_is_accepted: bool

    @property
    def is_missing(self) -> bool:
        """Tell whether its destination has not acknowledged it, nor the newer version that replaced it."""
        is_replaced = self.state is ParcelState.REPLACED and not self.newer_is_accepted
        return self.state in OPEN or is_replaced

    @property
    def is_exception(self) -> bool:
        """Tell whether it comes first on the paper: missing, or withdrawn by a person."""
        return self.is_missing or self.state is ParcelState.WITHDRAWN


@dataclass(frozen=True)
class Statement:
    """A day as the paper shows it."""

    day: date
    is_over: bool
    lines: list[Line]
    checkpoint: Checkpoint | None

    @property
    def results(self) -> int:
        """Return how many versions were signed."""
        return len({(line.record_id, line.version) for line in self.lines})

    @property
    def missing(self) -> int:
        """Return how many acknowledgements are missing."""
        return sum(line.is_missing for line in self.lines)

    @property
    def withdrawn(self) -> int:
        """Return how many sendings a person withdrew."""
        return sum(line.state is ParcelState.WITHDRAWN for line in self.lines)

    @property
    def untold(self) -> int:
        """Return how many versions no destination wanted."""
        return sum(not line.destination for line in self.lines)


@dataclass(frozen=True)
class DayCount:
    """Where the versions signed on a day are, for one destination."""

    destination: str
    states: Counter[ParcelState]

    @property
    def signed(self) -> int:
        """Return how many were to be sent."""
        return self.states.total()

    @property
    def accepted(self) -> int:
        """Return how many arrived."""
        return self.states[ParcelState.ACCEPTED]

    @property
    def refused(self) -> int:
        """Return how many were refused."""
        return self.states[ParcelState.REFUSED]

    @property
    def on_the_way(self) -> int:
        """Return how many are still to arrive."""
        return sum(self.states[state] for state in OPEN) - self.refused

    @property
    def ended(self) -> int:
        """Return how many were replaced or withdrawn."""
        return self.signed - self.accepted - self.refused - self.on_the_way


def read_day(*, by: Holder, day: date) -> list[DayCount]:
    """Return where the results of a day are, by destination: counts, and no patient."""
    check_right(by=by, right=Right.READ_TEST)
    found: dict[str, Counter[ParcelState]] = {}
    with tenant_scope(by.pharmacy_id):
        for destination, state, count in _ask(_COUNTS, _place(day)):
            found.setdefault(destination, Counter())[ParcelState(state)] = count
    return [
        DayCount(destination, states) for destination, states in sorted(found.items(), key=lambda one: place_of(one[0]))
    ]


def read_statement(*, by: Seat, day: date) -> Statement:
    """Return the statement of a day, the exceptions first; showing it for printing is an event."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        lines = _lines(day)
        lines.sort(key=lambda line: not line.is_exception)
        statement = Statement(day, day < today(by.pharmacy_id), lines, witnessed_checkpoint())
        told = f"{day.isoformat()} {statement.results} {statement.missing}"
        record_look(by=by, kind=EventKind.STATEMENT_PRINTED, subject_kind="pharmacy", subject_id=None, detail=told)
    return statement


def _lines(day: date) -> list[Line]:
    # What a patient is sent is no notice to anybody: the statement leaves it out.
    rows = _ask(_LINES, [names_of(Audience.PATIENT), *_place(day)])
    in_state = {state: [row[3] for row in rows if row[6] == state] for state in ("accepted", "withdrawn")}
    receipts = {parcel_id: str(held.get("id", "")) for parcel_id, held in receipts_of(in_state["accepted"]).items()}
    withdrawals = events_about(in_state["withdrawn"], [EventKind.PARCEL_WITHDRAWN.value])
    reasons = {event.subject_id: event.detail for event in withdrawals}
    return [
        Line(
            record_id=record_id,
            version=number,
            at=at,
            parcel_id=parcel_id,
            destination=destination or "",
            key=key or "",
            state=ParcelState(state) if state else None,
            settled_at=settled_at,
            receipt=receipts.get(parcel_id, ""),
            reason=reasons.get(parcel_id, ""),
            newer_is_accepted=newer,
        )
        for record_id, number, at, parcel_id, destination, key, state, settled_at, newer in rows
    ]


def _place(day: date) -> list[Any]:
    return [current_pharmacy(), *bounds_of_day(day, zone_here())]


def _ask(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
