"""How the journal stands: what an operator asks, and what must wake one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from temoin.journal.couriers.following import TROUBLES
from temoin.journal.models import WitnessState
from temoin.lib.clock import now

LATE = timedelta(seconds=60)  # an event waiting longer than this for its seal is an alarm
SILENT = timedelta(minutes=5)

_WAITING = """
    SELECT count(*), min(event.at) FROM journal_event AS event
     WHERE event.xid >= coalesce((SELECT watermark FROM journal_checkpoint ORDER BY size DESC LIMIT 1), 0)::text::xid8
       AND NOT EXISTS (SELECT FROM journal_leaf AS leaf
                        WHERE leaf.pharmacy_id = event.pharmacy_id AND leaf.event_id = event.id)
"""


@dataclass(frozen=True)
class JournalStanding:
    """Sizes, times and witnesses."""

    size: int
    sealed_at: datetime | None
    waiting: int
    oldest: datetime | None
    witnesses: list[WitnessState]

    def lines(self) -> list[str]:
        sealed = "never sealed" if self.sealed_at is None else f"sealed at {self.sealed_at:%Y-%m-%d %H:%M:%S} UTC"
        lines = [f"journal of {self.size} events, {sealed}; {self.waiting} waiting"]
        return lines + [f"witness {one.witness}: at {one.size}, {one.trouble or 'follows'}" for one in self.witnesses]

    def alarms(self) -> list[str]:
        """Return what somebody must look at."""
        alarms = []
        if self.oldest is not None and now() - self.oldest > LATE:
            alarms.append(
                f"an event of {self.oldest:%Y-%m-%d %H:%M:%S} UTC waits for its seal: is temoin sealer running?"
            )
        for one in self.witnesses:
            if one.failing_since is not None:
                alarms.append(
                    f"witness {one.witness}, since {one.failing_since:%Y-%m-%d %H:%M} UTC: {TROUBLES[one.trouble]}"
                )
            elif one.followed_at is None or now() - one.followed_at > SILENT:
                alarms.append(f"witness {one.witness} has not been shown anything for minutes")
        return alarms


def sealed_size() -> int:
    """Return how many events the last checkpoint has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(size), 0) FROM journal_checkpoint")
        return int(cursor.fetchone()[0])


def journal_standing() -> JournalStanding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, at FROM journal_checkpoint ORDER BY size DESC LIMIT 1")
        size, sealed_at = cursor.fetchone() or (0, None)
        cursor.execute(_WAITING)
        waiting, oldest = cursor.fetchone()
    return JournalStanding(size, sealed_at, waiting, oldest, list(WitnessState.objects.order_by("witness")))
