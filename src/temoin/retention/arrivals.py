"""The hourly round that ends patients' forms: each waits for twelve hours, and the daily round would come too late.

Groups tested in series and results of analysers without a test, whose moments stand in their rows too, end with it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from temoin.arrivals.ending import end_arrivals
from temoin.keeping.acts import every_pharmacy
from temoin.lib.away import is_away
from temoin.outbox.duties import Duty
from temoin.testing.groups import end_groups
from temoin.testing.orphans import end_orphans

log = logging.getLogger("temoin.retention")

NAME = "arrivals"
HOURLY = timedelta(hours=1)
LONGEST = timedelta(minutes=50)


def arrivals_duty() -> Duty:
    return Duty(NAME, HOURLY, end_all, LONGEST)


def end_all(stop: threading.Event) -> None:
    """End what is past its hours in every pharmacy; one that cannot be gone through holds no other.

    The first error is raised at the end: the duty then fails, is shown, and is tried again soon.
    """
    ended = 0
    failed: list[Exception] = []
    for pharmacy_id in every_pharmacy():
        for end in (end_arrivals, end_groups, end_orphans):
            if stop.is_set():
                break
            ended += _end(end, pharmacy_id, failed)
    log.info("forms, groups and results without a test that ended: %d", ended)
    if failed:
        raise failed[0]


def _end(end: Callable[[UUID], int], pharmacy_id: UUID, failed: list[Exception]) -> int:
    """End one kind of row in one pharmacy; what that brings about keeps no other kind from its end."""
    try:
        return end(pharmacy_id)
    except Exception as error:
        if is_away(error):
            raise
        failed.append(error)
        return 0
