"""Compares what lists showed with the events that committed to it: a row taken away or altered hides who saw whom."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from temoin.journal.events import LISTINGS
from temoin.journal.findings import Fault, JournalFinding

# The database makes the digests (see `listings.digest_of`): each listing is read once, whatever its events.
_LOST = """
    WITH told AS (
        SELECT pharmacy_id, digest, (array_agg(id ORDER BY at))[1] AS id, count(*) AS looks
          FROM journal_event WHERE kind = ANY(%s) AND digest <> '' GROUP BY pharmacy_id, digest
    )
    SELECT told.id::text, told.pharmacy_id::text, told.looks, live.id IS NULL
      FROM told LEFT JOIN journal_listing AS live
        ON live.pharmacy_id = told.pharmacy_id AND live.id = substr(told.digest, 1, 32)::uuid
     WHERE encode(sha256((SELECT string_agg(uuid_send(one), ''::bytea ORDER BY one) FROM unnest(live.subjects) AS one)),
                  'hex') IS DISTINCT FROM told.digest
     ORDER BY 2, 1
"""


def compare_listings() -> Iterator[JournalFinding]:
    """Yield each listing that is gone, or is not what its events committed to."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_LOST, [list(LISTINGS)])
        for event_id, pharmacy_id, looks, is_gone in cursor.fetchall():
            what = "is gone" if is_gone else "was altered"
            note = f"whom event {event_id} of pharmacy {pharmacy_id} showed {what} ({looks} looks at it)"
            yield JournalFinding(Fault.LISTING, None, event_id, pharmacy_id, note)
