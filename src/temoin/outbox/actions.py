"""Posting parcels with an act, and a person's decisions about them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from temoin.crypto.sealed import seal_value
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.away import DATABASE_AWAY
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, refuse
from temoin.lib.ids import timed_id
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.training import is_training
from temoin.outbox.bell import ring
from temoin.outbox.courier import Courier, Load, Notice, couriers
from temoin.outbox.models import Parcel
from temoin.outbox.open_parcels import refused_alike
from temoin.outbox.queries import ParcelView, check_parcel_seen, is_overtaken, parcel_in_scope
from temoin.outbox.states import ParcelState, Withdrawal
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right

log = logging.getLogger("temoin.outbox")

MOST_AT_ONCE = 200
# What a person decided begins anew: it is counted from here on.
_ANEW: dict[str, Any] = {"same_count": 0, "same_since": None, "matter_since": None}


def post_parcels(commit: Commit, notice: Notice) -> None:
    """Add to the act's commit one parcel for each destination that wants the notice.

    A courier that raises stops nobody's signature: its parcel is posted all the same, as a person's matter, and its
    `prepare` decides once it is mended. From a training counter nothing goes anywhere: no courier is asked, and the
    table itself takes no parcel of one.
    """
    if is_training(current_pharmacy()):
        return
    for destination, courier in couriers().items():
        try:
            commit.absorb(_asked(courier, notice))
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 one courier's defect must not keep everybody from signing
            log.error("courier %s failed at a signature: %s", destination, type(error).__name__)
            post_parcel(commit, destination, notice, failed=True)


def _asked(courier: Courier, notice: Notice) -> Commit:
    """Return what a courier adds to the act; a version after the first asks the database, behind a savepoint."""
    part = Commit()
    with nullcontext() if _is_first(notice) else transaction.atomic():
        if not _is_first(notice):
            courier.supersede(part, notice)
        if courier.wants(notice):
            post_parcel(part, courier.destination, notice)
    return part


def _is_first(notice: Notice) -> bool:
    return notice.sequence == 1 and not notice.is_renewal


def post_parcel(commit: Commit, destination: str, notice: Notice, *, failed: bool = False) -> None:
    """Add one parcel to the act's commit; `failed` marks one whose courier could not say whether it wants it."""
    posted_at = now()
    parcel = Parcel(
        pharmacy_id=current_pharmacy(),
        id=timed_id(),
        destination=destination,
        subject_id=notice.subject_id,
        chain_id=notice.chain_id,
        sequence=notice.sequence,
        key=notice.key,
        posted_at=posted_at,
        due_at=posted_at,
    )
    if failed:
        parcel.answer_code, parcel.matter_since = "courier_broken", posted_at
    commit.insert(parcel)
    ring(commit, destination)


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
        commit.tell(Parcel._meta.db_table, parcel_id, now=ParcelState.REPLACED.value)


def keep_in_parcel(commit: Commit, load: Load, value: Mapping[str, str]) -> None:
    """Add to the commit what only the parcel's courier needs until it is settled, sealed."""
    commit.change(Parcel, load.id, sealed=seal_value(Parcel, load.id, value, vars(load)))


def release_parcel(*, by: Holder, parcel_id: UUID, expected_version: str) -> None:
    """Send a parcel on its way again, with the same key: a refused one, or one that a person should look at.

    `expected_version` is that of the parcel which the person saw: ConflictError when it had another end meanwhile.
    """
    check_right(by=by, right=Right.RELEASE_PARCEL)
    with act(by=by, kind=EventKind.PARCEL_RELEASED, subject_kind="parcel", subject_id=parcel_id) as commit:
        parcel = parcel_in_scope(parcel_id)
        check_parcel_seen(parcel, expected_version)
        if is_overtaken(parcel_id):
            raise ConflictError("a newer version was posted: an older one must not follow it")
        if parcel.state in {ParcelState.WAITING, ParcelState.IN_DOUBT} and parcel.matter_since is not None:
            _hasten(commit, parcel)
        else:
            seen = {"attempts": parcel.attempts}
            commit.move(Parcel, parcel_id, "release", only_if=seen, due_at=now(), settled_at=None, **_ANEW)
        ring(commit, parcel.destination)


def release_alike(*, by: Holder, destination: str, code: str) -> int:
    """Send refused parcels with the same last answer on their way again; return how many are.

    One act and one event each, so that a failure in the middle keeps what was done, and each parcel has its history.
    At most MOST_AT_ONCE: a page answers in seconds, and the person presses again for the rest.
    """
    check_right(by=by, right=Right.RELEASE_PARCEL)
    with tenant_scope(by.pharmacy_id):
        refused = refused_alike(destination, code, MOST_AT_ONCE)
    return sum(_released(by, parcel) for parcel in refused)


def _released(by: Holder, parcel: ParcelView) -> bool:
    try:
        release_parcel(by=by, parcel_id=parcel.id, expected_version=parcel.seen_version)
    except ConflictError:
        return False  # a colleague, or a double click, was first
    return True


def _hasten(commit: Commit, parcel: Parcel) -> None:
    """Add to the commit that a parcel which goes on trying is tried now, unless a worker holds it."""
    if parcel.lease_until is not None and parcel.lease_until > now():
        raise ConflictError("it is being tried at this moment")
    commit.change(Parcel, parcel.id, only_if={"attempts": parcel.attempts}, due_at=now(), **_ANEW)


def withdraw_parcel(*, by: Holder, parcel_id: UUID, expected_version: str, reason: str) -> None:
    """Take a refused parcel off the work list for good: the person says why, from a closed list.

    `expected_version` is that of the parcel which the person saw: ConflictError when it had another end meanwhile.
    Only a refused one: what is on its way may be at its destination before the decision is.
    """
    check_right(by=by, right=Right.WITHDRAW_PARCEL)
    if reason not in set(Withdrawal):
        raise refuse("reason", "required", _("Say why this sending is withdrawn."))
    kind = EventKind.PARCEL_WITHDRAWN
    with act(by=by, kind=kind, subject_kind="parcel", subject_id=parcel_id, detail=Withdrawal(reason).value) as commit:
        parcel = parcel_in_scope(parcel_id)
        check_parcel_seen(parcel, expected_version)
        seen = {"attempts": parcel.attempts}
        commit.move(Parcel, parcel_id, "withdraw", only_if=seen, settled_at=now(), sealed=None)
