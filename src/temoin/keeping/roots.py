"""Turning the root key: what an older one wraps is wrapped anew; one that wraps nothing may be destroyed."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from django.db import connection, transaction

from temoin.crypto.models import DataKey, PlatformKey
from temoin.crypto.platform import platform_context
from temoin.crypto.ring import key_context
from temoin.crypto.root import provider_of, unwrap_key, wrap_key, writing_provider
from temoin.crypto.roots.provider import RootKeyError
from temoin.journal.events import EventKind
from temoin.keeping.acts import PLATFORM, every_pharmacy, key_act, tell_every_pharmacy
from temoin.keeping.turning import data_keys


def turn_root() -> str:
    """Make a new root key, which wraps from now on; return its id."""
    root_id = writing_provider().rotate()
    tell_every_pharmacy(EventKind.ROOT_KEY_TURNED, root_id)
    return root_id


def rewrap_keys(pharmacy_id: UUID) -> int:
    """Wrap a pharmacy's data keys under the current root key; return how many were under another."""
    current = writing_provider().current()
    stale = [key for key in data_keys(pharmacy_id) if key.root_id != current]
    wrapped = {key.id: _rewrapped(key, key_context(pharmacy_id, key.id, key.purpose)) for key in stale}
    if wrapped:
        with key_act(pharmacy_id, EventKind.DATA_KEYS_REWRAPPED, detail=str(len(wrapped))) as commit:
            for key_id, (root_id, again) in wrapped.items():
                commit.change(DataKey, key_id, root_id=root_id, wrapped=again)
    return len(wrapped)


def rewrap_platform_keys() -> int:
    current = writing_provider().current()
    stale = list(PlatformKey.objects.exclude(root_id=current))
    changes = [(*_rewrapped(key, platform_context(key.id)), key.id) for key in stale]
    if changes:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany("UPDATE crypto_platform_key SET root_id = %s, wrapped = %s WHERE id = %s", changes)
            tell_every_pharmacy(EventKind.DATA_KEYS_REWRAPPED, PLATFORM)
    return len(changes)


def wrapped_by_root() -> Counter[str]:
    counts = Counter(PlatformKey.objects.values_list("root_id", flat=True))
    for pharmacy_id in every_pharmacy():
        counts.update(key.root_id for key in data_keys(pharmacy_id))
    return counts


def drop_root(root_id: str) -> None:
    """Destroy a root key that wraps nothing; RootKeyError when it still does, and for a name that is none here.

    A keeper would take a mistaken name for one of its own keys, of which nothing was counted. The events come first: a
    command that is killed is run again, and what is destroyed can be told of no more.
    """
    keeper, left = provider_of(root_id), wrapped_by_root()[root_id]
    if left:
        raise RootKeyError(f"root key {root_id} still wraps {left} keys: run `temoin keys rewrap` first")
    if root_id not in keeper.known():
        raise RootKeyError(f"no root key is called {root_id} here: `temoin keys status` names them")
    if root_id == keeper.current():
        raise RootKeyError("the current root key cannot be dropped: rotate it first")
    tell_every_pharmacy(EventKind.ROOT_KEY_DROPPED, root_id)
    keeper.drop(root_id)


def _rewrapped(key: DataKey | PlatformKey, context: bytes) -> tuple[str, bytes]:
    return wrap_key(unwrap_key(key.root_id, bytes(key.wrapped), context), context)
