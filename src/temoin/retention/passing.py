"""Deleting rows that pass by their age alone, each kind a thousand at a time: no seal says whether they may go."""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import UUID

from django.db import transaction

from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.keeping.acts import OPERATOR
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.retention.questions import CALLS, MEMORY, SESSIONS, SIDES, WEBHOOK_NOTICES
from temoin.retention.reaping import Batch, execute, in_batches, values_of
from temoin.retention.turns import take_turn

MANY = 1_000


def delete_sides(pharmacy_id: UUID, before: datetime, stop: threading.Event) -> int:
    """Delete both sides of the attempts made before an instant."""
    return in_batches(lambda: _delete_some_sides(pharmacy_id, before), MANY, stop)


def delete_calls(pharmacy_id: UUID, before: datetime, stop: threading.Event) -> int:
    """Delete what programs were answered before an instant; what was done then is told by its own events."""
    return in_batches(lambda: _delete_some(CALLS, pharmacy_id, before), MANY, stop)


def delete_webhook_notices(pharmacy_id: UUID, before: datetime, stop: threading.Event) -> int:
    """Delete what programs were told, or were to be told, before an instant: the API tells all of it."""
    return in_batches(lambda: _delete_some(WEBHOOK_NOTICES, pharmacy_id, before), MANY, stop)


def delete_sessions(stop: threading.Event) -> int:
    """Delete the sessions that are over, and what else sign-in keeps for a while; they are of no pharmacy.

    Return the sessions. None of it opens anything any more.
    """
    in_batches(lambda: _delete_expired(MEMORY), MANY, stop)
    return in_batches(lambda: _delete_expired(SESSIONS), MANY, stop)


def _delete_some_sides(pharmacy_id: UUID, before: datetime) -> Batch:
    with tenant_scope(pharmacy_id):
        take_turn(pharmacy_id)
        done = execute(SIDES.format(limit=MANY), values_of(pharmacy_id, before))
        if done:
            by = HouseActor(pharmacy_id, OPERATOR)
            with act(by=by, kind=EventKind.SIDES_ERASED, subject_kind="parcel", subject_id=None, detail=str(done)):
                pass
    return done, done


def _delete_some(passing: str, pharmacy_id: UUID, before: datetime) -> Batch:
    with tenant_scope(pharmacy_id):
        done = execute(passing.format(limit=MANY), values_of(pharmacy_id, before))
    return done, done


def _delete_expired(expired: str) -> Batch:
    with transaction.atomic():
        done = execute(expired.format(limit=MANY), {"now": now()})
    return done, done
