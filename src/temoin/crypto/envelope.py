"""The envelope of a sealed value: content under a key of its own, and that key wrapped under a data key.

Layout: format (1 byte) | schema version (1) | data key id (16) | nonce (12) and wrapped row key (48) | content
(ciphertext and tag).

The row key seals one content and no other, hence the fixed nonce (NIST SP 800-38D section 8.2.1: unique per key). Its
additional data is the place: a content moved to another row does not open. The wrap's additional data is format,
schema version and data key id. Turning a data key therefore rewrites the wrap and never the content: whoever turns
keys opens no result, and a digest of the content holds for ever (decision 0018). The schema version says what was
written, so that it is read so for ever (decision 0096).
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from temoin.lib.errors import TemoinError

FORMAT = b"\x03"
NONCE = 12  # bytes: 96-bit random nonce, NIST SP 800-38D section 8.2.2
KEY = 32
TAG = 16
_ONCE = bytes(NONCE)
SCHEMA = len(FORMAT)  # where the schema version stands
KEY_ID = SCHEMA + 1  # where the data key's id begins
HEAD = KEY_ID + 16
KEY_ID_SQL = f"substring(sealed FROM {KEY_ID + 1} FOR 16)"  # PostgreSQL counts from one
CONTENT = HEAD + NONCE + KEY + TAG  # where the content begins


class SealBrokenError(TemoinError):
    """A sealed value does not open: altered, moved from another row, or its key was destroyed.

    Where a row of a pharmacy was being opened, `row` says which: pharmacy, table, id. What belongs to no pharmacy, such
    as a person's second factor, is told in each that it concerns: `told_in`.
    """

    row: tuple[UUID, str, UUID] | None = None
    told_in: tuple[tuple[UUID, str, UUID], ...] = ()


class NoReaderError(SealBrokenError):
    """A sealed value names a version that this release does not know: of a later release, or of another table.

    The two look alike, so that it is told as any broken seal is: whoever moved it must not pass unseen.
    """


@dataclass(frozen=True)
class Key:
    """An unwrapped data key, in memory only; without a `repr` of the secret, so that no trace can show it."""

    id: UUID
    raw: bytes = field(repr=False)
    cipher: AESGCM = field(repr=False)
    mac: hmac.HMAC = field(repr=False)  # begun with the key: each index goes on with a copy

    @staticmethod
    def of(key_id: UUID, raw: bytes) -> Key:
        """Make the key ready for use."""
        return Key(key_id, raw, AESGCM(raw), hmac.new(raw, digestmod=sha256))


def seal_content(key: Key, place: bytes, plain: bytes, *, schema: int = 1) -> bytes:
    """Seal `plain` for its place under a fresh row key; `schema` says in which version it is written."""
    drawn = os.urandom(KEY + NONCE)
    row_key, nonce = drawn[:KEY], drawn[KEY:]
    return _wrap(key, row_key, bytes([schema]), nonce) + AESGCM(row_key).encrypt(_ONCE, plain, place)


def open_content(key: Key, place: bytes, sealed: bytes) -> bytes:
    """Open what `seal_content` made for the same place; SealBrokenError when it is not of this place."""
    try:
        return AESGCM(_row_key(key, sealed)).decrypt(_ONCE, sealed[CONTENT:], place)
    except InvalidTag:
        raise SealBrokenError("a sealed value was altered, or is not of this row") from None


def key_id_of(sealed: bytes) -> UUID:
    """Return which data key a sealed value names; SealBrokenError for anything that is no sealed value."""
    if sealed[:1] != FORMAT or len(sealed) <= CONTENT:
        raise SealBrokenError("unknown format of a sealed value")
    return UUID(bytes=bytes(sealed[KEY_ID:HEAD]))


def schema_of(sealed: bytes) -> int:
    """Return in which schema version a sealed value was written. It is believed once the value has opened."""
    key_id_of(sealed)
    return sealed[SCHEMA]


def check_head(key: Key, sealed: bytes) -> None:
    """Raise SealBrokenError unless the head, schema version included, is the one that was written."""
    _row_key(key, sealed)


def content_of(sealed: bytes) -> bytes:
    """Return the part that turning keys never changes: what a digest of the row must cover."""
    key_id_of(sealed)
    return sealed[CONTENT:]


def rewrap(old: Key, new: Key, sealed: bytes) -> bytes:
    """Return the same content with its row key wrapped under another data key."""
    return _wrap(new, _row_key(old, sealed), sealed[SCHEMA:KEY_ID], os.urandom(NONCE)) + sealed[CONTENT:]


def _wrap(key: Key, row_key: bytes, schema: bytes, nonce: bytes) -> bytes:
    head = FORMAT + schema + key.id.bytes
    return head + nonce + key.cipher.encrypt(nonce, row_key, head)


def _row_key(key: Key, sealed: bytes) -> bytes:
    try:
        return key.cipher.decrypt(sealed[HEAD : HEAD + NONCE], sealed[HEAD + NONCE : CONTENT], sealed[:HEAD])
    except InvalidTag:
        raise SealBrokenError("the wrap of a sealed value was altered") from None
