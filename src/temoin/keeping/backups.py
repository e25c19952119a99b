"""What is kept of a backup's verification: an event of every pharmacy, and when it went well the last time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from temoin.journal.events import EventKind
from temoin.keeping.acts import tell_every_pharmacy
from temoin.outbox.duties import note_outside_duty

DUTY = "verification of backups"
EVERY = timedelta(days=1)
_VERIFIED = "SELECT due_at FROM outbox_duty WHERE name = %s AND due_at > '1971-01-01'"


def note_backup(*, is_verified: bool, events: int, lost: int | None) -> None:
    """Write down how a verification went; `lost` events are those that the site had and the copy has not."""
    kind = EventKind.BACKUP_VERIFIED if is_verified else EventKind.BACKUP_DOUBTED
    with transaction.atomic():
        note_outside_duty(DUTY, every=EVERY, failure="" if is_verified else "BackupDoubted")
    tell_every_pharmacy(kind, f"events={events} lost={'unknown' if lost is None else lost}")


def backup_verified_at() -> datetime | None:
    """Return when a backup was restored and proved the last time; None for never."""
    with connection.cursor() as cursor:
        cursor.execute(_VERIFIED, [DUTY])
        row = cursor.fetchone()
    return None if row is None else row[0] - EVERY
