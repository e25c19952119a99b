"""Codes that a person hands to another: random, typed by hand, kept only as a hash."""

from __future__ import annotations

import secrets
from hashlib import sha256

from temoin.crypto.letter import ALPHABET, LOOK_ALIKES, SEPARATORS

LENGTH = 16  # 16 x 5 bits = 80 bits: too many to guess, whatever is tried and for however long
GROUP = 4


def draw_handed_code() -> str:
    """Return a fresh code as people see it, such as `7K2Q-FXM0-4CZT-1B9W`."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(drawn[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def hash_handed_code(typed: str) -> bytes:
    """Return what is kept of a code, however it was typed; ValueError, which never repeats it, when it is none."""
    bare = typed.translate(SEPARATORS)
    meant = bare.upper().translate(LOOK_ALIKES) if bare.isascii() else ""
    if len(meant) != LENGTH or not set(meant) <= set(ALPHABET):
        raise ValueError("a code has sixteen characters of Crockford's base 32")
    return sha256(b"handed code|" + meant.encode()).digest()
