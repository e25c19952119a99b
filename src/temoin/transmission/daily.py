"""The worker's daily duty: reconcile yesterday, and the days before that are not whole or not mended."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import is_away
from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, day_of
from temoin.outbox.courier import Courier, couriers
from temoin.outbox.duties import Duty
from temoin.transmission.differences import GRACE
from temoin.transmission.queries import FINISHED, days_due
from temoin.transmission.reconcile import reconcile_day
from temoin.transmission.report_courier import ReportCourier

log = logging.getLogger("temoin.transmission")

BACK = 3  # days: what a worker that was off over a long week-end has missed


def reconcile_daily(stop: threading.Event) -> None:
    """Name what differs, and repair nothing: a mistake of the authority's search must not send a day again."""
    failed: Exception | None = None
    for destination, courier in sorted(couriers().items()):
        if isinstance(courier, ReportCourier) and courier.enabled and not stop.is_set():
            failed = _failure_of(courier, destination, stop) or failed
    if failed is not None:
        raise failed  # the duty comes again soon


def _failure_of(courier: Courier, destination: str, stop: threading.Event) -> Exception | None:
    """Go through a destination's days; return what it brought about, which must not keep the others from theirs."""
    try:
        _reconcile(courier, stop)
    except Exception as error:
        if is_away(error):
            raise
        note_broken_seal(error, origin="worker")
        log.error("reconciliation of %s: %s", destination, type(error).__name__)
        return error
    return None


def _reconcile(courier: Courier, stop: threading.Event) -> None:
    for day in days_due(courier.destination, day_of(now() - GRACE, HOUSE), BACK):
        if stop.is_set():
            return
        run = reconcile_day(courier, day, stop)
        log.info("reconciled %s, %s: %s, %d open", courier.destination, day, run.ending, run.open)
        if run.ending not in FINISHED:
            break  # the next look, an hour later, begins here again


DAILY = Duty("reconcile", every=timedelta(hours=1), do=reconcile_daily, longest=timedelta(hours=4))
