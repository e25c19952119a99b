"""The worker's daily duty: reconcile yesterday, and the days before that are not whole or not mended."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from django.utils.timezone import localdate

from temoin.lib.clock import now
from temoin.outbox.courier import couriers
from temoin.outbox.duties import Duty
from temoin.transmission.differences import GRACE
from temoin.transmission.models import Ending
from temoin.transmission.queries import days_due
from temoin.transmission.reconcile import reconcile_day
from temoin.transmission.report_courier import ReportCourier

log = logging.getLogger("temoin.transmission")

BACK = 3  # days: what a worker that was off over a long week-end has missed


def reconcile_daily(stop: threading.Event) -> None:
    """Name what differs, and repair nothing: a mistake of the authority's search must not send a day again."""
    for destination, courier in sorted(couriers().items()):
        if not isinstance(courier, ReportCourier) or not courier.enabled:
            continue
        for day in days_due(destination, localdate(now() - GRACE), BACK):
            if stop.is_set():
                return
            run = reconcile_day(courier, day, stop)
            log.info("reconciled %s, %s: %s, %d open", destination, day, run.ending, run.open)
            if run.ending == Ending.BROKEN_OFF:
                break  # the next look, an hour later, begins here again


DAILY = Duty("reconcile", every=timedelta(hours=1), do=reconcile_daily, longest=timedelta(hours=4))
