"""What the journal tells of the last restore: between which moments what was recorded is lost, and how many events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from temoin.journal.cuts import SLACK, LostRange
from temoin.journal.events import EventKind
from temoin.journal.models import Event, SealedTree
from temoin.journal.sealing import EPOCH
from temoin.journal.writers import Writer, kinds_of
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope

# What the operator's commands write between the restore and the first day after it.
_OF_RESTORING = [*kinds_of(Writer.KEEPER), EventKind.HOLD_PLACED, EventKind.RESTORE_REPORTED]


@dataclass(frozen=True)
class RestoreLoss:
    """From a moment at which all is surely there to one at which the restored database was at work again."""

    since: datetime
    until: datetime
    events: LostRange | None = None  # None: no statement names any, as none of them was sealed


def last_loss(pharmacies: Iterable[UUID]) -> RestoreLoss | None:
    """Return what the last restore lost; None where there was none, or nobody can tell any more since when.

    It is as `temoin journal resume` states it, unless there was work after that, and none since the database was
    started: then it was restored once more, and lost only what was not sealed. Once sites are at work again, what is
    there tells no end.
    """
    whose = list(pharmacies)
    stated, last = _stated(whose), _last_act(whose)
    if last is None or last >= _started_at() or (stated is not None and last <= stated.until):
        return stated
    return RestoreLoss(last - SLACK, now())


def _started_at() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        started: datetime = cursor.fetchone()[0]
        return started


def _stated(pharmacies: list[UUID]) -> RestoreLoss | None:
    last: tuple[datetime, LostRange] | None = None
    for pharmacy_id in pharmacies:
        with tenant_scope(pharmacy_id):
            told = Event.objects.filter(subject_id=None, kind=EventKind.JOURNAL_RESUMED.value).order_by("-at")
            found = told.values_list("at", "detail").first()
        lost = LostRange.read(found[1]) if found else None
        if found and lost and (last is None or found[0] > last[0]):
            last = found[0], lost
    return None if last is None else RestoreLoss(_all_is_there_at(last[1]), last[0], last[1])


def _all_is_there_at(lost: LostRange) -> datetime:
    """Return a moment before the first event that is lost: that of the last checkpoint without it, and some minutes.

    An act that was under way at the checkpoint is sealed after it.
    """
    sealed = SealedTree.objects.filter(size__lte=lost.start).order_by("-size").values_list("at", flat=True).first()
    return EPOCH if sealed is None else sealed - SLACK


def _last_act(pharmacies: list[UUID]) -> datetime | None:
    """Return when somebody last worked, the operator who restores left out."""
    last: datetime | None = None
    for pharmacy_id in pharmacies:
        with tenant_scope(pharmacy_id):
            acts = Event.objects.exclude(kind__in=[kind.value for kind in _OF_RESTORING]).order_by("-at")
            found = acts.values_list("at", flat=True).first()
        last = max(filter(None, (last, found)), default=None)
    return last
