"""Versions that wait for the one before them are due as soon as it is settled, whoever settles it."""

from __future__ import annotations

from uuid import UUID

from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.outbox.bell import ring
from temoin.outbox.models import Parcel
from temoin.outbox.states import ParcelState


def wake_later(commit: Commit, parcel_id: UUID) -> None:
    """Add to the commit that later versions of a settled result are due; a worker wakes its own at once."""
    parcel = Parcel.objects.get(id=parcel_id)
    later = Parcel.objects.filter(
        chain_id=parcel.chain_id,
        destination=parcel.destination,
        sequence__gt=parcel.sequence,
        state=ParcelState.WAITING,
        attempts=0,
        due_at__gt=now(),
    )
    for later_id in later.values_list("id", flat=True):
        commit.change(Parcel, later_id, due_at=now())
        ring(commit, parcel.destination)
