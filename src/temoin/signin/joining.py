"""Joining a pharmacy: an invited person makes their account, and takes their place with it."""

from __future__ import annotations

from django.db import IntegrityError

from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.invitations import Offer, accept_offer
from temoin.signin.models import Person


class HasAccountError(ConflictError):
    """The invited address has an account: its owner must sign in to accept."""


def enrol_with_password(*, offer: Offer, password: str) -> Person:
    """Create the account of an invited person, with their place; the password was checked by the page.

    HasAccountError when the address has an account. Account and place come together or not at all.
    """
    person = Person(email=offer.email)
    person.set_password(password)  # slow on purpose: before the transaction
    with tenant_scope(offer.pharmacy_id):
        try:
            person.save(force_insert=True)
        except IntegrityError:
            raise HasAccountError from None
        accept_offer(offer=offer, person_id=person.id, email=person.email)
    return person
