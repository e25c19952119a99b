"""The appointments to come as the counter sees them: by number, and moved or cancelled by the team."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.arrivals.appointments import free_seats, remind_at
from temoin.arrivals.calendar import calendar_of
from temoin.arrivals.hours import end_of_day, is_within, month_of, slots
from temoin.arrivals.models import Arrival, ArrivalKey
from temoin.arrivals.queries import arrival_in_scope, check_waits
from temoin.arrivals.states import ONE_A_SEAT, ArrivalState
from temoin.arrivals.telling import HowTold, check_hour, to_tell
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_operator, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.zones import zone_of

HOLDING = (ArrivalState.WAITING.value, ArrivalState.ACCEPTED.value)


@dataclass(frozen=True)
class Appointment:
    """An appointment by its number; `is_done` once its form was accepted.

    `is_outside` where the hours were changed since: nobody is received then any more.
    """

    id: UUID
    number: int
    starts_at: datetime
    is_done: bool
    is_outside: bool


@dataclass(frozen=True)
class FreeHour:
    """An hour to which an appointment can be moved."""

    starts_at: datetime
    left: int


def appointments_to_come(*, by: Holder) -> list[Appointment]:
    """Return today's appointments and those of the days to come, by hour: no patient data.

    No more than there are numbers of four digits.
    """
    hours, zone = calendar_of(by=by), zone_of(by.pharmacy_id)
    with tenant_scope(by.pharmacy_id):
        rows = Arrival.objects.filter(starts_at__isnull=False, state__in=HOLDING, expires_at__gt=now())
        told = rows.order_by("starts_at", "number").values_list("id", "number", "starts_at", "state")
        return [
            Appointment(
                each, number, at, done := state == ArrivalState.ACCEPTED, not (done or is_within(hours, zone, at))
            )
            for each, number, at, state in told
        ]


def free_hours(*, by: Holder) -> list[FreeHour]:
    """Return the hours that can still be taken."""
    hours = calendar_of(by=by)
    with tenant_scope(by.pharmacy_id):
        taken = Counter(_taken())
    found = slots(hours, zone_of(by.pharmacy_id), now())
    return [FreeHour(at, left) for at, _kind, _month in found if (left := hours.places - taken[at]) > 0]


def cancel_appointment(*, by: Holder, arrival_id: UUID, expected_hour: datetime | None) -> HowTold:
    """Cancel an appointment; its form stays until its patient was told.

    ConflictError once it was looked after, or where it does not stand at the hour that the person saw.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    return _cancel(arrival_id, by=by, expected_hour=expected_hour)


def cancel_all(*, by: Holder) -> Counter[HowTold]:
    """Cancel the appointments to come, for the operator who closes the pharmacy; return how many are told how."""
    check_operator(by=by)
    with tenant_scope(by.pharmacy_id):
        waiting = Arrival.objects.filter(starts_at__gt=now(), state=ArrivalState.WAITING.value)
        return Counter(_cancel(each, by=by, expected_hour=None) for each in list(waiting.values_list("id", flat=True)))


def _cancel(arrival_id: UUID, *, by: Holder, expected_hour: datetime | None) -> HowTold:
    with act(by=by, kind=EventKind.APPOINTMENT_CANCELLED, subject_kind="arrival", subject_id=arrival_id) as commit:
        arrival = _appointment(arrival_id)
        check_hour(arrival.starts_at, expected_hour)
        way, told = to_tell(arrival)
        kept = {} if told["former_at"] else {"ciphertext": b""}
        seen = {"starts_at": arrival.starts_at}
        commit.move(Arrival, arrival_id, "cancel", only_if=seen, remind_at=None, link_hash=None, **told, **kept)
    return way


def move_appointment(*, by: Holder, arrival_id: UUID, starts_at: datetime, expected_hour: datetime | None) -> HowTold:
    """Move an appointment to an hour that is free; InvalidError where it is not, or where its form ends before.

    ConflictError once it was looked after, or where it does not stand at the hour that the person saw: a colleague
    or its patient was faster, and somebody may have been told that other hour.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    if all(hour.starts_at != starts_at for hour in free_hours(by=by)):
        raise _taken_meanwhile()
    try:
        return _move(arrival_id, starts_at, expected_hour, by=by)
    except ConflictError as error:
        if error.args == (ONE_A_SEAT,):  # somebody took it since this act looked
            raise _taken_meanwhile() from None
        raise


def _move(arrival_id: UUID, starts_at: datetime, expected_hour: datetime | None, *, by: Holder) -> HowTold:
    with act(by=by, kind=EventKind.APPOINTMENT_MOVED, subject_kind="arrival", subject_id=arrival_id) as commit:
        arrival = _appointment(arrival_id)
        check_hour(arrival.starts_at, expected_hour)
        if ArrivalKey.objects.get(id=arrival.key_id).month < month_of(starts_at):
            raise refuse("starts_at", "far", _("The patient’s form cannot be kept that long: choose an earlier hour."))
        way, told = to_tell(arrival, starts_at)
        commit.change(
            Arrival,
            arrival_id,
            only_if={"state": ArrivalState.WAITING.value, "starts_at": arrival.starts_at},
            starts_at=starts_at,
            seat=_free_seat(starts_at, calendar_of(by=by).places),
            expires_at=end_of_day(starts_at, zone_of(by.pharmacy_id)),
            called_at=None,
            link_hash=None,
            remind_at=arrival.remind_at and remind_at(starts_at),
            **told,
        )
    return way


def call_arrival(*, by: Holder, arrival_id: UUID) -> None:
    """Note that the number of a form was called; ConflictError when it was already, or nobody waits with it."""
    _call(arrival_id, now(), by=by, kind=EventKind.ARRIVAL_CALLED)


def uncall_arrival(*, by: Holder, arrival_id: UUID) -> None:
    """Take that back; ConflictError when it does not stand, or nobody waits with it."""
    _call(arrival_id, None, by=by, kind=EventKind.ARRIVAL_CALL_UNDONE)


def _call(arrival_id: UUID, at: datetime | None, *, by: Holder, kind: EventKind) -> None:
    check_right(by=by, right=Right.REGISTER_TEST)
    with act(by=by, kind=kind, subject_kind="arrival", subject_id=arrival_id) as commit:
        arrival = arrival_in_scope(arrival_id)
        check_waits(arrival)
        if bool(arrival.called_at) == bool(at):
            raise ConflictError("this was noted already")
        commit.change(Arrival, arrival_id, only_if={"state": ArrivalState.WAITING.value}, called_at=at)


def _appointment(arrival_id: UUID) -> Arrival:
    arrival = arrival_in_scope(arrival_id)
    check_waits(arrival)
    if arrival.starts_at is None:
        raise ConflictError("this form has no hour")
    return arrival


def _taken() -> list[datetime]:
    rows = Arrival.objects.filter(starts_at__gt=now(), state__in=HOLDING)
    return list(rows.values_list("starts_at", flat=True))


def _free_seat(starts_at: datetime, places: int) -> int:
    """Return a place of an hour that nobody has; who is faster gets it, and the act of the other one fails."""
    rows = Arrival.objects.filter(starts_at=starts_at, state__in=HOLDING)
    free = free_seats(set(rows.values_list("seat", flat=True)), places)
    if not free:
        raise _taken_meanwhile()
    return free[0]


def _taken_meanwhile() -> InvalidError:
    return refuse("starts_at", "taken", _("This hour is not free any more: choose another."))
