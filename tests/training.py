"""A person's seat at the training counter of their pharmacy."""

from __future__ import annotations

from temoin.pharmacies.seat import Seat, take_seat
from temoin.pharmacies.training import enter_training
from temoin.testing.practice import furnish


def practising(by: Seat) -> Seat:
    """Enter, as the button in the person's menu does."""
    seat = take_seat(person_id=by.person_id, pharmacy_id=enter_training(by=by))
    furnish(by=seat)
    return seat
