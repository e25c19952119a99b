"""Turning the platform key: passwords and factors of staff are wrapped anew, and the old key destroyed at none left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
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

# Where secrets are sealed under it: table, column and its type. Only the keeper's role and the staff site's read them.
PLACES = (
    ("mfa_authenticator", "data", "jsonb"),
    ("signin_person", "password", "text"),
    ("signin_person", "enrolment", "text"),
)
Place = tuple[str, str, str]
_SECRETS = """
SELECT 'mfa_authenticator', id::text, user_id, 'factor ' || type, coalesce(data->>'sealed', '') FROM mfa_authenticator
UNION ALL SELECT 'signin_person', id::text, id, 'password', password FROM signin_person
           WHERE password NOT LIKE '!%' AND password <> ''
UNION ALL SELECT 'signin_person', id::text, id, 'enrolment', enrolment FROM signin_person
           WHERE enrolment NOT LIKE '!%' AND enrolment <> ''
"""


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
    for place in PLACES if len(keys) > 1 else ():
        for row_id, data in _rows(place):
            again = _moved(data, {key.id for key in keys[:-1]}, keys[-1].id)
            if again != data:
                moved += _change(place, row_id, data, again)
    return moved


def destroy_spent_platform_keys() -> int:
    """Destroy the platform keys that have a successor since GRACE and that no secret names."""
    keys = _keys()
    if len(keys) < 2 or keys[-1].created_at + GRACE > now():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        named = {_named(value) for place in PLACES for _, data in _rows(place) for value in _values(data)}
        spent = [key.id for key in keys[:-1] if key.id not in named]
        cursor.execute("DELETE FROM crypto_platform_key WHERE id = ANY(%s)", [spent])
        if spent:
            tell_every_pharmacy(EventKind.DATA_KEY_DESTROYED, PLATFORM)
    return len(spent)


@dataclass(frozen=True)
class OwnSecret:
    """A secret of an account as it stands; one that is not sealed at all opens as little as one that was altered."""

    table: str
    row_id: Any
    person_id: UUID
    use: str
    sealed: str


def own_secrets() -> Iterator[OwnSecret]:
    with connection.cursor() as cursor:
        cursor.execute(_SECRETS)
        yield from (OwnSecret(*row) for row in cursor.fetchall())


def _keys() -> list[PlatformKey]:
    return list(PlatformKey.objects.order_by("number"))


def _rows(place: Place) -> list[tuple[Any, Any]]:
    table, column, kind = place
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {column}::text FROM {table} ORDER BY id")  # noqa: S608
        return [(row_id, json.loads(text) if kind == "jsonb" else text) for row_id, text in cursor.fetchall()]


def _change(place: Place, row_id: Any, was: Any, data: Any) -> int:
    table, column, kind = place
    texts = [json.dumps(each) if kind == "jsonb" else each for each in (data, was)]
    with connection.cursor() as cursor:
        # Only as it was read: a person may renew a password or a second factor meanwhile.
        cursor.execute(
            f"UPDATE {table} SET {column} = %s::{kind} WHERE id = %s AND {column} = %s::{kind}",  # noqa: S608
            [texts[0], row_id, texts[1]],
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


def _named(value: Any) -> UUID | None:
    """Return which key a value names, if it looks like a sealed secret."""
    if not isinstance(value, str) or not value.startswith(FORMAT.hex()):
        return None
    try:
        return key_id_of(bytes.fromhex(value))
    except (ValueError, SealBrokenError):
        return None
