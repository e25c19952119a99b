"""The worker's duty to destroy the codes of tickets that the patients hold: what stays is the key of their letters."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

from django.db import connection

from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.pharmacies.models import Pharmacy
from temoin.testing.tickets import destroy_code

DUTY = "ticket codes"
PRINTABLE_FOR = timedelta(days=1)  # after the signature, and after it was drawn anew
_OVER = """
SELECT ticket.record_id, ticket.sealed FROM testing_ticket AS ticket
 WHERE ticket.pharmacy_id = %(pharmacy)s AND ticket.has_code AND (
       (ticket.drawn_at < %(before)s
        AND EXISTS (SELECT FROM testing_record_version AS version
                     WHERE version.pharmacy_id = %(pharmacy)s AND version.record_id = ticket.record_id
                       AND version.signed_at < %(before)s))
    OR EXISTS (SELECT FROM delivery_letter AS letter
                WHERE letter.pharmacy_id = %(pharmacy)s AND letter.record_id = ticket.record_id
                  AND letter.state = 'open' AND letter.opened_count > 0))
"""


def ticket_code_duty() -> Duty:
    return Duty(DUTY, timedelta(hours=1), destroy_codes)


def destroy_codes(stop: threading.Event) -> None:
    """Forget every code whose letter was opened, or whose result was signed a day ago, each by an act of its own."""
    for pharmacy_id in Pharmacy.objects.order_by("id").values_list("id", flat=True):
        for record_id, seen in _over(pharmacy_id):
            if stop.is_set():
                return
            with apart(DUTY, str(record_id)):
                _destroy(pharmacy_id, record_id, seen)


def _over(pharmacy_id: UUID) -> list[tuple[UUID, bytes]]:
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_OVER, {"pharmacy": current_pharmacy(), "before": now() - PRINTABLE_FOR})
        return [(record_id, bytes(sealed)) for record_id, sealed in cursor.fetchall()]


def _destroy(pharmacy_id: UUID, record_id: UUID, seen: bytes) -> None:
    by = HouseActor(pharmacy_id, "worker")
    kind = EventKind.TICKET_CODE_DESTROYED
    try:
        with act(by=by, kind=kind, subject_kind="record", subject_id=record_id) as commit:
            destroy_code(commit, record_id, seen)
    except ConflictError:
        return  # renewed, or its key was turned: the next round looks again
