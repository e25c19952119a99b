"""After a restore: which parcels may leave a second time, of every pharmacy. Counts and nothing of what they carry."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

# What had not ended at the moment: what has not by now, by the small index of what is due; what has, by its day.
_OPEN_THEN = """
SELECT pharmacy_id, destination, count(*) FROM (
  SELECT pharmacy_id, destination FROM outbox_parcel
   WHERE state IN ('waiting', 'sending', 'in_doubt') AND posted_at <= %(moment)s
   UNION ALL
  SELECT pharmacy_id, destination FROM outbox_parcel
   WHERE state IN ('accepted', 'refused') AND settled_at > %(moment)s AND posted_at <= %(moment)s
) AS open_then GROUP BY pharmacy_id, destination
"""


def open_at(moment: datetime) -> dict[tuple[UUID, str], int]:
    """Count what was on its way at the moment, by pharmacy and destination: it may have left before, and leaves now."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_THEN, {"moment": moment})
        return {(pharmacy_id, destination): count for pharmacy_id, destination, count in cursor.fetchall()}
