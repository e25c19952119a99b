"""The key ring: finds, makes and keeps at hand the data keys of the pharmacy in scope."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from temoin.crypto.models import DataKey
from temoin.crypto.root import unwrap_key, wrap_key
from temoin.lib.clock import now
from temoin.lib.errors import TemoinError
from temoin.lib.ids import new_id
from temoin.lib.tenant import current_pharmacy

INDEX = "index"


class SealBrokenError(TemoinError):
    """A sealed value does not open: altered, moved from another row, or its key was destroyed."""


@dataclass(frozen=True)
class Key:
    """An unwrapped data key, in memory only; without a `repr` of the secret, so that no trace can show it."""

    id: UUID
    raw: bytes = field(repr=False)
    cipher: AESGCM


_by_id: dict[tuple[UUID, UUID], Key] = {}
_by_purpose: dict[tuple[UUID, str], Key] = {}


def forget_keys() -> None:
    """Drop every unwrapped key from memory (a new root key, a destroyed month, a test)."""
    _by_id.clear()
    _by_purpose.clear()


def month_key() -> Key:
    """Return this month's sealing key of the pharmacy in scope, making it on first use."""
    return _key_for(now().strftime("%Y-%m"))


def index_key() -> Key:
    """Return the key of the pharmacy's blind indexes: one per pharmacy, or a dump would link persons between them."""
    return _key_for(INDEX)


def key_by_id(key_id: UUID) -> Key:
    """Return the key that a sealed value names."""
    pharmacy_id = current_pharmacy()
    key = _by_id.get((pharmacy_id, key_id))
    if key is None:
        row = DataKey.objects.filter(id=key_id).values_list("id", "purpose", "wrapped").first()
        if row is None:
            raise SealBrokenError("the data key of this value does not exist, or was destroyed")
        key = _unwrapped(pharmacy_id, *row)
        _by_id[(pharmacy_id, key_id)] = key
    return key


def _key_for(purpose: str) -> Key:
    pharmacy_id = current_pharmacy()
    key = _by_purpose.get((pharmacy_id, purpose))
    if key is not None:
        return key
    row = DataKey.objects.filter(purpose=purpose).values_list("id", "purpose", "wrapped").first()
    key = _unwrapped(pharmacy_id, *row) if row is not None else _make(pharmacy_id, purpose)
    # At hand only after the commit: the row may be this transaction's own, and a key that is rolled back would seal
    # values nobody can open.
    transaction.on_commit(lambda: _by_purpose.__setitem__((pharmacy_id, purpose), key))
    return key


def _make(pharmacy_id: UUID, purpose: str) -> Key:
    """Store a new key and read back the one that won, as two processes may start a month together."""
    key_id = new_id()
    wrapped = wrap_key(os.urandom(32), _context(pharmacy_id, key_id, purpose))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crypto_data_key (pharmacy_id, id, purpose, wrapped) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (pharmacy_id, purpose) DO NOTHING",
            [pharmacy_id, key_id, purpose, wrapped],
        )
    row = DataKey.objects.filter(purpose=purpose).values_list("id", "purpose", "wrapped").get()
    return _unwrapped(pharmacy_id, *row)


def _unwrapped(pharmacy_id: UUID, key_id: UUID, purpose: str, wrapped: bytes) -> Key:
    try:
        raw = unwrap_key(bytes(wrapped), _context(pharmacy_id, key_id, purpose))
    except InvalidTag:
        raise SealBrokenError("a data key was altered, or is wrapped by another root key") from None
    return Key(key_id, raw, AESGCM(raw))


def _context(pharmacy_id: UUID, key_id: UUID, purpose: str) -> bytes:
    return b"data key|" + pharmacy_id.bytes + key_id.bytes + purpose.encode()
