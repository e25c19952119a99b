"""The key ring: finds, makes and keeps at hand the data keys of the pharmacy in scope.

Which key is in use may be turned while processes run: what is at hand is looked up again after CURRENT_AGE seconds, and
a key that a value names and that is not at hand is fetched. A new index key is announced first and used later, so that
every process looks up under both before any writes under the new one alone (decision 0019).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from django.db import connection, transaction

from temoin.crypto.envelope import KEY, Key, SealBrokenError
from temoin.crypto.models import DataKey
from temoin.crypto.root import unwrap_key, wrap_key
from temoin.crypto.roots.provider import WrapBrokenError
from temoin.lib.clock import now
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy

INDEX = "index"
CURRENT_AGE = 20.0  # seconds a process may go on with what it believes to be the key in use
INDEX_DELAY = timedelta(seconds=60)  # from a new index key's making to its use: all processes know it by then
# After this long nobody writes under a key that has a successor: CURRENT_AGE, then the longest a transaction may stand
# idle (60 s) or compute (30 s), and as much again.
GRACE = timedelta(seconds=200)
ROW = ("id", "purpose", "root_id", "wrapped", "created_at")


@dataclass(frozen=True)
class IndexKeys:
    """The keys of a pharmacy's blind indexes: one writes, all are looked up."""

    writing: Key
    reading: tuple[Key, ...]


_by_id: dict[tuple[UUID, UUID], Key] = {}
_current: dict[tuple[UUID, str], tuple[float, Key]] = {}
_indexes: dict[UUID, tuple[float, IndexKeys]] = {}
_drawn: set[UUID] = set()  # keys of this process that are not known to be committed


def forget_keys() -> None:
    """Drop every unwrapped key from memory (a new root key, a destroyed month, a test)."""
    _by_id.clear()
    _current.clear()
    _indexes.clear()
    connection.run_on_commit = [each for each in connection.run_on_commit if not isinstance(each[1], _Keeping)]


def month_key() -> Key:
    """Return this month's sealing key of the pharmacy in scope, making it on first use."""
    pharmacy_id, moment = current_pharmacy(), now()
    purpose = f"{moment.year}-{moment.month:02}"
    at_hand = _at_hand(_current, (pharmacy_id, purpose))
    if at_hand is not None:
        return at_hand
    row = (_rows(purpose) or _make(pharmacy_id, purpose))[0]
    key = _unwrapped(pharmacy_id, row)
    _keep(_current, (pharmacy_id, purpose), key, [row])
    return key


def index_keys() -> IndexKeys:
    """Return the keys of the pharmacy's blind indexes: its own, or a dump would link persons between pharmacies."""
    pharmacy_id = current_pharmacy()
    at_hand = _at_hand(_indexes, pharmacy_id)
    if at_hand is not None:
        return at_hand
    rows = _rows(INDEX) or _make(pharmacy_id, INDEX)
    usable = [row for row in rows if index_in_use(row[4])] or rows[-1:]
    reading = tuple(_unwrapped(pharmacy_id, row) for row in rows)
    keys = IndexKeys(writing=reading[rows.index(usable[0])], reading=reading)
    _keep(_indexes, pharmacy_id, keys, rows)
    return keys


def index_in_use(created_at: datetime) -> bool:
    """Tell whether an index key of this age writes, if it is not the first one."""
    return created_at + INDEX_DELAY <= now()


def key_by_id(key_id: UUID) -> Key:
    pharmacy_id = current_pharmacy()
    key = _by_id.get((pharmacy_id, key_id))
    if key is not None:
        return key
    row = DataKey.objects.filter(id=key_id).values_list(*ROW).first()
    if row is None:
        raise SealBrokenError("the data key of this value does not exist, or was destroyed")
    return _unwrapped(pharmacy_id, row)


def new_data_key(pharmacy_id: UUID, purpose: str, number: int) -> DataKey:
    """Draw a data key, wrapped and not yet stored."""
    key_id = new_id()
    _drawn.add(key_id)
    root_id, wrapped = wrap_key(os.urandom(KEY), key_context(pharmacy_id, key_id, purpose))
    return DataKey(
        pharmacy_id=pharmacy_id,
        id=key_id,
        purpose=purpose,
        number=number,
        created_at=now(),
        root_id=root_id,
        wrapped=wrapped,
    )


def key_context(pharmacy_id: UUID, key_id: UUID, purpose: str) -> bytes:
    return b"data key|" + pharmacy_id.bytes + key_id.bytes + purpose.encode()


_Row = tuple[UUID, str, str, bytes, datetime]
Where = TypeVar("Where")
Held = TypeVar("Held")


def _rows(purpose: str) -> list[_Row]:
    """Return the keys of a purpose, the newest first."""
    return list(DataKey.objects.filter(purpose=purpose).order_by("-number").values_list(*ROW))


def _make(pharmacy_id: UUID, purpose: str) -> list[_Row]:
    """Store a first key; read the one that won if it is another's, as two processes may start a month together."""
    key = new_data_key(pharmacy_id, purpose, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crypto_data_key (pharmacy_id, id, purpose, number, created_at, root_id, wrapped) "
            "VALUES (%s, %s, %s, 1, %s, %s, %s) ON CONFLICT (pharmacy_id, purpose, number) DO NOTHING",
            [pharmacy_id, key.id, purpose, key.created_at, key.root_id, bytes(key.wrapped)],
        )
        if cursor.rowcount:
            return [(key.id, purpose, key.root_id, bytes(key.wrapped), key.created_at)]
    return _rows(purpose)


def _unwrapped(pharmacy_id: UUID, row: _Row) -> Key:
    key_id, purpose, root_id, wrapped, _ = row
    at_hand = _by_id.get((pharmacy_id, key_id))
    if at_hand is not None:
        return at_hand
    try:
        raw = unwrap_key(root_id, bytes(wrapped), key_context(pharmacy_id, key_id, purpose))
    except WrapBrokenError:
        raise SealBrokenError("a data key was altered, or is wrapped by another root key") from None
    # Found by its own id only: of a key that is rolled back, nothing that names it is kept either.
    key = _by_id[(pharmacy_id, key_id)] = Key.of(key_id, raw)
    return key


@dataclass(frozen=True, eq=False)
class _Keeping(Generic[Where, Held]):
    """What is kept at hand once the transaction that drew the key commits. The transaction itself has it until then.

    Django forgets it with whatever is rolled back, a savepoint too.
    """

    held: dict[Where, tuple[float, Held]]
    where: Where
    kept: tuple[float, Held]
    ours: set[UUID]

    def __call__(self) -> None:
        _drawn.difference_update(self.ours)
        self.held[self.where] = self.kept


def _at_hand(held: dict[Where, tuple[float, Held]], where: Where) -> Held | None:
    found = held.get(where)
    if found is None or found[0] <= time.monotonic():
        found = _of_transaction(held, where)
    return found[1] if found is not None and found[0] > time.monotonic() else None


def _of_transaction(held: dict[Where, tuple[float, Held]], where: Where) -> tuple[float, Held] | None:
    """Return what this transaction drew: one that seals a thousand values asks once, not a thousand times."""
    for waiting in reversed(connection.run_on_commit):
        keeping = waiting[1]
        if isinstance(keeping, _Keeping) and keeping.held is held and keeping.where == where:
            return keeping.kept
    return None


def _keep(held: dict[Where, tuple[float, Held]], where: Where, what: Held, rows: list[_Row]) -> None:
    """Keep at hand: at once what others made, since nobody reads it before their commit; what is ours after our own.

    A key that is rolled back would seal values nobody can open.
    """
    kept, ours = (time.monotonic() + CURRENT_AGE, what), {row[0] for row in rows} & _drawn
    if ours:
        transaction.on_commit(_Keeping(held, where, kept, ours))
    else:
        held[where] = kept
