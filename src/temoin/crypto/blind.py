"""Blind indexes: keyed, per pharmacy and per use, truncated so that equality in a dump proves little."""

from __future__ import annotations

import hmac
from base64 import b32encode, urlsafe_b64encode
from hashlib import sha256

from django.db import models

from temoin.crypto.envelope import Key
from temoin.crypto.ring import index_keys

# CipherSweet's rule: 2 to 4 false hits in a table of 200,000 rows; hits are opened and compared, false ones dropped.
LOOKUP_BYTES = 2
# Of a beginning, which many share already: a byte more would name the frequent ones (docs/compliance/threat-model.md).
BUCKET_BYTES = 1
# An idempotency key must be unique, so it is not truncated below 128 bits; its input always names a source file's
# own result number, never an identity alone.
UNIQUE_BYTES = 16


class BlindIndexField(models.BinaryField):  # type: ignore[type-arg] # generic for the checker only
    """A column that holds a blind index."""


def lookup_index(use: str, *parts: str) -> bytes:
    """Return the truncated index of an identity, to store (`use` keeps NIR and name indexes apart)."""
    return _digest(index_keys().writing, use, parts)[:LOOKUP_BYTES]


def lookup_indexes(use: str, *parts: str) -> list[bytes]:
    """Return every index under which a row of this identity may stand: several while the index key is turned."""
    return [_digest(key, use, parts)[:LOOKUP_BYTES] for key in index_keys().reading]


def bucket_index(use: str, beginning: str) -> bytes:
    """Return the byte that a beginning shares with many others, to store."""
    return _digest(index_keys().writing, use, (beginning,))[:BUCKET_BYTES]


def bucket_indexes(use: str, beginning: str) -> list[bytes]:
    """Return every byte under which a row of this beginning may stand."""
    return [_digest(key, use, (beginning,))[:BUCKET_BYTES] for key in index_keys().reading]


def unique_index(use: str, *parts: str) -> bytes:
    """Return the 128-bit index of an idempotency key, to store."""
    return _digest(index_keys().writing, use, parts)[:UNIQUE_BYTES]


def unique_indexes(use: str, *parts: str) -> list[bytes]:
    """Return every index under which an idempotency key may stand."""
    return [_digest(key, use, parts)[:UNIQUE_BYTES] for key in index_keys().reading]


def person_number(destination: str, span: str, *traits: str) -> str:
    """Return the number that stands for a person at one destination during one span of time, and nowhere else.

    128 bits, not to be told back to the traits without the pharmacy's key (decision 0045); never stored here.
    """
    return _digest(index_keys().writing, "person number", (destination, span, *traits))[:UNIQUE_BYTES].hex()


def mail_token(key: str) -> str:
    """Return what a mail about the parcel of this key must bear to be believed: 80 bits, in letters and digits."""
    return _mail_token(index_keys().writing, key)


def is_mail_token(key: str, token: str) -> bool:
    """Tell whether a token is the one that went out with the parcel of this key."""
    known = [_mail_token(each, key) for each in index_keys().reading]
    return any(hmac.compare_digest(each.encode(), token.encode()) for each in known)


def _mail_token(key: Key, parcel_key: str) -> str:
    return b32encode(_digest(key, "mail token", (parcel_key,))[:10]).decode().lower()


def cursor_proof(*parts: str) -> str:
    """Return what a cursor bears to be known again: 128 bits over the place it names and whatever it is bound to."""
    return _cursor_proof(index_keys().writing, parts)


def is_cursor_proof(proof: str, *parts: str) -> bool:
    """Tell whether a cursor of these parts was made here, by a key that is in use."""
    known = [_cursor_proof(each, parts) for each in index_keys().reading]
    return any(hmac.compare_digest(each.encode(), proof.encode()) for each in known)


def _cursor_proof(key: Key, parts: tuple[str, ...]) -> str:
    return urlsafe_b64encode(_digest(key, "cursor", parts)[:UNIQUE_BYTES]).decode().rstrip("=")


def fold_parts(parts: tuple[str, ...]) -> str:
    """Return a digest of an idempotency key's parts, to be kept inside a sealed value only: it has no key."""
    return sha256(_message("", parts)).hexdigest()


def _digest(key: Key, use: str, parts: tuple[str, ...]) -> bytes:
    mac = key.mac.copy()
    mac.update(_message(use, parts))
    return mac.digest()


def _message(use: str, parts: tuple[str, ...]) -> bytes:
    # Each part carries its length: ("ab", "c") and ("a", "bc") must not meet.
    return use.encode() + b"".join(b"|%d:" % len(part.encode()) + part.encode() for part in parts)
