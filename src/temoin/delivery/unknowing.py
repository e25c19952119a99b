"""Results whose patient may know nothing of them: a letter that nobody opened, a message that did not arrive, or none.

One question, asked of what stands in clear: letters, parcels and the numbers of versions. What a result says is sealed:
`delivery.calls` opens it and leaves out whom nobody need call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.delivery.actions import LIFE
from temoin.delivery.telling import WAS_TOLD
from temoin.lib.clock import now
from temoin.lib.tenant import current_pharmacy
from temoin.outbox.channel import Audience, Manner
from temoin.outbox.open_channels import names_in, names_of

CALL_AFTER = timedelta(hours=24)  # since the letter was sealed, or the message posted
LOOK_BACK = timedelta(days=30)  # an expired letter stays on the list as long again
PORTION = 200


class Because(StrEnum):
    """Why a patient may not know a result."""

    UNOPENED = "unopened"
    LOCKED = "locked"
    EXPIRED = "expired"
    RETURNED = "returned"  # the message was refused, or came back
    UNSENT = "unsent"  # the message has not left for a day
    NO_MESSAGE = "no_message"  # a version after the first, for a patient whom no message reaches


@dataclass(frozen=True)
class Unknowing:
    """The latest version of a record, and why its patient may not know it."""

    record_id: UUID
    version: int
    because: Because


# Each arm goes through an index of its own: letters not opened, parcels still open, versions after the first. A version
# that a letter was opened of is known, whichever letter it was; the newest parcel says where its message is.
_UNKNOWING = f"""
WITH due AS (
    SELECT letter.record_id, letter.version, letter.expires_at - %(opens_for)s AS due_at
      FROM delivery_letter AS letter
     WHERE letter.pharmacy_id = %(pharmacy)s AND letter.state = 'open' AND letter.opened_count = 0
       AND letter.expires_at > %(expired_since)s AND letter.expires_at < %(sealed_before)s
     UNION ALL
    SELECT parcel.chain_id, parcel.sequence,
           CASE parcel.state WHEN 'refused' THEN parcel.settled_at ELSE parcel.posted_at + %(call_after)s END
      FROM outbox_parcel AS parcel
     WHERE parcel.pharmacy_id = %(pharmacy)s AND parcel.state IN ('waiting', 'sending', 'in_doubt', 'refused')
       AND parcel.destination = ANY(%(to_patients)s) AND parcel.posted_at > %(since)s
       AND (parcel.state = 'refused' OR parcel.posted_at < %(posted_before)s)
       AND NOT EXISTS (SELECT FROM outbox_parcel AS newer
                        WHERE newer.pharmacy_id = %(pharmacy)s AND newer.chain_id = parcel.chain_id
                          AND (newer.destination = parcel.destination
                               OR (newer.destination = ANY(%(links)s) AND parcel.destination = ANY(%(links)s)))
                          AND newer.id > parcel.id)
     UNION ALL
    SELECT version.record_id, version.number, version.signed_at + %(an_hour)s
      FROM testing_record_version AS version
     WHERE version.pharmacy_id = %(pharmacy)s AND version.number > 1 AND version.signed_at > %(since)s
       AND NOT EXISTS (SELECT FROM outbox_parcel AS message
                        WHERE message.pharmacy_id = %(pharmacy)s AND message.chain_id = version.record_id
                          AND message.destination = ANY(%(to_patients)s) AND message.sequence = version.number
                          AND message.state <> 'withdrawn')
       AND NOT EXISTS (SELECT FROM delivery_letter AS made
                        WHERE made.pharmacy_id = %(pharmacy)s AND made.record_id = version.record_id
                          AND made.version = version.number)
), latest AS (
    SELECT due.record_id, due.version, max(due.due_at) AS due_at
      FROM due JOIN testing_record AS record
        ON record.pharmacy_id = %(pharmacy)s AND record.id = due.record_id
     WHERE due.version = (SELECT max(number) FROM testing_record_version AS signed
                           WHERE signed.pharmacy_id = %(pharmacy)s AND signed.record_id = due.record_id)
     GROUP BY due.record_id, due.version
)
SELECT latest.record_id, latest.version,
       CASE WHEN message.state = 'refused' THEN 'returned'
            WHEN message.state IN ('waiting', 'sending', 'in_doubt') THEN 'unsent'
            WHEN letter.id IS NULL THEN 'no_message'
            WHEN letter.tries_left = 0 THEN 'locked'
            WHEN letter.expires_at <= %(now)s THEN 'expired'
            ELSE 'unopened' END
  FROM latest
  LEFT JOIN LATERAL (SELECT state FROM outbox_parcel AS parcel
                      WHERE parcel.pharmacy_id = %(pharmacy)s AND parcel.chain_id = latest.record_id
                        AND parcel.destination = ANY(%(to_patients)s) AND parcel.sequence = latest.version
                      ORDER BY parcel.id DESC LIMIT 1) AS message ON true
  LEFT JOIN LATERAL (SELECT id, tries_left, expires_at FROM delivery_letter AS letter
                      WHERE letter.pharmacy_id = %(pharmacy)s AND letter.record_id = latest.record_id
                        AND letter.version = latest.version AND letter.state = 'open'
                      ORDER BY letter.expires_at DESC LIMIT 1) AS letter ON true
 WHERE latest.due_at >= %(due_since)s
   AND NOT EXISTS (SELECT FROM delivery_letter AS opened
                    WHERE opened.pharmacy_id = %(pharmacy)s AND opened.record_id = latest.record_id
                      AND opened.version = latest.version AND opened.opened_count > 0)
   AND NOT {WAS_TOLD.format(record="latest.record_id", version="latest.version")}
 ORDER BY latest.due_at DESC, latest.record_id LIMIT %(portion)s OFFSET %(first)s
"""  # noqa: S608 our own words


def who_may_not_know(first: int, due_since: datetime | None = None) -> list[Unknowing]:
    """Return a portion of them in the pharmacy in scope, what became due last first."""
    moment = now()
    since = moment - LIFE - LOOK_BACK
    values: dict[str, Any] = {
        "pharmacy": current_pharmacy(),
        "to_patients": names_of(Audience.PATIENT),
        "links": names_in(Manner.LINK),  # a link may have gone another way since
        "now": moment,
        "since": since,
        "due_since": due_since or since,
        "call_after": CALL_AFTER,
        "an_hour": timedelta(hours=1),  # the row tells the hour of the signature: its end is not too early
        "opens_for": LIFE - CALL_AFTER,
        "expired_since": moment - LOOK_BACK,
        "sealed_before": moment + LIFE - CALL_AFTER,
        "posted_before": moment - CALL_AFTER,
        "portion": PORTION,
        "first": first,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWING, values)
        return [Unknowing(record_id, version, Because(why)) for record_id, version, why in cursor.fetchall()]
