"""One after the other in a pharmacy: a hold that is placed or lifted, and each batch of the round.

What a batch has chosen it deletes: without turns, a hold that commits between the two would be told to its owner as in
force while what it holds goes.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection


def take_turn(pharmacy_id: UUID) -> None:
    """Wait for whoever places, lifts or deletes in this pharmacy; others wait until this transaction is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"retention {pharmacy_id}"])
