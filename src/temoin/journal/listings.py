"""What lists and searches showed: one event for a look at many, and beside it, committed by its digest, of whom.

A listing is kept once, however often it is shown: each event that carries its digest showed it. So the journal grows
by an event a look, and "who saw" finds the event from each of those it showed.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from django.db import connection

from temoin.journal.act import Actor, act
from temoin.journal.events import LISTINGS, EventKind
from temoin.journal.models import Event, Listing
from temoin.journal.queries import EventRow, rows_of
from temoin.lib.tenant import current_pharmacy

# What a search was by that somebody chose, as its event says: in vain it has a pace. Other searches are part of an act.
ASKED = NIR, NAME, START, NUMBER = "nir", "name", "start", "number"

_KEEP = """
    INSERT INTO journal_listing (pharmacy_id, id, subjects) VALUES (%s, %s, %s::uuid[]) ON CONFLICT DO NOTHING
"""

_LOST = """
    SELECT (array_agg(id ORDER BY at))[1], count(*) FROM journal_event e
     WHERE pharmacy_id = %s AND kind = ANY(%s) AND digest <> '' AND NOT EXISTS
      (SELECT FROM journal_listing l WHERE l.pharmacy_id = e.pharmacy_id AND l.id = substr(e.digest, 1, 32)::uuid)
"""


def record_listing(
    *, by: Actor, kind: EventKind, subject_kind: str, shown: Iterable[UUID], subject_id: UUID | None = None, detail: str
) -> None:
    """Record a look at several rows, in the transaction that reads them: no log, no look."""
    subjects = sorted(set(shown))
    with act(by=by, kind=kind, subject_kind=subject_kind, subject_id=subject_id, detail=detail) as commit:
        if not subjects:
            return
        commit.digest = digest_of(subjects)
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [by.pharmacy_id, _id(commit.digest), subjects])


def events_showing(subjects: Iterable[UUID]) -> list[EventRow]:
    """Return the looks at lists and searches that showed one of these, in order.

    A listing that is not what its events committed to is passed over: it is not what was shown.
    """
    found = Event.objects.filter(kind__in=LISTINGS, digest__in=digests_showing(subjects))
    return rows_of(found.order_by("at", "id"))


def digests_showing(subjects: Iterable[UUID]) -> set[str]:
    """Return the digests of the lists that showed one of these."""
    return {
        digest
        for listing in Listing.objects.filter(subjects__overlap=list(subjects))
        if _id(digest := digest_of(listing.subjects)) == listing.id
    }


def lost_listings() -> tuple[UUID | None, int]:
    """Return the first look of which nobody can say any more whom it showed, and how many there are.

    A row that is gone is missed here. One that was altered is found by `temoin journal verify`, which reads them all.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOST, [current_pharmacy(), list(LISTINGS)])
        first, count = cursor.fetchone()
        return first, count


def digest_of(subjects: list[UUID]) -> str:
    """Return what the event says of a listing: SHA-256 over the sorted identifiers."""
    return sha256(b"".join(one.bytes for one in sorted(subjects))).hexdigest()


def _id(digest: str) -> UUID:
    return UUID(digest[:32])
