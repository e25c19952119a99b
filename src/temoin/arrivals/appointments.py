"""Appointments as the patients' site takes, moves and ends them: it sees hours and places left, and never who.

Plain SQL, like the box of forms. A place is a number of its hour: the database gives each to one form alone, and so of
two people who take the last one, one is told. Whoever names the secret of an appointment may change that one, and no
other: the database holds the site to it (the setting `temoin.appointment`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction

from temoin.arrivals.box import HandedForm, MonthKey, StandingPoster
from temoin.arrivals.hours import Hours, end_of_day, month_of, read_hours, slots
from temoin.arrivals.states import ONE_A_SEAT
from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.stirring import stir_after_commit
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import zone_named

HELD_BY_DEVICE: Final = 3  # a family's worth
DAY_BEFORE: Final = timedelta(days=1)
_HOURS = "SELECT hours FROM arrivals_calendar WHERE pharmacy_id = %s"
_ZONE = "SELECT time_zone FROM pharmacies_pharmacy WHERE id = %s"
_KEYS = "SELECT month, id, public FROM arrivals_key WHERE pharmacy_id = %s"
_TAKEN = """
    SELECT starts_at, seat FROM arrivals_arrival
     WHERE pharmacy_id = %s AND starts_at > %s AND state IN ('waiting', 'accepted')
"""
_IS_THERE = "SELECT starts_at FROM arrivals_arrival WHERE pharmacy_id = %s AND id = %s"
_TAKE = """
    INSERT INTO arrivals_arrival (pharmacy_id, id, poster_id, key_id, state, number, ciphertext,
                                  starts_at, seat, expires_at, remind_at, proof_hash, device_hash, device_seat)
    VALUES (%s, %s, %s, %s, 'waiting', %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_GIVE_UP = """
    UPDATE arrivals_arrival SET state = 'cancelled', ciphertext = '', remind_at = NULL,
           former_at = NULL, call_since = NULL
     WHERE pharmacy_id = %s AND state = 'waiting' AND expires_at > %s RETURNING id, starts_at
"""
_PUT_OFF = """
    UPDATE arrivals_arrival SET starts_at = %s, seat = %s, expires_at = %s, called_at = NULL, link_hash = NULL,
           former_at = NULL, call_since = NULL,
           remind_at = CASE WHEN remind_at IS NULL THEN NULL ELSE %s END
     WHERE pharmacy_id = %s AND state = 'waiting' AND expires_at > %s RETURNING id, key_id
"""


@dataclass(frozen=True, slots=True)
class OfferedHour:
    """An hour, the places left at it, and to which key its form is sealed."""

    starts_at: datetime
    left: int
    kind: str
    key: MonthKey


@dataclass(frozen=True, slots=True)
class OfferedHours:
    """What a pharmacy offers from now on, on its own clock."""

    zone: ZoneInfo
    hours: Hours
    offers: list[OfferedHour]


@dataclass(frozen=True, slots=True)
class Wish:
    """The hour that is asked for, and what goes with it; none of it says who asks."""

    starts_at: datetime
    proof: bytes
    device: bytes
    remind: bool


@dataclass(frozen=True, slots=True)
class GivenUp:
    """An appointment that its patient gave up, as it was."""

    starts_at: datetime
    zone: str


class Taking(StrEnum):
    """What becomes of a wish."""

    TAKEN = "taken"
    AGAIN = "again"  # by the same form already, as it was written then
    NUMBER = "number"  # somebody else's: another is to be drawn
    FULL = "full"  # somebody was faster, or the hour is not offered
    HELD = "held"  # this device holds as many places as one may
    GONE = "gone"  # its key has ended
    NONE = "none"  # no appointment with this secret
    FAR = "far"  # its form cannot be kept that long


def calendar_of_poster(poster: StandingPoster) -> OfferedHours | None:
    """Return what a pharmacy offers; None where it takes no appointments."""
    with tenant_scope(poster.pharmacy_id), connection.cursor() as cursor:
        hours = _first(cursor, _HOURS, [poster.pharmacy_id])
        if hours is None or not read_hours(hours[0]).openings:
            return None
        zone = zone_named(_first(cursor, _ZONE, [poster.pharmacy_id])[0])
        keys = {month: MonthKey(key_id, bytes(public)) for month, key_id, public in _all(cursor, _KEYS, poster)}
        taken = Counter(starts_at for starts_at, _seat in _all(cursor, _TAKEN, poster, now()))
    return OfferedHours(zone, found := read_hours(hours[0]), list(_offers(found, zone, keys, taken)))


def take_place(poster: StandingPoster, form: HandedForm, wish: Wish) -> Taking:
    """Take a place of an hour for a sealed form, once however often it is sent.

    Sent again with another hour, because the answer was lost, it is moved there: the person holds what they chose last.
    """
    calendar = calendar_of_poster(poster)
    offer = _offered(calendar, wish.starts_at)
    if taken_for := _taken_for(poster, form):
        is_there = taken_for == [(wish.starts_at,)]
        moved = Taking.TAKEN if is_there else put_off(poster, wish.proof, wish.starts_at)
        return Taking.AGAIN if moved is Taking.TAKEN else moved
    if calendar is None or offer is None:
        return Taking.FULL
    if offer.key.key_id != form.key_id:
        return Taking.GONE
    for seat in _free(poster, calendar, wish.starts_at):
        for device_seat in range(1, HELD_BY_DEVICE + 1):
            answer = _try(poster, form, wish, _Place(seat, device_seat, calendar.zone))
            if isinstance(answer, Taking):
                return answer
            if answer is _Collision.SEAT:
                break
        else:
            return Taking.HELD
    return Taking.FULL


def give_up(pharmacy_id: UUID, secret: bytes) -> GivenUp | None:
    """End the appointment of a secret, and what its form held; None where there is none, or its day is over."""
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        _name(cursor, secret)
        cursor.execute(_GIVE_UP, [pharmacy_id, now()])
        rows = cursor.fetchall()
        if not rows:
            return None
        for arrival_id, _starts_at in rows:  # a script may take several with one secret
            _tell(pharmacy_id, EventKind.APPOINTMENT_GIVEN_UP, arrival_id)
        stir_after_commit(pharmacy_id)
        return GivenUp(rows[0][1], _first(cursor, _ZONE, [pharmacy_id])[0])


def put_off(poster: StandingPoster, secret: bytes, starts_at: datetime) -> Taking:
    """Move the appointment of a secret to another hour that is offered."""
    calendar = calendar_of_poster(poster)
    offer = _offered(calendar, starts_at)
    if calendar is None or offer is None:
        return Taking.FULL
    for seat in _free(poster, calendar, starts_at):
        answer = _move(poster, secret, starts_at, _Place(seat, 0, calendar.zone))
        if isinstance(answer, Taking):
            return answer
    return Taking.FULL


def remind_at(starts_at: datetime) -> datetime:
    """Return when to remind somebody: the day before at that hour.

    Where that is past, the hour itself: nobody is written to then, and it is kept that they asked, for another hour.
    """
    return before if (before := starts_at - DAY_BEFORE) > now() else starts_at


def free_seats(taken: Collection[int], places: int) -> list[int]:
    """Return the places of an hour that are left: none where as many hold one, also from when there were more."""
    return [seat for seat in range(1, places + 1) if seat not in taken][: max(0, places - len(taken))]


class _Collision(StrEnum):
    """Which of two numbers of a place somebody else has."""

    SEAT = "seat"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class _Place:
    """A place of an hour, and which of the device's places it is."""

    seat: int
    device_seat: int
    zone: ZoneInfo


def _offers(
    hours: Hours, zone: ZoneInfo, keys: Mapping[str, MonthKey], taken: Counter[datetime]
) -> Iterator[OfferedHour]:
    for slot in slots(hours, zone, now()):
        key = keys.get(slot.month)
        if key is not None:
            yield OfferedHour(slot.starts_at, max(0, hours.places - taken[slot.starts_at]), slot.kind, key)


def _offered(calendar: OfferedHours | None, starts_at: datetime) -> OfferedHour | None:
    offers = calendar.offers if calendar else []
    return next((offer for offer in offers if offer.starts_at == starts_at), None)


def _free(poster: StandingPoster, calendar: OfferedHours, starts_at: datetime) -> list[int]:
    with tenant_scope(poster.pharmacy_id), connection.cursor() as cursor:
        taken = {seat for at, seat in _all(cursor, _TAKEN, poster, now()) if at == starts_at}
    return free_seats(taken, calendar.hours.places)


def _taken_for(poster: StandingPoster, form: HandedForm) -> list[Any]:
    with tenant_scope(poster.pharmacy_id), connection.cursor() as cursor:
        return _all(cursor, _IS_THERE, poster, form.arrival_id)


def _try(poster: StandingPoster, form: HandedForm, wish: Wish, place: _Place) -> Taking | _Collision:
    """Take one place; which of its numbers is somebody else's, the database says."""
    values: list[Any] = [poster.pharmacy_id, form.arrival_id, poster.poster_id, form.key_id, form.number, form.sealed]
    values += [wish.starts_at, place.seat, end_of_day(wish.starts_at, place.zone)]
    values += [remind_at(wish.starts_at) if wish.remind else None, sha256(wish.proof).digest()]
    values += [sha256(poster.pharmacy_id.bytes + wish.device).digest(), place.device_seat]
    try:
        with tenant_scope(poster.pharmacy_id), connection.cursor() as cursor:
            cursor.execute(_TAKE, values)
            _tell(poster.pharmacy_id, EventKind.APPOINTMENT_TAKEN, form.arrival_id)
            stir_after_commit(poster.pharmacy_id)
    except IntegrityError as error:
        return _COLLIDED[_constraint(error)]
    return Taking.TAKEN


def _move(poster: StandingPoster, secret: bytes, starts_at: datetime, place: _Place) -> Taking | _Collision:
    values = [starts_at, place.seat, end_of_day(starts_at, place.zone), remind_at(starts_at)]
    try:
        with tenant_scope(poster.pharmacy_id), connection.cursor() as cursor:
            _name(cursor, secret)
            row = _first(cursor, _PUT_OFF, [*values, poster.pharmacy_id, now()])
            if row is None:
                return Taking.NONE
            if not _lasts(cursor, poster, row[1], starts_at):
                transaction.set_rollback(True)
                return Taking.FAR
            _tell(poster.pharmacy_id, EventKind.APPOINTMENT_PUT_OFF, row[0])
            stir_after_commit(poster.pharmacy_id)
    except IntegrityError as error:
        return _COLLIDED[_constraint(error)]
    return Taking.TAKEN


def _lasts(cursor: Any, poster: StandingPoster, key_id: UUID, starts_at: datetime) -> bool:
    """Tell whether the key of a form is still there by an hour: it ends a day after its month."""
    months = {row[1]: row[0] for row in _all(cursor, _KEYS, poster)}
    return bool(months.get(key_id, "") >= month_of(starts_at))


def _name(cursor: Any, secret: bytes) -> None:
    cursor.execute("SELECT set_config('temoin.appointment', %s, true)", [sha256(secret).hexdigest()])


def _tell(pharmacy_id: UUID, kind: EventKind, arrival_id: UUID) -> None:
    with act(by=HouseActor(pharmacy_id, "portal"), kind=kind, subject_kind="arrival", subject_id=arrival_id):
        pass


def _first(cursor: Any, statement: str, values: list[Any]) -> Any:
    cursor.execute(statement, values)
    return cursor.fetchone()


def _all(cursor: Any, statement: str, poster: StandingPoster, *values: Any) -> list[Any]:
    cursor.execute(statement, [poster.pharmacy_id, *values])
    return list(cursor.fetchall())


_COLLIDED: Final[dict[str, Taking | _Collision]] = {
    "arrivals_arrival_pkey": Taking.AGAIN,
    "arrivals_arrival_number": Taking.NUMBER,
    ONE_A_SEAT: _Collision.SEAT,
    "arrivals_arrival_device": _Collision.DEVICE,
    "arrivals_arrival_key_id_fk": Taking.GONE,
}


def _constraint(error: IntegrityError) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))
