"""By which way a patient is written to: one, so that one result is one message."""

from __future__ import annotations

from temoin.lib.phones import is_mobile
from temoin.outbox.courier import couriers, is_switched_on
from temoin.patients.traits import Traits

EMAIL, SMS = "email", "sms"  # names of destinations


def way_to_patient(traits: Traits) -> str:
    """Return the destination of the patient's link, "" where the result is printed.

    E-mail goes first: it costs nothing, shows no line on a locked screen, and its return is told for certain.
    """
    if traits.email:
        return EMAIL
    by_sms = couriers().get(SMS)
    return SMS if by_sms is not None and is_switched_on(by_sms) and is_mobile(traits.phone) else ""
