"""The worker's rounds over every pharmacy: what changed is counted again, what is past its span is forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta

from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.pharmacies.models import Pharmacy
from temoin.surveillance.counting import KEPT_DAYS, RECENT_DAYS, count_pharmacy, forget_past
from temoin.surveillance.releasing import publish_due

RECENT, WHOLE = "counts of cases", "counts of cases, all days"


def recent_duty() -> Duty:
    return Duty(RECENT, timedelta(minutes=10), count_recent)


def whole_duty(*, is_demo: bool) -> Duty:
    """Return the duty to count all days and then to publish what is due."""

    def count_and_publish(stop: threading.Event) -> None:
        count_whole(stop)
        if not stop.is_set():
            publish_due(is_demo=is_demo)

    return Duty(WHOLE, timedelta(hours=6), count_and_publish, longest=timedelta(hours=1))


def count_recent(stop: threading.Event) -> None:
    """Count what was signed, corrected or cancelled of late."""
    _count_each(stop, RECENT_DAYS)


def count_whole(stop: threading.Event) -> None:
    """Count whatever changed, erasures too, and forget the days past their span."""
    _count_each(stop, KEPT_DAYS)


def _count_each(stop: threading.Event, days: int) -> None:
    for pharmacy in Pharmacy.objects.order_by("id"):
        if stop.is_set():
            return
        with apart(RECENT, str(pharmacy.id)):
            count_pharmacy(pharmacy, days=days)
            if days == KEPT_DAYS:
                forget_past(pharmacy)
