"""Marks of the keys of what was sent and is erased here: what a destination holds of it is told from a stranger's.

A key is random, so its hash is nobody's and is guessed by nobody. Only who holds what was sent can name it, and has the
person's name beside it already.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from hashlib import sha256
from uuid import UUID

from temoin.lib.zones import HOUSE, day_of
from temoin.outbox.models import Parcel
from temoin.outbox.states import ParcelState

LENGTH = 32  # hexadecimal digits


def mark_of(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:LENGTH]


def entry_of(key: str, accepted_on: date | None) -> str:
    """Return what the event of an erasure keeps of a key: the day on which it was accepted, and its mark."""
    return f"{accepted_on or ''}:{mark_of(key)}"


def entries_of(chain_ids: list[UUID], destinations: Collection[str]) -> dict[UUID, str]:
    """Return these entries of what was posted to these destinations, by the test that it was of."""
    found: dict[UUID, set[str]] = {}
    parcels = Parcel.objects.filter(chain_id__in=chain_ids, destination__in=list(destinations))
    for chain_id, key, state, settled_at in parcels.values_list("chain_id", "key", "state", "settled_at"):
        is_accepted = state == ParcelState.ACCEPTED and settled_at is not None
        entry = entry_of(key, day_of(settled_at, HOUSE) if is_accepted else None)
        found.setdefault(chain_id, set()).add(entry)
    return {chain_id: ",".join(sorted(entries)) for chain_id, entries in found.items()}
