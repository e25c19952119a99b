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

PAGE = 200  # sendings on one page
# Versions are found by the hour of their signature, which stands in clear; one that no destination wanted is a row too.
# A replaced one is missing until its destination has acknowledged a newer version.
_SENDINGS = """
SELECT sending.*, state = ANY(%(open)s) OR state = 'replaced' AND NOT newer_is_accepted AS is_missing
  FROM (SELECT version.record_id, version.number, coalesce(parcel.posted_at, version.signed_at) AS at,
               parcel.id AS parcel_id, parcel.destination, parcel.key, parcel.state, parcel.settled_at,
               EXISTS (SELECT FROM outbox_parcel newer
                        WHERE newer.pharmacy_id = parcel.pharmacy_id AND newer.chain_id = parcel.chain_id
                          AND newer.destination = parcel.destination AND newer.sequence > parcel.sequence
                          AND newer.state = 'accepted') AS newer_is_accepted
          FROM testing_record_version version
          LEFT JOIN outbox_parcel parcel
            ON parcel.pharmacy_id = version.pharmacy_id AND parcel.chain_id = version.record_id
           AND parcel.sequence = version.number AND parcel.destination <> ALL(%(untold)s)
         WHERE version.pharmacy_id = %(pharmacy)s
           AND version.signed_at >= %(since)s AND version.signed_at < %(until)s) sending
"""
_LINES = f"""
SELECT record_id, number, at, parcel_id, destination, key, state, settled_at, is_missing
  FROM ({_SENDINGS}) line
 ORDER BY coalesce(is_missing OR state = 'withdrawn', false) DESC, at, record_id, number, destination
 LIMIT %(page)s OFFSET %(first)s
"""  # noqa: S608 a constant
_TALLIES = f"""
SELECT destination, count(*), count(*) FILTER (WHERE is_missing), count(*) FILTER (WHERE state = 'withdrawn')
  FROM ({_SENDINGS}) line
 GROUP BY 1
"""  # noqa: S608 a constant
_VERSIONS = """
SELECT count(*) FROM testing_record_version
 WHERE pharmacy_id = %(pharmacy)s AND signed_at >= %(since)s AND signed_at < %(until)s
"""
_COUNTS = """
SELECT parcel.destination, parcel.state, count(*)
  FROM testing_record_version version
  JOIN outbox_parcel parcel
    ON parcel.pharmacy_id = version.pharmacy_id AND parcel.chain_id = version.record_id
   AND parcel.sequence = version.number
 WHERE version.pharmacy_id = %(pharmacy)s AND version.signed_at >= %(since)s AND version.signed_at < %(until)s
 GROUP BY 1, 2
"""


@dataclass(frozen=True)
class StatementLine:
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
    is_missing: bool  # its destination acknowledged neither it nor the newer version that replaced it

    @property
    def is_exception(self) -> bool:
        """Tell whether it comes first on the paper: missing, or withdrawn by a person."""
        return self.is_missing or self.state is ParcelState.WITHDRAWN


@dataclass(frozen=True)
class Tally:
    """What was to be sent to one destination on a day; without a destination, to nobody."""

    destination: str
    signed: int
    missing: int
    withdrawn: int


@dataclass(frozen=True)
class Statement:
    """A day as the paper shows it: all of it counted, and one page of its sendings."""

    day: date
    is_over: bool
    results: int  # versions signed
    tallies: list[Tally]
    lines: list[StatementLine]
    checkpoint: Checkpoint | None

    @property
    def missing(self) -> int:
        """Return how many acknowledgements are missing."""
        return sum(tally.missing for tally in self.tallies)

    @property
    def withdrawn(self) -> int:
        """Return how many sendings a person withdrew."""
        return sum(tally.withdrawn for tally in self.tallies)

    @property
    def untold(self) -> int:
        """Return how many versions no destination wanted."""
        return sum(tally.signed for tally in self.tallies if not tally.destination)

    @property
    def pages(self) -> int:
        """Return how many pages the sendings fill."""
        return max(1, -(-sum(tally.signed for tally in self.tallies) // PAGE))


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


def read_statement(*, by: Seat, day: date, page: int = 0) -> Statement:
    """Return the statement of a day with one page of its sendings, the exceptions first; showing it is an event."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        statement = Statement(
            day=day,
            is_over=day < today(by.pharmacy_id),
            results=_ask(_VERSIONS, _place(day))[0][0],
            tallies=_tallies(day),
            lines=_lines(day, page),
            checkpoint=witnessed_checkpoint(),
        )
        told = f"{day.isoformat()} {statement.results} {statement.missing}"
        record_look(by=by, kind=EventKind.STATEMENT_PRINTED, subject_kind="pharmacy", subject_id=None, detail=told)
    return statement


def _tallies(day: date) -> list[Tally]:
    rows = _ask(_TALLIES, _place(day))
    return [Tally(destination or "", *counts) for destination, *counts in sorted(rows, key=lambda row: row[0] or "")]


def _lines(day: date, page: int) -> list[StatementLine]:
    rows = _ask(_LINES, {**_place(day), "page": PAGE, "first": page * PAGE})
    in_state = {state: [row[3] for row in rows if row[6] == state] for state in ("accepted", "withdrawn")}
    receipts = {parcel_id: str(held.get("id", "")) for parcel_id, held in receipts_of(in_state["accepted"]).items()}
    withdrawals = events_about(in_state["withdrawn"], [EventKind.PARCEL_WITHDRAWN.value])
    reasons = {event.subject_id: event.detail for event in withdrawals}
    return [
        StatementLine(
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
            is_missing=bool(is_missing),
        )
        for record_id, number, at, parcel_id, destination, key, state, settled_at, is_missing in rows
    ]


def _place(day: date) -> dict[str, Any]:
    # What a patient is sent is no notice to anybody: the statement leaves it out.
    since, until = bounds_of_day(day, zone_here())
    place = {"pharmacy": current_pharmacy(), "since": since, "until": until}
    return place | {"open": sorted(OPEN), "untold": names_of(Audience.PATIENT)}


def _ask(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
