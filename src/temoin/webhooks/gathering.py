"""What happened is made into notices, from events and the ends of parcels, which are committed with what they tell.

So a signature asks nothing of webhooks, the patients' site posts nothing, and what happened while no worker ran is told
all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import tenant_scope
from temoin.outbox.channel import Audience
from temoin.outbox.open_channels import names_of
from temoin.pharmacies.notices import NoticeKind, owners_at_work, post_notice
from temoin.pharmacies.professions import MANAGERS, RIGHTS, Right
from temoin.pharmacies.seat import today
from temoin.testing.proposals import REFUSED
from temoin.webhooks.models import Webhook, WebhookNotice

LATE_COMMIT = timedelta(minutes=2)  # times are those of writers: longer than any act lasts
NOTED_EVERY = timedelta(minutes=1)  # how far it came is a write, and nothing is lost by asking again
AT_ONCE = 1_000
KEPT = timedelta(days=30)  # the class of retention: what is older is asked of the API
MATTER_AFTER = timedelta(days=1)

_ACTIVE = "SELECT pharmacy_id, id FROM webhooks_webhook WHERE state = 'active' ORDER BY pharmacy_id, id"
_VOUCHERS = sorted(each.value for each in MANAGERS if Right.READ_TEST in RIGHTS[each])
# What `vouching.is_vouched` asks, as far as the worker reads people.
_MAY_BE_TOLD = """
SELECT FROM pharmacies_program AS program
 WHERE program.pharmacy_id = %(pharmacy)s AND program.id = %(program)s AND program.state = 'active'
   AND EXISTS (
        SELECT FROM pharmacies_member AS member
         WHERE member.pharmacy_id = %(pharmacy)s AND member.id = program.vouched_by AND member.is_active
           AND coalesce(member.last_day >= %(today)s, true) AND member.profession = ANY(%(vouchers)s))
"""
_FACTS = """
WITH heard AS (
    SELECT id, at, kind, subject_id, detail FROM journal_event
     WHERE pharmacy_id = %(pharmacy)s AND at >= %(since)s AND kind = ANY(%(kinds)s)
), facts AS (
    SELECT id AS source_id, at,
           CASE kind WHEN 'proposal.withdrawn' THEN 'proposal.refused' ELSE kind END AS kind, subject_id AS record_id,
           CASE WHEN detail ~ '^[0-9]{1,4}$' THEN detail::int END AS version
      FROM heard WHERE kind <> 'letter.opened' AND (kind <> 'proposal.withdrawn' OR detail = %(refused)s)
     UNION ALL
    SELECT letter.id, min(heard.at), 'letter.opened', letter.record_id, letter.version
      FROM heard JOIN delivery_letter AS letter ON letter.pharmacy_id = %(pharmacy)s AND letter.id = heard.subject_id
     WHERE heard.kind = 'letter.opened' AND heard.detail = '' GROUP BY letter.id, letter.record_id, letter.version
     UNION ALL
    SELECT id, settled_at, CASE state WHEN 'accepted' THEN 'authority.acknowledged' ELSE 'authority.refused' END,
           chain_id, sequence
      FROM outbox_parcel
     WHERE pharmacy_id = %(pharmacy)s AND settled_at >= %(since)s AND state IN ('accepted', 'refused')
       AND destination = ANY(%(authorities)s)
)
SELECT source_id, at, kind, record_id, version FROM facts
 WHERE NOT EXISTS (SELECT FROM webhooks_notice AS told
                    WHERE told.pharmacy_id = %(pharmacy)s AND told.webhook_id = %(webhook)s
                      AND told.source_id = facts.source_id
                      AND (told.happened_at = facts.at OR facts.kind = 'letter.opened'))
 ORDER BY at, source_id LIMIT %(most)s
"""
_KINDS = [
    *(EventKind.RESULT_SIGNED, EventKind.RESULT_CORRECTED, EventKind.RESULT_CANCELLED, EventKind.LETTER_OPENED),
    *(EventKind.PROPOSAL_WITHDRAWN, EventKind.AMENDMENT_REFUSED),
]


@dataclass(frozen=True, order=True)
class WebhookPlace:
    """Which webhook, of which pharmacy."""

    pharmacy_id: UUID
    id: UUID

    @property
    def lane(self) -> str:
        """Return the name of its circuit among those of destinations, of which none is two words."""
        return f"webhook {self.id}"


@dataclass(frozen=True)
class Happening:
    """Something that happened to a test, and what it is known by."""

    source_id: UUID
    at: datetime
    kind: str
    record_id: UUID
    version: int | None


def active_webhooks() -> list[WebhookPlace]:
    """Return those of every pharmacy; for the worker."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE)
        return [WebhookPlace(*row) for row in cursor.fetchall()]


def may_be_told(webhook: Webhook) -> bool:
    """Tell whether the program still may come in: not revoked, and vouched for."""
    asked: dict[str, Any] = {
        "pharmacy": webhook.pharmacy_id,
        "program": webhook.program_id,
        "today": today(webhook.pharmacy_id),
        "vouchers": _VOUCHERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MAY_BE_TOLD, asked)
        return cursor.fetchone() is not None


def moment_of_all() -> datetime:
    """Return the time by the slower of two clocks: events have that of the database, ends of parcels a worker's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    return min(now(), theirs)


def gather_notices(place: WebhookPlace, moment: datetime) -> None:
    """Make notices of what happened since the last time, and say whether the webhook is a person's matter.

    A clock that ran ahead for a while, and left `gathered_to` there, is not waited for: nobody would be told meanwhile.
    """
    with tenant_scope(place.pharmacy_id):
        webhook = Webhook.objects.get(id=place.id)
        if not may_be_told(webhook):
            return
        facts = _facts(webhook, min(webhook.gathered_to, moment) - LATE_COMMIT)
        commit = Commit()
        for fact in facts:
            commit.insert(_notice(webhook, fact, now()))
        matter_since = _matter_since(webhook, now())
        reached = min(facts[-1].at, moment) if len(facts) == AT_ONCE else moment
        if facts or matter_since != webhook.matter_since or abs(reached - webhook.gathered_to) > NOTED_EVERY:
            commit.change(Webhook, place.id, gathered_to=reached, matter_since=matter_since)
        commit.flush()


def _facts(webhook: Webhook, since: datetime) -> list[Happening]:
    asked: dict[str, Any] = {
        "pharmacy": webhook.pharmacy_id,
        "webhook": webhook.id,
        "since": max(webhook.started_at, since, now() - KEPT),
        "kinds": [kind.value for kind in _KINDS],
        "refused": REFUSED,
        "authorities": names_of(Audience.AUTHORITY),
        "most": AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, asked)
        return [Happening(*row) for row in cursor.fetchall()]


def _notice(webhook: Webhook, fact: Happening, moment: datetime) -> WebhookNotice:
    return WebhookNotice(
        pharmacy_id=webhook.pharmacy_id,
        webhook_id=webhook.id,
        kind=fact.kind,
        record_id=fact.record_id,
        version=fact.version,
        happened_at=fact.at,
        source_id=fact.source_id,
        due_at=moment,
    )


def _matter_since(webhook: Webhook, moment: datetime) -> datetime | None:
    """Return since when somebody should look; its beginning is told to the owners, once."""
    old = WebhookNotice.objects.filter(
        webhook_id=webhook.id, told_at__isnull=True, attempts__gt=0, happened_at__lt=moment - MATTER_AFTER
    )
    if not old.exists():
        return None
    if webhook.matter_since is None:
        for owner in owners_at_work(webhook.pharmacy_id):
            post_notice(person_id=owner, kind=NoticeKind.PROGRAM_UNTOLD)
    return webhook.matter_since or moment
