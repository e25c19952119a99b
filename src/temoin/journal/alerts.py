"""What owners must be told of: an event, and a row about which the worker writes to them; the same once a day."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, connection

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.act import Actor, HouseActor, act
from temoin.journal.events import EventKind
from temoin.journal.models import Alert
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy, tenant_scope

log = logging.getLogger("temoin.journal")

_COLUMNS = ("pharmacy_id", "id", "at", "kind", "subject_kind", "subject_id")
_UNTOLD = f"SELECT {', '.join(_COLUMNS)} FROM journal_alert WHERE told_at IS NULL ORDER BY at, id LIMIT %s"  # noqa: S608
ONCE_IN = timedelta(days=1)


def raise_alert(
    *,
    by: Actor,
    kind: EventKind,
    subject_kind: str,
    subject_id: UUID | None,
    detail: str = "",
    once_in: timedelta = ONCE_IN,
) -> bool:
    """Record what happened and have the owners told, once a day of the same by default; tell whether it is new."""
    with tenant_scope(by.pharmacy_id):
        _wait_for_the_same(f"{kind.value} {by.pharmacy_id} {subject_id}")
        same = Alert.objects.filter(kind=kind.value, subject_kind=subject_kind, subject_id=subject_id)
        if same.filter(at__gt=now() - once_in).exists():
            return False
        with act(by=by, kind=kind, subject_kind=subject_kind, subject_id=subject_id, detail=detail) as commit:
            add_alert(commit, kind=kind, subject_kind=subject_kind, subject_id=subject_id)
    return True


def add_alert(commit: Commit, *, kind: EventKind, subject_kind: str, subject_id: UUID | None) -> None:
    """Add to an act that the owners are to be told of it."""
    commit.insert(
        Alert(
            pharmacy_id=current_pharmacy(),
            id=new_id(),
            at=now(),
            kind=kind.value,
            subject_kind=subject_kind,
            subject_id=subject_id,
        )
    )


def _wait_for_the_same(name: str) -> None:
    """Let two processes that meet the same thing at once raise it one after the other: the second finds it raised."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def note_broken_seal(error: BaseException | None, *, origin: str) -> None:
    """Record a broken seal that ended a page, a request, a parcel or a command; any other error is none of ours.

    To be called once the transaction that met it is over. It never fails: an error is being told already.
    """
    while error is not None and not isinstance(error, SealBrokenError):
        error = error.__cause__ or error.__context__
    if error is None:
        return
    for pharmacy_id, table, row_id in [error.row] if error.row else error.told_in:
        log.error("a seal of %s is broken: row %s", table, row_id)
        try:
            tell_broken_seal(HouseActor(pharmacy_id, origin), table, row_id)
        except DatabaseError as trouble:
            log.error("the broken seal could not be recorded: %s", type(trouble).__name__)


def tell_broken_seal(by: Actor, table: str, row_id: UUID) -> None:
    """Record in a pharmacy that a row of a table did not open, and have its owners told."""
    raise_alert(by=by, kind=EventKind.SEAL_BROKEN, subject_kind="row", subject_id=row_id, detail=table)


def untold_alerts(most: int) -> list[Alert]:
    """Return what nobody was told of yet, of every pharmacy, the oldest first: for the worker alone."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD, [most])
        return [Alert(**dict(zip(_COLUMNS, row, strict=True))) for row in cursor.fetchall()]


def note_told(commit: Commit, alert: Alert, moment: datetime) -> None:
    """Add to an act that the owners were told."""
    commit.change(Alert, alert.id, told_at=moment)
