"""An appointment as a browser takes, moves and ends it at the patients' site, under that site's own role."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from arriving import filled, token_of
from roles import take_role

from temoin.arrivals.appointments import OfferedHours, Taking, Wish, calendar_of_poster, give_up, put_off, take_place
from temoin.arrivals.box import HandedForm, StandingPoster, find_poster
from temoin.arrivals.calendar import set_hours
from temoin.arrivals.hours import Hours, Opening
from temoin.crypto.arrival import FormPlace, seal_form
from temoin.pharmacies.seat import Seat

ALL_DAY = Hours(tuple(Opening(day, 0, 24 * 60) for day in range(7)), minutes=30, places=1, ahead=60)


class Booking:
    """The page of appointments of a pharmacy that takes them at any hour."""

    def __init__(self, seat: Seat, hours: Hours = ALL_DAY) -> None:
        self.seat, self.token = seat, token_of(seat)
        set_hours(by=seat, hours=hours, expected_version=None)

    def poster(self) -> StandingPoster:
        found = find_poster(self.token)
        assert found is not None
        return found

    def calendar(self) -> OfferedHours:
        with take_role("temoin_portal"):
            found = calendar_of_poster(self.poster())
        assert found is not None
        return found

    def hour(self, ahead: int = 0) -> datetime:
        return self.calendar().offers[ahead].starts_at

    def take(
        self,
        at: datetime,
        *,
        number: int,
        proof: bytes = b"",
        device: bytes = b"",
        arrival_id: UUID | None = None,
        **changes: Any,
    ) -> tuple[Taking, UUID]:
        """Take the place, with a form that differs so from that of the patient whom everybody knows."""
        arrival_id = arrival_id or uuid4()
        key = next(offer.key for offer in self.calendar().offers if offer.starts_at == at)
        place = FormPlace(self.seat.pharmacy_id, key.key_id, arrival_id)
        content = filled(remind=True) | changes
        form = HandedForm(arrival_id, key.key_id, number, seal_form(key.public, place, orjson.dumps(content)))
        wish = Wish(at, proof or uuid4().bytes, device or uuid4().bytes, remind=content["remind"])
        with take_role("temoin_portal"):
            return take_place(self.poster(), form, wish), arrival_id

    def put_off(self, secret: bytes, at: datetime) -> Taking:
        with take_role("temoin_portal"):
            return put_off(self.poster(), secret, at)

    def give_up(self, secret: bytes) -> bool:
        with take_role("temoin_portal"):
            return give_up(self.seat.pharmacy_id, secret) is not None
