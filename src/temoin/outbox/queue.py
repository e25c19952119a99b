"""The queue: claim by lease across pharmacies, settle on an answer, take back what a dead worker left.

Claims use FOR UPDATE SKIP LOCKED; a poller that remembers the last id it saw loses a quarter of the rows, because
commits become visible out of order.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from temoin.crypto.sealed import seal_value
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Load, Verdict
from temoin.outbox.models import Attempt, Parcel
from temoin.outbox.queries import is_overtaken
from temoin.outbox.states import ParcelState

LEASE = timedelta(seconds=30)  # longer than any courier's own timeout, so that a live worker always settles first
LONGEST_WAIT = 3600.0  # seconds; retries never stop, they only get this far apart

_CLAIM = """
WITH due AS (
    SELECT pharmacy_id, id FROM outbox_parcel parcel
    WHERE destination = %(destination)s
      AND due_at <= %(now)s
      AND (state = 'waiting' OR state IN ('sending', 'in_doubt') AND lease_until < %(now)s)
      AND NOT EXISTS (
        SELECT 1 FROM outbox_parcel earlier
        WHERE earlier.pharmacy_id = parcel.pharmacy_id AND earlier.chain_id = parcel.chain_id
          AND earlier.destination = parcel.destination AND earlier.sequence < parcel.sequence
          AND earlier.state IN ('waiting', 'sending', 'in_doubt'))
    ORDER BY due_at
    LIMIT %(limit)s
    FOR UPDATE OF parcel SKIP LOCKED
)
UPDATE outbox_parcel parcel
SET state = CASE parcel.state WHEN 'waiting' THEN 'sending' ELSE 'in_doubt' END,
    lease_until = %(lease)s, attempts = attempts + 1
FROM due WHERE parcel.pharmacy_id = due.pharmacy_id AND parcel.id = due.id
RETURNING parcel.pharmacy_id, parcel.id, subject_id, chain_id, sequence, key, parcel.state, attempts, sealed
"""


def claim_parcels(destination: str, limit: int) -> list[Load]:
    """Lease up to `limit` due parcels of a destination.

    What comes back in state "in_doubt" may already be at the destination (its worker died, or the answer was unclear):
    the courier enquires by key before it carries.
    """
    moment = now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"destination": destination, "now": moment, "limit": limit, "lease": moment + LEASE})
        rows = cursor.fetchall()
    return [_load(row) for row in rows]


def _load(row: tuple[Any, ...]) -> Load:
    *columns, sealed = row
    return Load(*columns, None if sealed is None else bytes(sealed))  # type: ignore[call-arg] # in the order of _CLAIM


_VERB = {
    Verdict.ACCEPTED: "accept",
    Verdict.REFUSED: "refuse",
    Verdict.REPLACED: "replace",
    Verdict.POSTPONED: "postpone",
    Verdict.DOUBTFUL: "doubt",
}


def settle_parcels(answers: Iterable[tuple[Load, Answer]]) -> None:
    """Write what each attempt brought, a pharmacy at a time: the parcel's move and the sealed attempt, together."""
    by_pharmacy: dict[object, list[tuple[Load, Answer]]] = {}
    for load, answer in answers:
        by_pharmacy.setdefault(load.pharmacy_id, []).append((load, answer))
    for group in by_pharmacy.values():
        try:
            _settle_together(group)
        except ConflictError:
            # One of them was taken back after its lease ran out; the others must not wait for it.
            for pair in group:
                _settle_alone(pair)


def _settle_together(group: list[tuple[Load, Answer]]) -> None:
    with tenant_scope(group[0][0].pharmacy_id):
        commit = Commit()
        for load, answer in group:
            _add_settlement(commit, load, answer)
        commit.flush()


def _settle_alone(pair: tuple[Load, Answer]) -> None:
    try:
        _settle_together([pair])
    except ConflictError:
        return  # another worker holds it now and will settle it by asking the destination


def _add_settlement(commit: Commit, load: Load, answer: Answer) -> None:
    moment = now()
    verb = _verb(load, answer)
    settled = answer.verdict in {Verdict.ACCEPTED, Verdict.REFUSED, Verdict.REPLACED}
    values: dict[str, object] = {
        "answer_code": answer.code,
        "lease_until": moment if answer.verdict is Verdict.DOUBTFUL else None,
        "settled_at": moment if settled else None,
        "due_at": moment if settled else moment + timedelta(seconds=_delay(load, answer)),
    }
    if verb in {"accept", "replace"}:
        values["sealed"] = None  # the secret of the link leaves the system with the message
    # Only the holder of the lease settles: each claim counts one attempt more.
    commit.move(Parcel, load.id, verb, only_if={"attempts": load.attempts}, **values)
    attempt = Attempt(
        pharmacy_id=load.pharmacy_id,
        id=new_id(),
        parcel_id=load.id,
        number=load.attempts,
        at=moment,
        verdict=answer.verdict.value,
    )
    attempt.sealed = seal_value(
        "outbox_attempt",
        attempt.id,
        {"code": answer.code, "detail": answer.detail[:4000], "receipt": answer.receipt},
    )
    commit.insert(attempt)


def _verb(load: Load, answer: Answer) -> str:
    """Return what becomes of the parcel: a refusal that a newer version already answers asks nobody to act."""
    if answer.verdict is Verdict.REFUSED and is_overtaken(load.id):
        return "replace"
    return _VERB[answer.verdict]


def _delay(load: Load, answer: Answer) -> float:
    """Return the pause before the next try: doubling with jitter up to an hour; never a final give-up."""
    asked = answer.retry_after or 0.0
    if answer.verdict is Verdict.DOUBTFUL and load.state == ParcelState.SENDING:
        return max(0.5, asked)  # ask soon: the patient and the counter are waiting for the acknowledgement
    pause = min(LONGEST_WAIT, 2.0 ** min(load.attempts, 12))
    return max(asked, pause * random.uniform(0.5, 1.0))  # noqa: S311 spreads retries, guards nothing
