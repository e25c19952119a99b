"""The end of a month's key: once nothing that passes names it, what lasts is moved, and the key is destroyed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import connection

from temoin.crypto.envelope import KEY_ID_SQL
from temoin.crypto.models import DataKey
from temoin.crypto.ring import INDEX, forget_keys, month_key
from temoin.crypto.sealed import SealedModel
from temoin.journal.events import EventKind
from temoin.keeping.acts import key_act
from temoin.keeping.ledger import remember_destroyed, remembered_keys
from temoin.keeping.rows import sealed_models
from temoin.keeping.turning import data_keys, move_rows_under
from temoin.lib.clock import now
from temoin.lib.tenant import current_pharmacy, tenant_scope

LATE = timedelta(days=7)  # after the end of a month: nobody seals under its key any more, whatever a clock says


def destroy_past_months(pharmacy_id: UUID, passing: Collection[str]) -> int:
    """Destroy the keys of past months that no row of a passing table names; return how many.

    A key that the ledger remembers is destroyed in any case: the database is one that was restored, and what it names
    there and is still kept lives on under the key in use.
    """
    remembered = {one.key_id for one in remembered_keys()}
    done = 0
    for key in _past_months(pharmacy_id):
        if str(key.id) in remembered or not _is_named(pharmacy_id, key.id, passing):
            done += _end(pharmacy_id, key)
    return done


def keys_back(pharmacy_id: UUID) -> list[UUID]:
    """Return the keys that were destroyed once and are there again, as after a restore."""
    remembered = {one.key_id for one in remembered_keys()}
    return [key.id for key in data_keys(pharmacy_id) if str(key.id) in remembered]


def _past_months(pharmacy_id: UUID) -> list[DataKey]:
    last = (now() - LATE).strftime("%Y-%m")
    return [key for key in data_keys(pharmacy_id) if key.purpose != INDEX and key.purpose < last]


def _end(pharmacy_id: UUID, key: DataKey) -> bool:
    """Move what names a key, and destroy it; False when somebody held a row: the next round comes again."""
    with tenant_scope(pharmacy_id):
        in_use = month_key().id
    move_rows_under(pharmacy_id, {key.id: in_use})
    if _is_named(pharmacy_id, key.id, None):
        return False
    remember_destroyed(pharmacy_id, key.id, key.purpose)
    kind = EventKind.DATA_KEY_DESTROYED
    with key_act(pharmacy_id, kind, key_id=key.id, detail=key.purpose) as commit:
        commit.remove(DataKey, key.id)
    forget_keys()
    return True


def _is_named(pharmacy_id: UUID, key_id: UUID, tables: Collection[str] | None) -> bool:
    """Tell whether a row of these tables, or of any, names a key."""
    models = [model for model in sealed_models() if tables is None or model._meta.db_table in tables]
    with tenant_scope(pharmacy_id):
        return any(_names(model, key_id) for model in models)


def _names(model: type[SealedModel], key_id: UUID) -> bool:
    sql = (
        f"SELECT EXISTS (SELECT FROM {model._meta.db_table} WHERE pharmacy_id = %s AND sealed IS NOT NULL "  # noqa: S608
        f"AND {KEY_ID_SQL} = %s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [current_pharmacy(), key_id.bytes])
        return bool(cursor.fetchone()[0])
