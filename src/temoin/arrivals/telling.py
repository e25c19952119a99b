"""Patients whose appointment the team moved or cancelled, until they know of it: the worker writes, or the team calls.

Their form alone says how to reach them: of a cancelled appointment it stays until then, and no longer than its day.
Whoever gave an e-mail address is written to, asked for or not: it is about their own appointment. See decision 0180.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from temoin.arrivals.filled import FilledForm
from temoin.arrivals.models import Arrival
from temoin.arrivals.queries import arrival_in_scope, opened_form
from temoin.arrivals.states import ArrivalState
from temoin.journal.act import act, record_look
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.lib.mail_address import AddressError, wire_address
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right

PRESSING = timedelta(hours=3)
UNTOLD = (ArrivalState.WAITING.value, ArrivalState.CANCELLED.value)


class HowTold(StrEnum):
    """How a patient learns that their appointment was moved or cancelled."""

    MAIL = "mail"  # the worker writes
    CALL = "call"  # nobody can be written to
    NOBODY = "nobody"  # the form cannot be read: there is nobody to call either
    KNOWN = "known"  # it is again at the hour that the patient believes in


@dataclass(frozen=True)
class UntoldPatient:
    """An appointment whose patient does not know yet; `starts_at` is None where it is cancelled."""

    id: UUID
    number: int
    former_at: datetime
    starts_at: datetime | None
    call_since: datetime | None


@dataclass(frozen=True)
class CallSheet:
    """Whom to call, as their form says; `filled` is None where it cannot be read."""

    patient: UntoldPatient
    filled: FilledForm | None


def to_tell(arrival: Arrival, moved_to: datetime | None = None) -> tuple[HowTold, dict[str, Any]]:
    """Return how a patient will be told, and the columns that say so, for an act that records its own event."""
    if moved_to and moved_to == arrival.former_at:
        return HowTold.KNOWN, {"former_at": None, "call_since": None}
    filled = opened_form(arrival)
    if filled is None:
        return HowTold.NOBODY, {"former_at": None, "call_since": None}
    is_mail = can_be_written_to(filled)
    believed = arrival.former_at or arrival.starts_at
    told = {"former_at": believed, "call_since": None if is_mail else now()}
    return (HowTold.MAIL if is_mail else HowTold.CALL), told


def can_be_written_to(filled: FilledForm) -> bool:
    """Tell whether a form holds an address that mail can be sent to."""
    try:
        return bool(wire_address(filled.traits["email"].strip()))
    except AddressError:
        return False


def untold_patients(*, by: Holder) -> list[UntoldPatient]:
    """Return who does not know yet, by the hour that they believe in: no patient data. Those to call come first."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        rows = Arrival.objects.filter(former_at__isnull=False, state__in=UNTOLD, expires_at__gt=now())
        ordered = rows.defer("ciphertext").order_by("former_at")
        found = [_untold(row, row.former_at) for row in ordered if row.former_at]
    return sorted(found, key=lambda one: one.call_since is None)


def read_call_sheet(*, by: Holder, arrival_id: UUID) -> CallSheet:
    """Open the form of somebody who is to be told; the look is an event. ConflictError once they were."""
    check_right(by=by, right=Right.REGISTER_TEST)
    check_right(by=by, right=Right.REGISTER_PATIENT)
    with tenant_scope(by.pharmacy_id):
        one, former_at = _to_be_told(arrival_id)
        record_look(by=by, kind=EventKind.ARRIVAL_READ, subject_kind="arrival", subject_id=arrival_id)
        return CallSheet(_untold(one, former_at), opened_form(one))


def note_called(*, by: Holder, arrival_id: UUID, told: datetime | None) -> None:
    """Note that the team told a patient the hour that stands, None that it is cancelled: nothing of that form stays.

    ConflictError once they know, or where it stands otherwise by now.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    with act(by=by, kind=EventKind.APPOINTMENT_TOLD, subject_kind="arrival", subject_id=arrival_id) as commit:
        arrival, former_at = _to_be_told(arrival_id)
        if told != (None if arrival.state == ArrivalState.CANCELLED else arrival.starts_at):
            raise ConflictError("this patient was told another hour")
        seen = {"state": arrival.state, "starts_at": arrival.starts_at, "former_at": former_at}
        commit.change(Arrival, arrival_id, only_if=seen, **told_columns(arrival.state))


def check_hour(starts_at: datetime | None, expected: datetime | None) -> None:
    """Raise ConflictError where an appointment does not stand at the hour that a person saw; None: they saw none."""
    if expected is not None and starts_at != expected:
        raise ConflictError("this appointment was moved meanwhile")


def told_columns(state: str) -> dict[str, Any]:
    """Return the columns of an appointment whose patient knows."""
    ended = {"ciphertext": b""} if state == ArrivalState.CANCELLED else {}
    return {"former_at": None, "call_since": None, **ended}


def _to_be_told(arrival_id: UUID) -> tuple[Arrival, datetime]:
    arrival = arrival_in_scope(arrival_id)
    if arrival.former_at is None or arrival.state not in UNTOLD or arrival.expires_at <= now():
        raise ConflictError("this patient was told already, or the day is over")
    return arrival, arrival.former_at


def _untold(row: Arrival, former_at: datetime) -> UntoldPatient:
    starts_at = None if row.state == ArrivalState.CANCELLED else row.starts_at
    # Who is about to set out may not read their mail any more, and mail may be held up.
    is_pressing = min(former_at, starts_at or former_at) - now() < PRESSING
    return UntoldPatient(row.id, row.number, former_at, starts_at, row.call_since or (now() if is_pressing else None))
