"""What is late, of every pharmacy: for the worker, whose role schedules them all. Identifiers and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

# Through the index `outbox_parcel_open`: what has arrived, most of the table, is never read.
_LATE = """
SELECT pharmacy_id, destination, answer_code, count(*), count(*) FILTER (WHERE state = 'refused'),
       count(*) FILTER (WHERE state <> 'refused' AND matter_since IS NOT NULL)
  FROM outbox_parcel
 WHERE state IN ('waiting', 'sending', 'in_doubt', 'refused') AND (posted_at < %s OR matter_since IS NOT NULL)
 GROUP BY pharmacy_id, destination, answer_code
"""


@dataclass(frozen=True)
class LateCount:
    """How many parcels of a pharmacy are late at one destination with one last answer, and what is for a person."""

    pharmacy_id: UUID
    destination: str
    code: str  # of the last answer; "" before the first
    count: int
    refused: int
    matters: int  # that meet the same answer again and again


def count_late(late_before: datetime) -> list[LateCount]:
    """Return what was posted before the instant and has not arrived, or is a person's matter before that."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE, [late_before])
        return [LateCount(*row) for row in cursor.fetchall()]
