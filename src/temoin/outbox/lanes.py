"""The lanes' shared state, one row per destination: the circuit that all workers go by, wherever they run.

A row is read before each claim and written only when a pace or a probe is counted, or when something went wrong: an
untroubled lane without a rate writes nothing. What a worker held when it was killed is a probe at most, and that is
let go by the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields

from django.db import connection, transaction

from temoin.lib.clock import now
from temoin.lib.handed import Handed
from temoin.outbox.bell import ring_now
from temoin.outbox.circuit import Brought, Circuit
from temoin.outbox.courier import Answer, Verdict

RATES: Handed[Mapping[str, int]] = Handed("rates of destinations")

_COLUMNS = ", ".join(field.name for field in fields(Circuit))
_READ = f"SELECT {_COLUMNS} FROM outbox_lane WHERE destination = %s"  # noqa: S608 names of our own fields
_WRITE = (
    f"UPDATE outbox_lane SET ({_COLUMNS}) = ROW ({', '.join(f'%({field.name})s' for field in fields(Circuit))}) "  # noqa: S608
    "WHERE destination = %(destination)s"
)


def rate_of(destination: str) -> int | None:
    """Return how many parcels a second the operator lets leave for a destination; None for any number."""
    return RATES().get(destination)


def read_circuit(destination: str) -> Circuit:
    """Return a lane's circuit; a lane that never had trouble has no row."""
    return _read(_READ, destination) or Circuit()


def lock_circuit(destination: str) -> Circuit:
    """Return the circuit and keep other workers from changing it until the transaction ends."""
    found = _read(f"{_READ} FOR UPDATE", destination)
    if found is not None:
        return found
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO outbox_lane (destination) VALUES (%s) ON CONFLICT DO NOTHING", [destination])
    return _read(f"{_READ} FOR UPDATE", destination) or Circuit()


def write_circuit(destination: str, circuit: Circuit) -> None:
    """Store what `lock_circuit` gave, changed."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {**asdict(circuit), "destination": destination})


def tell_lane(destination: str, answers: Iterable[Answer]) -> None:
    """Let the lane learn from the answers that came from the destination itself."""
    brought = brought_by(answers)
    if brought.is_smooth and read_circuit(destination).troubles == 0:
        return
    with transaction.atomic():
        write_circuit(destination, lock_circuit(destination).after(brought, now()))


def close_circuit(destination: str) -> None:
    """Forget troubles and pauses: the destination is tried at once, and the pace grows from there."""
    with transaction.atomic():
        lock_circuit(destination)
        write_circuit(destination, Circuit(paused_until=now(), taken_at=now()))
        ring_now(destination)


def brought_by(answers: Iterable[Answer]) -> Brought:
    """Sum up answers: what is one parcel's own trouble says nothing of the destination."""
    answers = list(answers)
    told = [answer for answer in answers if not answer.is_own]
    troubled = [answer for answer in told if answer.verdict in {Verdict.POSTPONED, Verdict.DOUBTFUL}]
    return Brought(
        answered=any(answer.verdict in {Verdict.ACCEPTED, Verdict.REFUSED} for answer in told)
        or any(answer.is_sign_of_life for answer in answers),
        troubles=len(troubled),
        code=troubled[-1].code if troubled else "",
        asked=max((answer.retry_after or 0.0 for answer in told), default=0.0),
    )


def _read(sql: str, destination: str) -> Circuit | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [destination])
        row = cursor.fetchone()
    return None if row is None else Circuit(**dict(zip((field.name for field in fields(Circuit)), row, strict=True)))
