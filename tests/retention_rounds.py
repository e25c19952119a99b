"""A site that has decided how long results are kept, and rounds of the reaper at a later day."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.conf import settings as site
from django.db import connection
from people import House
from roles import take_role

from temoin.crypto.ring import forget_keys
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Verdict, couriers
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.retention.reaping import Reaped
from temoin.retention.rounds import reap_all
from temoin.retention.settings import Retention
from temoin.settings.file import Config

DAYS = 90
LATER = timedelta(days=DAYS + 2)
# Of what passes: everything that is a test's, a patient's or a sending's.
PASSING = (
    *("testing_record", "testing_record_version", "testing_ticket", "patients_consent", "patients_patient"),
    *("outbox_parcel", "outbox_attempt", "outbox_sides", "delivery_letter", "transmission_difference"),
)


def decided(ledger: object, days: int | None = DAYS) -> Config:
    """Return the site's settings with a span for results and a ledger of its own."""
    return replace(site.TEMOIN, retention=Retention(results_days=days, key_ledger=ledger))


def arrive(verdict: Verdict = Verdict.ACCEPTED, *, only: str = "") -> None:
    """Let every parcel that waits have its end, as the worker does."""
    with take_role("temoin_worker"):
        loads = [load for name in ([only] if only else couriers()) for load in claim_parcels(name, 100)]
        for load in (load for load in loads if load.destination == "email"):
            with tenant_scope(load.pharmacy_id):
                couriers()["email"].prepare(load)
        settle_parcels([(load, Answer(verdict, "test", detail="told", sent=b"sent")) for load in loads])


def reap(after: timedelta = LATER) -> Reaped:
    """Do a round at a later day, as the keeper, with no key at hand."""
    forget_keys()
    with take_role("temoin_keeper"), shifted_by(after):
        return reap_all(threading.Event())


def rows_left(house: House) -> dict[str, int]:
    """Count what is left of what passes in both pharmacies, by table."""
    counts = {table: sum(_count(pharmacy.id, table) for pharmacy in (house.here, house.elsewhere)) for table in PASSING}
    return {table: count for table, count in counts.items() if count}


def _count(pharmacy_id: UUID, table: str) -> int:
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE pharmacy_id = %s", [pharmacy_id])  # noqa: S608
        return int(cursor.fetchone()[0])
