"""The root key: 32 bytes in a file of the operator's, never in the database, the image or the repository."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12  # bytes: 96-bit random nonce, NIST SP 800-38D §8.2.2


class RootKeyError(Exception):
    """The root key cannot be used; the sentence says what to do."""


@lru_cache(maxsize=4)
def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise RootKeyError(f"root key file {path} is missing: restore it from the key backup") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RootKeyError(f"root key file {path} may be read by others: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != 32:
        raise RootKeyError(f"root key file {path} must hold exactly 32 bytes")
    return key


def _derived(purpose: str) -> AESGCM:
    root = _read(Path(settings.TEMOIN.keys.root))
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"temoin " + purpose.encode()).derive(root))


@lru_cache(maxsize=16)
def _cipher(purpose: str) -> AESGCM:
    return _derived(purpose)


def wrap_key(key: bytes, context: bytes) -> bytes:
    """Encrypt a data key under the root key, bound to `context` (pharmacy, key id, purpose)."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher("data keys").encrypt(nonce, key, context)


def unwrap_key(wrapped: bytes, context: bytes) -> bytes:
    """Decrypt a data key; cryptography.exceptions.InvalidTag when it was swapped or altered."""
    return _cipher("data keys").decrypt(wrapped[:NONCE], wrapped[NONCE:], context)


def seal_platform_secret(purpose: str, secret: str) -> str:
    """Encrypt a secret that belongs to no pharmacy (a person's TOTP seed), as hexadecimal text."""
    nonce = os.urandom(NONCE)
    return (nonce + _cipher("platform").encrypt(nonce, secret.encode(), purpose.encode())).hex()


def open_platform_secret(purpose: str, sealed: str) -> str:
    """Decrypt what `seal_platform_secret` made for the same purpose."""
    raw = bytes.fromhex(sealed)
    return _cipher("platform").decrypt(raw[:NONCE], raw[NONCE:], purpose.encode()).decode()
