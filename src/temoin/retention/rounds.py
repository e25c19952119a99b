"""The daily round over all pharmacies: what is past its day goes, then the keys of months of which nothing is kept."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from temoin.crypto.sealed import SealedModel
from temoin.keeping.acts import every_pharmacy
from temoin.keeping.ending import destroy_past_months
from temoin.keeping.forgotten import remember_forgotten
from temoin.keeping.rows import sealed_models
from temoin.lib.clock import now
from temoin.lib.handed import Handed
from temoin.lib.raised_last import raised_last
from temoin.lib.training import is_training
from temoin.outbox.duties import Duty
from temoin.pharmacies.models import Pharmacy
from temoin.retention.accounts import end_accounts
from temoin.retention.classes import ACCOUNTS, CALLS, EXCHANGES, INVITATIONS, RESULTS, WEBHOOK_NOTICES, load_classes
from temoin.retention.passing import delete_calls, delete_sessions, delete_sides, delete_webhook_notices
from temoin.retention.questions import ERASURE
from temoin.retention.reaping import Reaped, day_before, delete_invitations, delete_patients, delete_records
from temoin.retention.settings import Retention

log = logging.getLogger("temoin.retention")

DECIDED: Handed[Retention] = Handed("spans of retention")
NAME = "retention"
DAILY = timedelta(days=1)
LONGEST = timedelta(hours=12)  # the first round of an old site: nobody else begins meanwhile


def retention_duty() -> Duty:
    return Duty(NAME, DAILY, _round, LONGEST)


def _round(stop: threading.Event) -> None:
    reaped = reap_all(stop)
    log.info("retention: %s", reaped)


def reap_all(stop: threading.Event) -> Reaped:
    """Delete and destroy what is past its day in every pharmacy; one that cannot be gone through holds no other.

    The first error is raised at the end: the duty then fails, is shown, and is tried again soon.
    """
    total = Reaped(sessions=delete_sessions(stop))
    with raised_last() as part:
        for pharmacy in Pharmacy.objects.filter(id__in=every_pharmacy()).order_by("finess"):
            if stop.is_set():
                break
            with part():
                total.add(reap_pharmacy(pharmacy, stop))
        if (days := load_classes().days_of(ACCOUNTS, DECIDED())) is not None and not stop.is_set():
            with part():
                total.accounts = end_accounts(days, stop)
    return total


def reap_pharmacy(pharmacy: Pharmacy, stop: threading.Event) -> Reaped:
    """Delete what is past its day in one pharmacy, and destroy the keys that only that needed.

    A table that cannot be gone through holds no other; the first error is raised at the end.
    """
    done = Reaped()
    with raised_last() as part:
        for delete in (_delete_passing, _delete_results, _delete_invitations, _destroy_keys):
            with part():
                delete(pharmacy, stop, done)
    return done


def _delete_passing(pharmacy: Pharmacy, stop: threading.Event, done: Reaped) -> None:
    book = load_classes()
    calls, notices, exchanges = (book.days_of(code, DECIDED()) for code in (CALLS, WEBHOOK_NOTICES, EXCHANGES))
    with raised_last() as part:
        if calls is not None:
            with part():
                done.calls = delete_calls(pharmacy.id, day_before(pharmacy, calls), stop)
        if notices is not None:
            with part():
                done.webhook_notices = delete_webhook_notices(pharmacy.id, day_before(pharmacy, notices), stop)
        if exchanges is not None:
            with part():
                done.exchanges = delete_sides(pharmacy.id, day_before(pharmacy, exchanges), stop)


def _delete_results(pharmacy: Pharmacy, stop: threading.Event, done: Reaped) -> None:
    """Delete tests, then patients.

    What patients had erased by right goes whatever its age. Their records go after the last of their tests, and before
    those of whom only the day is past: the request would go with these.
    """
    book = load_classes()
    days = book.training_days if is_training(pharmacy.id) else book.days_of(RESULTS, DECIDED())
    before = None if days is None else day_before(pharmacy, days)
    with raised_last() as part:
        with part():
            done.records += delete_records(pharmacy.id, now(), stop, why=ERASURE)
        with part():
            done.records += delete_records(pharmacy.id, before, stop) if before else 0
        with part():
            done.patients += delete_patients(pharmacy.id, now(), stop, why=ERASURE)
        with part():
            done.patients += delete_patients(pharmacy.id, before, stop) if before else 0


def _delete_invitations(pharmacy: Pharmacy, stop: threading.Event, done: Reaped) -> None:
    if (days := load_classes().days_of(INVITATIONS, DECIDED())) is not None:
        done.invitations = delete_invitations(pharmacy.id, day_before(pharmacy, days), stop)


def _destroy_keys(pharmacy: Pharmacy, stop: threading.Event, done: Reaped) -> None:
    if not stop.is_set():
        remember_forgotten(pharmacy.id)
        done.keys = destroy_past_months(pharmacy.id, {model._meta.db_table for model in passing_models()})


def passing_models() -> list[type[SealedModel]]:
    """Return the models whose sealed rows end by themselves: while one names a month's key, that is kept."""
    book = load_classes()
    codes = {RESULTS, EXCHANGES, CALLS}
    return [model for model in sealed_models() if book.class_of(model._meta.db_table).code in codes]
