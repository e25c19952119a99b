"""The worker's rounds over every pharmacy: what changed is counted again, what is past its span is forgotten.

Whatever could not be counted is named by the round: nothing is published as if it were whole.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.pharmacies.models import Pharmacy
from temoin.surveillance.counting import KEPT_DAYS, RECENT_DAYS, count_pharmacy, forget_past
from temoin.surveillance.releasing import publish_due
from temoin.surveillance.senders import Receipts, note_days, note_weeks, receipts_by_week

RECENT, WHOLE = "counts of cases", "counts of cases, all days"


class UncountedError(Exception):
    """A pharmacy could not be counted: the duty fails, which lanes, measures and alarms show, until it can be."""


def recent_duty() -> Duty:
    return Duty(RECENT, timedelta(minutes=10), count_recent)


def whole_duty(*, is_demo: bool) -> Duty:
    """Return the duty to count all days and then to publish what is due."""

    def count_and_publish(stop: threading.Event) -> None:
        uncounted = count_whole(stop)
        if not stop.is_set():
            uncounted = publish_due(is_demo=is_demo, uncounted=uncounted).missing
        if uncounted:
            raise UncountedError

    return Duty(WHOLE, timedelta(hours=6), count_and_publish, longest=timedelta(hours=1))


def count_recent(stop: threading.Event) -> None:
    """Count what was signed, corrected or cancelled of late."""
    _count_each(stop, RECENT_DAYS, {})


def count_whole(stop: threading.Event) -> frozenset[UUID]:
    """Count whatever changed, erasures too, and forget the days past their span; return whose count failed."""
    return _count_each(stop, KEPT_DAYS, receipts_by_week())


def _count_each(stop: threading.Event, days: int, receipts: Receipts) -> frozenset[UUID]:
    failed = set()
    for pharmacy in Pharmacy.real.order_by("id"):
        if stop.is_set():
            break
        with apart(RECENT, str(pharmacy.id)) as fate:
            changed = count_pharmacy(pharmacy, days=days)
            if days == KEPT_DAYS:
                forget_past(pharmacy)
                note_weeks(pharmacy, receipts)
            elif changed:
                note_days(pharmacy)
        if fate.was_set_aside:
            failed.add(pharmacy.id)
    return frozenset(failed)
