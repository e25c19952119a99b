"""What reconciliation asks of the outbox and does to a parcel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import current_pharmacy
from temoin.outbox.attempts import add_attempt
from temoin.outbox.bell import ring
from temoin.outbox.courier import Answer, Holding, Verdict
from temoin.outbox.models import Parcel
from temoin.outbox.states import ParcelState as S
from temoin.outbox.waking import wake_later

PORTION = 5_000  # rows in memory at once


@dataclass(frozen=True, slots=True)
class Booked:
    """A parcel as reconciliation sees it: whose, and in what state; nothing of what it carries."""

    pharmacy_id: UUID
    id: UUID
    key: str
    state: str
    settled_at: datetime | None


_COLUMNS = "SELECT pharmacy_id, id, key, state, settled_at FROM outbox_parcel WHERE destination = %s "
_ACCEPTED = _COLUMNS + "AND state = 'accepted' AND settled_at >= %s AND settled_at < %s"
_NO_PROOF = (
    " AND pharmacy_id = %s AND NOT EXISTS (SELECT FROM outbox_attempt a "
    "WHERE a.pharmacy_id = outbox_parcel.pharmacy_id AND a.parcel_id = outbox_parcel.id AND a.verdict = 'accepted')"
)


def booked_under(destination: str, keys: Sequence[str]) -> list[Booked]:
    """Return the parcels with these keys, of every pharmacy: the worker's right to schedule reaches no further."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS + "AND key = ANY(%s)", [destination, list(keys)])
        return [Booked(*row) for row in cursor.fetchall()]


def accepted_between(destination: str, since: datetime, until: datetime) -> Iterator[list[Booked]]:
    """Give the parcels of every pharmacy that were accepted in a stretch of time, a portion at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ACCEPTED, [destination, since, until])
        while rows := cursor.fetchmany(PORTION):
            yield [Booked(*row) for row in rows]


def unproved_between(destination: str, since: datetime, until: datetime) -> list[Booked]:
    """Return the parcels of the pharmacy in scope that were accepted without an acknowledgement kept."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPTED + _NO_PROOF, [destination, since, until, current_pharmacy()])
        return [Booked(*row) for row in cursor.fetchall()]


def prove_parcel(commit: Commit, parcel_id: UUID, holding: Holding) -> None:
    """Add to the commit the settlement of a parcel that the destination holds; the holding is its receipt.

    A worker that holds the parcel's lease meanwhile finds it settled, and leaves it.
    """
    parcel = Parcel.objects.get(id=parcel_id)
    moment, number = now(), parcel.attempts + 1
    commit.move(
        Parcel,
        parcel_id,
        "prove",
        only_if={"attempts": parcel.attempts},
        attempts=number,
        settled_at=moment,
        due_at=moment,
        lease_until=None,
        answer_code="reconciled",
        sealed=None,
    )
    receipt = {"id": holding.id, "location": "", "received_at": holding.received_at}
    answer = Answer(Verdict.ACCEPTED, "reconciled", receipt=receipt)
    add_attempt(commit, pharmacy_id=parcel.pharmacy_id, parcel_id=parcel_id, number=number, at=moment, answer=answer)
    wake_later(commit, parcel_id)


def sequences_of(parcel_ids: list[UUID]) -> dict[UUID, int]:
    return dict(Parcel.objects.filter(id__in=parcel_ids).values_list("id", "sequence"))


def newer_that_left(parcel_id: UUID) -> list[UUID]:
    """Return the newer versions of the same result that the destination has, or may have."""
    parcel = Parcel.objects.get(id=parcel_id)
    same = Parcel.objects.filter(chain_id=parcel.chain_id, destination=parcel.destination)
    newer = same.filter(sequence__gt=parcel.sequence, state__in=[S.SENDING, S.IN_DOUBT, S.ACCEPTED])
    return list(newer.values_list("id", flat=True))


def resend_parcel(commit: Commit, parcel_id: UUID) -> None:
    """Add to the commit that an accepted parcel goes on its way again, with the same key."""
    parcel = Parcel.objects.get(id=parcel_id)
    commit.move(Parcel, parcel_id, "resend", due_at=now(), settled_at=None, answer_code="resent")
    ring(commit, parcel.destination)
