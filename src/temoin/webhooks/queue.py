"""The notices that are due: claimed by lease, a webhook at a time, and what each try brought.

Each webhook has the circuit of a lane: one that is down spends no attempt of its notices and no time of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.lanes import lock_circuit, read_circuit, tell_lane, write_circuit
from temoin.outbox.settling import pause_after
from temoin.webhooks.gathering import WebhookPlace, may_be_told
from temoin.webhooks.models import Webhook
from temoin.webhooks.signing import good_secrets

LEASE = timedelta(seconds=30)  # longer than a try
TOLD = "told"

_READY = """
SELECT hook.pharmacy_id, hook.id, coalesce(lane.troubles > 0, false)
  FROM webhooks_webhook AS hook LEFT JOIN outbox_lane AS lane ON lane.destination = 'webhook ' || hook.id
 WHERE hook.state = 'active' AND coalesce(lane.paused_until <= %(now)s, true) AND EXISTS (
       SELECT FROM webhooks_notice AS notice
        WHERE notice.pharmacy_id = hook.pharmacy_id AND notice.webhook_id = hook.id
          AND notice.told_at IS NULL AND notice.due_at <= %(now)s)
"""
# In order within a test: while an earlier notice of it waits, a later one does.
_CLAIM = """
UPDATE webhooks_notice AS notice SET due_at = %(lease)s, attempts = attempts + 1
  FROM (SELECT id FROM webhooks_notice AS due
         WHERE pharmacy_id = %(pharmacy)s AND webhook_id = %(webhook)s AND told_at IS NULL AND due_at <= %(now)s
           AND NOT EXISTS (SELECT FROM webhooks_notice AS earlier
                            WHERE earlier.pharmacy_id = %(pharmacy)s AND earlier.webhook_id = %(webhook)s
                              AND earlier.told_at IS NULL AND earlier.record_id = due.record_id
                              AND (earlier.happened_at, earlier.id) < (due.happened_at, due.id))
         ORDER BY due_at, happened_at LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS found
 WHERE notice.pharmacy_id = %(pharmacy)s AND notice.id = found.id
RETURNING notice.id, kind, record_id, version, happened_at, attempts
"""
# Only the holder of the lease settles: each claim counts one attempt more.
_SETTLE = """
UPDATE webhooks_notice SET answer_code = %(code)s, tried_at = %(now)s, due_at = %(due)s, told_at = %(told)s
 WHERE pharmacy_id = %(pharmacy)s AND id = %(id)s AND attempts = %(attempts)s AND told_at IS NULL
"""


@dataclass(frozen=True)
class DueNotice:
    """A claimed notice."""

    id: UUID
    kind: str
    record_id: UUID | None
    version: int | None
    happened_at: datetime
    attempts: int


@dataclass(frozen=True)
class Claimed:
    """Notices of one webhook, and what is needed to send them."""

    place: WebhookPlace
    client_id: str
    address: str
    secrets: list[str]
    notices: list[DueNotice]


@dataclass(frozen=True)
class ReadyWebhook:
    """A webhook that has something due and is not paused, and whether its last try brought trouble."""

    place: WebhookPlace
    is_troubled: bool


def ready_webhooks() -> list[ReadyWebhook]:
    """Return those of every pharmacy; for the worker."""
    asked: dict[str, Any] = {"now": now()}
    with connection.cursor() as cursor:
        cursor.execute(_READY, asked)
        return [ReadyWebhook(WebhookPlace(*place), is_troubled) for *place, is_troubled in cursor.fetchall()]


def claim_notices(place: WebhookPlace, most: int) -> Claimed | None:
    """Lease up to `most` notices, as many as the circuit lets pass; None for none."""
    moment = now()
    circuit = read_circuit(place.lane)
    if not circuit.allowance(None, moment, most):
        return None
    with tenant_scope(place.pharmacy_id):
        webhook = Webhook.objects.get(id=place.id)
        if not may_be_told(webhook):
            return None
        held = webhook.unseal()
        if circuit.lets_all(None, moment):
            notices = _claim(place, most, moment)
        else:
            circuit = lock_circuit(place.lane)
            notices = _claim(place, circuit.allowance(None, moment, most), moment)
            write_circuit(place.lane, circuit.taken(len(notices), None, moment))
    client_id = f"{place.pharmacy_id}.{webhook.program_id}"
    return Claimed(place, client_id, held["address"], good_secrets(held, moment), notices)


def _claim(place: WebhookPlace, most: int, moment: datetime) -> list[DueNotice]:
    asked: dict[str, Any] = {
        "pharmacy": place.pharmacy_id,
        "webhook": place.id,
        "now": moment,
        "lease": moment + LEASE,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, asked)
        return [DueNotice(*row) for row in cursor.fetchall()]


def settle_notice(place: WebhookPlace, notice: DueNotice, answer: Answer) -> None:
    """Write what a try brought; the circuit learns of it."""
    moment, is_told = now(), answer.verdict is Verdict.ACCEPTED
    pause = timedelta(seconds=max(pause_after(notice.attempts), answer.retry_after or 0.0))
    asked: dict[str, Any] = {
        "pharmacy": place.pharmacy_id,
        "id": notice.id,
        "attempts": notice.attempts,
        "code": answer.code,
        "now": moment,
        "due": moment if is_told else moment + pause,
        "told": moment if is_told else None,
    }
    with tenant_scope(place.pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_SETTLE, asked)
    tell_lane(place.lane, [answer])
