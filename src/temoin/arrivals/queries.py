"""Who waits with a form of their own: the counter sees numbers, and one look opens a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temoin.arrivals.box import LIFE
from temoin.arrivals.filled import FilledForm, read_filled
from temoin.arrivals.models import Arrival, ArrivalKey
from temoin.arrivals.states import ArrivalState
from temoin.crypto.arrival import FormBrokenError, FormPlace, open_form
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right


@dataclass(frozen=True)
class WaitingArrival:
    """A form that nobody has looked after yet, by its number alone."""

    id: UUID
    number: int
    handed_at: datetime


@dataclass(frozen=True)
class OpenedArrival:
    """A form that was opened; `filled` is None where it is none that the page makes."""

    id: UUID
    number: int
    filled: FilledForm | None


def waiting_arrivals(*, by: Holder) -> list[WaitingArrival]:
    """Return the forms that wait, the first handed in first: no patient data, and no more than there are numbers."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        waiting = Arrival.objects.filter(state=ArrivalState.WAITING.value, expires_at__gt=now())
        rows = waiting.order_by("expires_at", "id").values_list("id", "number", "expires_at")
        return [WaitingArrival(row_id, number, expires_at - LIFE) for row_id, number, expires_at in rows]


def read_arrival(*, by: Holder, arrival_id: UUID) -> OpenedArrival:
    """Open a form that waits; the look is an event. ConflictError once somebody looked after it, or it has ended."""
    check_right(by=by, right=Right.REGISTER_TEST)
    check_right(by=by, right=Right.REGISTER_PATIENT)
    with tenant_scope(by.pharmacy_id):
        arrival = arrival_in_scope(arrival_id)
        check_waits(arrival)
        record_look(by=by, kind=EventKind.ARRIVAL_READ, subject_kind="arrival", subject_id=arrival_id)
        return OpenedArrival(arrival.id, arrival.number, _opened(arrival))


def arrival_in_scope(arrival_id: UUID) -> Arrival:
    """Return a form of the pharmacy in scope, for an act that records its own event."""
    arrival: Arrival | None = Arrival.objects.filter(id=arrival_id).first()
    if arrival is None:
        raise NotFoundError
    return arrival


def check_waits(arrival: Arrival) -> None:
    """Raise ConflictError unless the form waits and its hours are not over."""
    if arrival.state != ArrivalState.WAITING or arrival.expires_at <= now():
        raise ConflictError("nobody waits with this form any more")


def code_of(arrival: Arrival) -> str:
    """Return the code that the patient's browser drew, for the act that accepts the form."""
    filled = _opened(arrival)
    if filled is None:
        raise ConflictError("this is no form that the page makes")
    return filled.code


def _opened(arrival: Arrival) -> FilledForm | None:
    key = ArrivalKey.objects.get(id=arrival.key_id)
    private = bytes.fromhex(key.unseal()["private"])
    place = FormPlace(arrival.pharmacy_id, arrival.key_id, arrival.id)
    try:
        return read_filled(open_form(private, place, bytes(arrival.ciphertext)))
    except FormBrokenError:
        return None
