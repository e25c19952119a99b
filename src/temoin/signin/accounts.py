"""What is asked about accounts: whose one is, and where people are written to."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from temoin.signin.models import Person


def account_of(person_id: UUID) -> Person:
    """Return the account of a person who has a place."""
    return Person.objects.get(id=person_id)


def addresses_of(person_ids: Collection[UUID]) -> list[str]:
    """Return where those of these people are written to whose accounts are open."""
    found = Person.objects.filter(id__in=list(person_ids), is_active=True)
    return sorted(found.values_list("email", flat=True))
