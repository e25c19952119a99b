"""The hourly round that ends patients' forms: each waits for twelve hours, and the daily round would come too late.

Groups tested in series and results of analysers without a test, whose moments stand in their rows too, end with it.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from itertools import product

from temoin.arrivals.ending import end_arrivals
from temoin.keeping.acts import every_pharmacy
from temoin.lib.raised_last import raised_last
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
    with raised_last() as part:
        for pharmacy_id, end in product(every_pharmacy(), (end_arrivals, end_groups, end_orphans)):
            if stop.is_set():
                break
            with part():
                ended += end(pharmacy_id)
    log.info("forms, groups and results without a test that ended: %d", ended)
