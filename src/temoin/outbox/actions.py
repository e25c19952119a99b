"""Posting parcels with an act, and a person's decisions about them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from temoin.crypto.sealed import seal_value
from temoin.journal.act import Actor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy
from temoin.outbox.courier import Notice, couriers
from temoin.outbox.models import Parcel
from temoin.outbox.queries import is_overtaken
from temoin.outbox.states import ParcelState, Withdrawal


def post_parcels(commit: Commit, notice: Notice) -> None:
    """Add to the act's commit one parcel for each destination that wants the notice."""
    for destination, courier in couriers().items():
        if notice.sequence > 1 or notice.is_renewal:
            courier.supersede(commit, notice)
        if courier.wants(notice):
            post_parcel(commit, destination, notice)


def post_parcel(commit: Commit, destination: str, notice: Notice) -> None:
    """Add one parcel to the act's commit."""
    posted_at = now()
    commit.insert(
        Parcel(
            pharmacy_id=current_pharmacy(),
            id=new_id(),
            destination=destination,
            subject_id=notice.subject_id,
            chain_id=notice.chain_id,
            sequence=notice.sequence,
            key=notice.key,
            posted_at=posted_at,
            due_at=posted_at,
        )
    )


def replace_waiting_parcels(commit: Commit, destination: str, chain_id: UUID) -> None:
    """Add to the commit the end of parcels that a newer version makes pointless (a letter never sent)."""
    _replace(commit, destination, chain_id, [ParcelState.WAITING, ParcelState.REFUSED])


def replace_refused_parcels(commit: Commit, destination: str, chain_id: UUID) -> None:
    """Add to the commit the end of refused parcels: the newer version goes in their place."""
    _replace(commit, destination, chain_id, [ParcelState.REFUSED])


def _replace(commit: Commit, destination: str, chain_id: UUID, states: list[ParcelState]) -> None:
    pointless = Parcel.objects.filter(chain_id=chain_id, destination=destination, state__in=states)
    for parcel_id in pointless.values_list("id", flat=True):
        commit.move(Parcel, parcel_id, "replace", settled_at=now(), sealed=None)


def keep_in_parcel(commit: Commit, parcel_id: UUID, value: Mapping[str, str]) -> None:
    """Add to the commit what only the parcel's courier needs until it is settled, sealed."""
    commit.change(Parcel, parcel_id, sealed=seal_value("outbox_parcel", parcel_id, value))


def release_parcel(*, by: Actor, parcel_id: UUID) -> None:
    """Send a refused parcel on its way again, with the same key.

    Rights live upstairs: `testing.actions.release_refused` checks them, and is what doors call.
    """
    with act(by=by, kind=EventKind.PARCEL_RELEASED, subject_kind="parcel", subject_id=parcel_id) as commit:
        _check_known(parcel_id)
        if is_overtaken(parcel_id):
            raise ConflictError("a newer version was posted: an older one must not follow it")
        commit.move(Parcel, parcel_id, "release", due_at=now(), settled_at=None)


def withdraw_parcel(*, by: Actor, parcel_id: UUID, reason: Withdrawal) -> None:
    """Take a refused parcel off the work list for good, because a person decided so; the reason is in the event.

    Only a refused one: what is on its way may be at its destination before the decision is.
    """
    kind = EventKind.PARCEL_WITHDRAWN
    with act(by=by, kind=kind, subject_kind="parcel", subject_id=parcel_id, detail=reason.value) as commit:
        _check_known(parcel_id)
        commit.move(Parcel, parcel_id, "withdraw", settled_at=now(), sealed=None)


def _check_known(parcel_id: UUID) -> None:
    if not Parcel.objects.filter(id=parcel_id).exists():
        raise NotFoundError
