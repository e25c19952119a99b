"""The last restore as the journal states it: between which moments what was recorded is lost, and how many events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temoin.journal.cuts import SLACK, LostRange
from temoin.journal.events import EventKind
from temoin.journal.models import Event, SealedTree
from temoin.journal.sealing import EPOCH
from temoin.lib.tenant import tenant_scope


@dataclass(frozen=True)
class StatedLoss:
    """From a moment at which all is surely there to one at which the restored database was at work again."""

    since: datetime
    until: datetime
    events: LostRange | None = None  # None: only the operator's word says that there was a restore


def last_stated_loss(pharmacies: Iterable[UUID]) -> StatedLoss | None:
    """Return what `temoin journal resume` stated last, in whichever pharmacy; None when it never did."""
    last: tuple[datetime, LostRange] | None = None
    for pharmacy_id in pharmacies:
        with tenant_scope(pharmacy_id):
            told = Event.objects.filter(subject_id=None, kind=EventKind.JOURNAL_RESUMED.value).order_by("-at")
            found = told.values_list("at", "detail").first()
        lost = LostRange.read(found[1]) if found else None
        if found and lost and (last is None or found[0] > last[0]):
            last = found[0], lost
    return None if last is None else StatedLoss(_all_is_there_at(last[1]), last[0], last[1])


def _all_is_there_at(lost: LostRange) -> datetime:
    """Return a moment before the first event that is lost: that of the last checkpoint without it, and some minutes.

    An act that was under way at the checkpoint is sealed after it.
    """
    sealed = SealedTree.objects.filter(size__lte=lost.start).order_by("-size").values_list("at", flat=True).first()
    return EPOCH if sealed is None else sealed - SLACK
