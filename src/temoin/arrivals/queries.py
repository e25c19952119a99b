"""Who waits with a form of their own: the counter sees numbers, and one look opens a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

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
from temoin.lib.zones import bounds_of_day, today_in
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.zones import zone_of

LATE: Final = timedelta(minutes=5)  # after the hour of an appointment
ABSENT: Final = timedelta(minutes=30)  # from then on others are served first


@dataclass(frozen=True)
class WaitingArrival:
    """A form that nobody has looked after yet, by its number alone; `starts_at` is the hour of an appointment."""

    id: UUID
    number: int
    handed_at: datetime
    starts_at: datetime | None = None
    called_at: datetime | None = None

    @property
    def turn(self) -> tuple[bool, datetime, int]:
        """Return by what the list is ordered: arrival or hour, and those who are not there behind."""
        return self.is_absent, self.starts_at or self.handed_at, self.number

    @property
    def is_absent(self) -> bool:
        """Tell whether the hour is long past, and nobody has come or been called."""
        return self._is_past(ABSENT)

    @property
    def is_late(self) -> bool:
        """Tell whether the hour is past, and somebody may still come."""
        return self._is_past(LATE) and not self.is_absent

    def _is_past(self, grace: timedelta) -> bool:
        return self.starts_at is not None and self.called_at is None and now() > self.starts_at + grace


@dataclass(frozen=True)
class OpenedArrival:
    """A form that was opened; `filled` is None where it is none that the page makes."""

    id: UUID
    number: int
    filled: FilledForm | None


def waiting_arrivals(*, by: Holder) -> list[WaitingArrival]:
    """Return the forms that wait and the appointments of today, whose turn it is first before the others.

    No patient data, and no more than there are numbers.
    """
    check_right(by=by, right=Right.READ_TEST)
    zone = zone_of(by.pharmacy_id)
    _begins, midnight = bounds_of_day(today_in(zone), zone)
    is_today = Q(starts_at=None) | Q(starts_at__lt=midnight)
    with tenant_scope(by.pharmacy_id):
        waiting = Arrival.objects.filter(is_today, state=ArrivalState.WAITING.value, expires_at__gt=now())
        rows = waiting.values_list("id", "number", "expires_at", "starts_at", "called_at")
        found = [WaitingArrival(each, number, ends - LIFE, at, called) for each, number, ends, at, called in rows]
    return sorted(found, key=lambda one: one.turn)


def read_arrival(*, by: Holder, arrival_id: UUID) -> OpenedArrival:
    """Open a form that waits; the look is an event. ConflictError once somebody looked after it, or it has ended."""
    check_right(by=by, right=Right.REGISTER_TEST)
    check_right(by=by, right=Right.REGISTER_PATIENT)
    with tenant_scope(by.pharmacy_id):
        arrival = arrival_in_scope(arrival_id)
        check_waits(arrival)
        record_look(by=by, kind=EventKind.ARRIVAL_READ, subject_kind="arrival", subject_id=arrival_id)
        return OpenedArrival(arrival.id, arrival.number, opened_form(arrival))


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
    filled = opened_form(arrival)
    if filled is None:
        raise ConflictError("this is no form that the page makes")
    return filled.code


def opened_form(arrival: Arrival) -> FilledForm | None:
    """Return what a patient filled in, for an act that records the look; None for what the page does not make."""
    key = ArrivalKey.objects.get(id=arrival.key_id)
    private = bytes.fromhex(key.unseal()["private"])
    place = FormPlace(arrival.pharmacy_id, arrival.key_id, arrival.id)
    try:
        return read_filled(open_form(private, place, bytes(arrival.ciphertext)))
    except FormBrokenError:
        return None
