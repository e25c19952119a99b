"""By which ways a patient can be written to, and which one a result goes by."""

from __future__ import annotations

from temoin.lib.phones import is_mobile
from temoin.outbox.courier import couriers, is_switched_on
from temoin.patients.traits import EMAIL, SMS, Traits


def ways_to_patient(traits: Traits) -> list[str]:
    """Return the destinations that a patient's link may go to, the first choice first.

    It is the one that the patient wants, if they were asked. Otherwise e-mail goes first: it costs nothing, shows no
    line on a locked screen, and its return is told for certain.
    """
    by_sms = couriers().get(SMS)
    has_sms = by_sms is not None and is_switched_on(by_sms) and is_mobile(traits.phone)
    possible = [EMAIL] * bool(traits.email) + [SMS] * has_sms
    return [way for way in possible if traits.way in {"", way}]


def lost_way(traits: Traits) -> str:
    """Return the way that the patient wants and by which nothing reaches them, "" for none.

    Another is not taken in its place: what the patient agreed to is the only way. The result is printed.
    """
    return traits.way if traits.way in {EMAIL, SMS} and not ways_to_patient(traits) else ""


def way_to_patient(traits: Traits) -> str:
    """Return the one way of a result that was signed, "" where it is printed."""
    return next(iter(ways_to_patient(traits)), "")
