"""Turning the data keys of one pharmacy, while it works. Each step can be killed and done again (decision 0019).

1. Each purpose (a month, the indexes) gets a key of the next number: from now on, it seals.
2. Row keys are wrapped anew under it, a few rows a transaction. The content of no row is opened.
3. Once the new index key is in use, blind indexes are computed anew: this opens rows, in memory.
4. A key that has a successor, GRACE later, and that no row names, is destroyed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from temoin.crypto.envelope import SealBrokenError, key_id_of, rewrap
from temoin.crypto.models import DataKey
from temoin.crypto.ring import GRACE, INDEX, INDEX_DELAY, forget_keys, key_by_id, new_data_key
from temoin.crypto.sealed import SealedModel
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.keeping.acts import OPERATOR, key_act
from temoin.keeping.ledger import remember_destroyed
from temoin.keeping.rows import FIRST, change_rows, locked_rows, page, row_of, rows_by_key, sealed_models, still_there
from temoin.lib.clock import now
from temoin.lib.tenant import current_pharmacy, tenant_scope

PAUSE = 0.01  # seconds between two batches, so that requests find a core
Progress = Callable[[str], None]


def begin_turn(pharmacy_id: UUID) -> int:
    """Give each purpose its next key; 0 when a turn is not over yet, which is then to be gone on with."""
    if superseded_keys(pharmacy_id):
        return 0
    keys = [new_data_key(pharmacy_id, key.purpose, key.number + 1) for key in data_keys(pharmacy_id)]
    if not keys:
        return 0
    with key_act(pharmacy_id, EventKind.DATA_KEYS_TURNED, detail=str(len(keys))) as commit:
        for key in keys:
            commit.insert(key)
    return len(keys)


def data_keys(pharmacy_id: UUID) -> list[DataKey]:
    """Return a pharmacy's keys, the oldest of each purpose first."""
    with tenant_scope(pharmacy_id):
        return list(DataKey.objects.order_by("purpose", "number"))


def superseded_keys(pharmacy_id: UUID) -> dict[UUID, DataKey]:
    """Return, by the id of each key that has successors, the newest key of its purpose."""
    keys = data_keys(pharmacy_id)
    newest = {key.purpose: key for key in keys}
    return {key.id: newest[key.purpose] for key in keys if newest[key.purpose].id != key.id}


def move_rows(pharmacy_id: UUID, progress: Progress) -> int:
    """Wrap under the newest keys what old ones wrap; return how many rows were moved."""
    successors = {old: new.id for old, new in superseded_keys(pharmacy_id).items()}
    return move_rows_under(pharmacy_id, successors, progress)


def _quiet(_words: str) -> None:
    pass


def move_rows_under(pharmacy_id: UUID, successors: Mapping[UUID, UUID], progress: Progress = _quiet) -> int:
    """Wrap under each successor what the key before it wraps; return how many rows were moved."""
    moved = 0
    for model in sealed_models() if successors else []:
        batches = _batches(pharmacy_id, model, list(successors))
        done = sum(_move_batch(pharmacy_id, model, ids, successors) for ids in batches)
        if done:
            progress(f"{model._meta.db_table}: {done} rows wrapped anew")
        moved += done
    return moved


def _batches(pharmacy_id: UUID, model: type[SealedModel], named: list[UUID] | None) -> Iterator[list[UUID]]:
    last = FIRST
    while True:
        with tenant_scope(pharmacy_id):
            ids = page(model, last, named)
        if not ids:
            return
        yield ids
        last = ids[-1]
        time.sleep(PAUSE)


def _move_batch(pharmacy_id: UUID, model: type[SealedModel], ids: list[UUID], successors: Mapping[UUID, UUID]) -> int:
    with tenant_scope(pharmacy_id):
        # A row may have been sealed anew since its id was read: it then names the new key already.
        locked = [(row_id, bytes(sealed)) for row_id, sealed, *_bound in locked_rows(model, ids)]
        moved = each_opened(locked, lambda row: (row[0], _moved_row(model, *row, successors)), origin=OPERATOR)
        rows = {row_id: {"sealed": sealed} for row_id, sealed in moved if sealed is not None}
        change_rows(model, rows)
        _tell(pharmacy_id, EventKind.ROWS_REWRAPPED, model, len(rows))
    return len(rows)


def _moved_row(model: type[SealedModel], row_id: UUID, sealed: bytes, successors: Mapping[UUID, UUID]) -> bytes | None:
    """Return a value under its new key; None when it names that already. One that was altered stops no other."""
    try:
        return _moved(sealed, successors) if key_id_of(sealed) in successors else None
    except SealBrokenError as error:
        error.row = (current_pharmacy(), model._meta.db_table, row_id)
        raise


def _moved(sealed: bytes, successors: Mapping[UUID, UUID]) -> bytes:
    old = key_id_of(sealed)
    return rewrap(key_by_id(old), key_by_id(successors[old]), sealed)


def _tell(pharmacy_id: UUID, kind: EventKind, model: type[SealedModel], count: int) -> None:
    if count:
        with key_act(pharmacy_id, kind, subject=model._meta.db_table, detail=str(count)):
            pass


def index_due(pharmacy_id: UUID) -> datetime | None:
    """Return from when on blind indexes may be computed anew; None when the index key has no older one."""
    dates = [new.created_at for new in superseded_keys(pharmacy_id).values() if new.purpose == INDEX]
    return max(dates) + INDEX_DELAY + GRACE if dates else None


def reindex(pharmacy_id: UUID, progress: Progress) -> None:
    """Compute every blind index of the pharmacy under the key in use."""
    forget_keys()  # what was at hand may be from before the new key was in use
    for model in sealed_models():
        if model.blind_indexes is SealedModel.blind_indexes:
            continue
        left: list[UUID] = []
        for ids in _batches(pharmacy_id, model, None):
            left += _reindex_batch(pharmacy_id, model, ids)
        while left:  # rows that somebody else held
            time.sleep(PAUSE)
            left = _reindex_batch(pharmacy_id, model, left)
        progress(f"{model._meta.db_table}: indexes made anew")


def _reindex_batch(pharmacy_id: UUID, model: type[SealedModel], ids: list[UUID]) -> list[UUID]:
    """Index a batch anew; return the rows that somebody else held."""
    with tenant_scope(pharmacy_id):
        rows = [row_of(model, row) for row in locked_rows(model, ids)]
        change_rows(model, dict(each_opened(rows, lambda row: (row.id, row.blind_indexes()), origin=OPERATOR)))
        _tell(pharmacy_id, EventKind.ROWS_REINDEXED, model, len(rows))
        return still_there(model, sorted(set(ids) - {row.id for row in rows}))


def destroy_spent(pharmacy_id: UUID, *, reindexed: bool) -> int:
    """Destroy the keys that have a successor since GRACE and that no row names; return how many."""
    destroyed = 0
    for old, new in superseded_keys(pharmacy_id).items():
        if new.created_at + GRACE > now() or (new.purpose == INDEX and not reindexed):
            continue
        with tenant_scope(pharmacy_id):
            if old in rows_by_key():
                continue
            # A restored database would seal under it again: whoever turned it away wants it gone there, too.
            remember_destroyed(pharmacy_id, old, new.purpose)
            with key_act(pharmacy_id, EventKind.DATA_KEY_DESTROYED, key_id=old, detail=new.purpose) as commit:
                commit.remove(DataKey, old)
        destroyed += 1
    return destroyed


def seconds_until_spent(pharmacy_id: UUID) -> float:
    """Return how long until every key of the turn may be destroyed."""
    dates = [new.created_at + GRACE for new in superseded_keys(pharmacy_id).values()]
    due = index_due(pharmacy_id)
    dates += [due] if due is not None else []
    return max((date - now() for date in dates), default=timedelta()).total_seconds()
