"""Turning the platform key: the second factors of staff are wrapped anew, and the old key destroyed at none left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from temoin.crypto.envelope import FORMAT, SealBrokenError, key_id_of, rewrap
from temoin.crypto.models import PlatformKey
from temoin.crypto.platform import new_platform_key, platform_key, store_platform_key
from temoin.crypto.ring import GRACE
from temoin.journal.events import EventKind
from temoin.keeping.acts import PLATFORM, tell_every_pharmacy
from temoin.lib.clock import now

TABLE = "mfa_authenticator"  # the library's; only the keeper's role and the staff site's may read it


def begin_platform_turn() -> bool:
    """Make the next platform key; False when there is none yet, or a turn is not over."""
    numbers = list(PlatformKey.objects.order_by("number").values_list("number", flat=True))
    if len(numbers) != 1:
        return False
    key = new_platform_key(numbers[0] + 1)
    with transaction.atomic():
        store_platform_key(key)
        tell_every_pharmacy(EventKind.DATA_KEYS_TURNED, PLATFORM)
    return True


def move_platform_secrets() -> int:
    """Wrap what older platform keys wrap under the newest; return how many rows changed."""
    keys = _keys()
    moved = 0
    for row_id, data in _rows() if len(keys) > 1 else []:
        again = _moved(data, {key.id for key in keys[:-1]}, keys[-1].id)
        if again != data:
            moved += _change(row_id, data, again)
    return moved


def destroy_spent_platform_keys() -> int:
    """Destroy the platform keys that have a successor since GRACE and that no secret names."""
    keys = _keys()
    if len(keys) < 2 or keys[-1].created_at + GRACE > now():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        named = {_named(value) for _, data in _rows() for value in _values(data)}
        spent = [key.id for key in keys[:-1] if key.id not in named]
        cursor.execute("DELETE FROM crypto_platform_key WHERE id = ANY(%s)", [spent])
        if spent:
            tell_every_pharmacy(EventKind.DATA_KEY_DESTROYED, PLATFORM)
    return len(spent)


def sealed_secrets() -> Iterator[tuple[int, UUID, str]]:
    """Give each sealed secret with its row and the person whose second factor it is."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, user_id, data::text FROM {TABLE} ORDER BY id")  # noqa: S608
        rows = cursor.fetchall()
    for row_id, person_id, data in rows:
        yield from ((row_id, person_id, value) for value in _values(json.loads(data)) if _is_sealed(value))


def _keys() -> list[PlatformKey]:
    return list(PlatformKey.objects.order_by("number"))


def _rows() -> list[tuple[int, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, data::text FROM {TABLE} ORDER BY id")  # noqa: S608
        return [(row_id, json.loads(data)) for row_id, data in cursor.fetchall()]


def _change(row_id: int, was: Any, data: Any) -> int:
    with connection.cursor() as cursor:
        # Only as it was read: a person may renew a second factor meanwhile.
        cursor.execute(
            f"UPDATE {TABLE} SET data = %s::jsonb WHERE id = %s AND data = %s::jsonb",  # noqa: S608
            [json.dumps(data), row_id, json.dumps(was)],
        )
        return int(cursor.rowcount)


def _moved(data: Any, old: set[UUID], newest: UUID) -> Any:
    """Return the same JSON with every secret in it that an old key wraps wrapped under the newest."""
    if isinstance(data, dict):
        return {name: _moved(value, old, newest) for name, value in data.items()}
    if isinstance(data, list):
        return [_moved(value, old, newest) for value in data]
    named = _named(data)
    if named not in old or named is None:
        return data
    return rewrap(platform_key(named), platform_key(newest), bytes.fromhex(data)).hex()


def _values(data: Any) -> Iterator[Any]:
    if isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _values(value)
    else:
        yield data


def _is_sealed(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(FORMAT.hex())


def _named(value: Any) -> UUID | None:
    """Return which key a value names, if it looks like a sealed secret."""
    if not _is_sealed(value):
        return None
    try:
        return key_id_of(bytes.fromhex(value))
    except (ValueError, SealBrokenError):
        return None
