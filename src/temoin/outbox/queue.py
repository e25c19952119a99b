"""The queue: claim by lease across pharmacies, and take back what a dead worker left.

Claims use FOR UPDATE SKIP LOCKED; a poller that remembers the last id it saw loses a quarter of the rows, because
commits become visible out of order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from temoin.lib.clock import now
from temoin.outbox.circuit import CircuitState
from temoin.outbox.courier import Load
from temoin.outbox.lanes import lock_circuit, rate_of, read_circuit, write_circuit

LEASE = timedelta(seconds=30)  # longer than any courier's own timeout, so that a live worker always settles first
BEHIND = timedelta(seconds=0.5)  # how soon after an earlier version the next one is looked at
LOOKS = 20  # batches of later versions that one claim passes over

# What is leased is due again when the lease ends, so that the index leads to what can be claimed and to nothing else.
# A later version whose earlier one is still on its way is due again just after it: the lane with a million of them
# reads each once per try of the earlier one, not at every claim.
_CLAIM = """
WITH due AS (
    SELECT pharmacy_id, id, chain_id, sequence, state FROM outbox_parcel
    WHERE destination = %(destination)s AND due_at <= %(now)s AND state IN ('waiting', 'sending', 'in_doubt')
    {preference}
    ORDER BY due_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), found AS MATERIALIZED (
    SELECT due.pharmacy_id, due.id, due.state, (
        SELECT max(CASE WHEN earlier.lease_until > %(now)s THEN %(now)s ELSE earlier.due_at END)
        FROM outbox_parcel earlier
        WHERE earlier.pharmacy_id = due.pharmacy_id AND earlier.chain_id = due.chain_id
          AND earlier.destination = %(destination)s AND earlier.sequence < due.sequence
          AND earlier.state IN ('waiting', 'sending', 'in_doubt')) AS behind
    FROM due
)
UPDATE outbox_parcel parcel
SET state = CASE WHEN behind IS NULL AND found.state = 'waiting' THEN 'sending'
                 WHEN behind IS NULL THEN 'in_doubt' ELSE found.state END,
    due_at = CASE WHEN behind IS NULL THEN %(lease)s ELSE greatest(behind, %(now)s) + %(behind)s END,
    lease_until = CASE WHEN behind IS NULL THEN %(lease)s ELSE lease_until END,
    attempts = attempts + CASE WHEN behind IS NULL THEN 1 ELSE 0 END
FROM found WHERE parcel.pharmacy_id = found.pharmacy_id AND parcel.id = found.id
RETURNING behind IS NULL, parcel.pharmacy_id, parcel.id, destination, subject_id, chain_id, sequence, key,
    parcel.state, attempts, sealed, answer_code, same_count, same_since, matter_since
"""
# A probe is one that has failed least, of those that are due first: what brought the trouble may be a parcel's own.
_LEAST_TRIED = """
    AND (pharmacy_id, id) = (
        SELECT pharmacy_id, id FROM (
            SELECT pharmacy_id, id, attempts, due_at FROM outbox_parcel
            WHERE destination = %(destination)s AND due_at <= %(now)s AND state IN ('waiting', 'sending', 'in_doubt')
            ORDER BY due_at LIMIT %(among)s) first_due
        ORDER BY attempts, due_at LIMIT 1)"""
AMONG = 1_000  # parcels due first that a probe is chosen of
CLAIM = _CLAIM.format(preference="")
CLAIM_PROBE = _CLAIM.format(preference=_LEAST_TRIED)

_DUE = """
SELECT FROM outbox_parcel
WHERE destination = %s AND due_at <= %s AND state IN ('waiting', 'sending', 'in_doubt') LIMIT 1
"""


def claim_parcels(destination: str, limit: int) -> list[Load]:
    """Lease up to `limit` due parcels of a destination, as many as its lane lets pass now.

    What comes back in state "in_doubt" may already be at the destination (its worker died, or the answer was unclear):
    the courier enquires by key before it carries.
    """
    moment, rate = now(), rate_of(destination)
    circuit = read_circuit(destination)
    allowed = circuit.allowance(rate, moment, limit)
    if allowed == 0:
        return []
    if circuit.lets_all(rate, moment):
        return _claim(destination, limit, moment, is_probe=False)  # each statement commits by itself
    if not _is_due(destination, moment):
        return []  # a lock that leads to nothing would still be a write to disk
    with transaction.atomic():
        circuit = lock_circuit(destination)
        is_probe = circuit.state(moment) is CircuitState.HALF_OPEN
        loads = _claim(destination, circuit.allowance(rate, moment, limit), moment, is_probe=is_probe)
        write_circuit(destination, circuit.taken(len(loads), rate, moment))
    return loads


def _claim(destination: str, limit: int, moment: datetime, *, is_probe: bool) -> list[Load]:
    values: dict[str, Any] = {"destination": destination, "now": moment, "limit": limit}
    values |= {"lease": moment + LEASE, "behind": BEHIND, "among": AMONG}
    for _ in range(LOOKS):
        with connection.cursor() as cursor:
            cursor.execute(CLAIM_PROBE if is_probe else CLAIM, values)
            rows = cursor.fetchall()
        loads = [_load(row[1:]) for row in rows if row[0]]
        if loads or not rows:
            return loads
    return []


def _is_due(destination: str, moment: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [destination, moment])
        return cursor.fetchone() is not None


def _load(row: tuple[Any, ...]) -> Load:
    load = Load(*row)  # in the order of CLAIM
    return load if load.sealed is None else replace(load, sealed=bytes(load.sealed))
