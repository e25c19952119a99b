"""What an attempt keeps of what was sent and what came back: compressed, bounded, as text that a sealed value holds."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode

LARGEST = 262_144  # bytes; what is longer is cut: an attempt is evidence, not an archive
QUICK = 1  # level of compression: three times as fast as the usual one, and a tenth larger


def pack(data: bytes, like: bytes = b"") -> str:
    """Return the beginning of `data` as text; what repeats `like` takes next to no room.

    An authority answers with the document that it got: its answer takes some hundred bytes instead of thousands.
    """
    if not data:
        return ""
    packing = zlib.compressobj(QUICK, zdict=like[:LARGEST]) if like else zlib.compressobj(QUICK)
    return b64encode(packing.compress(data[:LARGEST]) + packing.flush()).decode()


def unpack(text: str, like: bytes = b"") -> bytes:
    """Return what `pack` was given, as far as it was kept; `like` is what it was told, as far as that was kept."""
    return zlib.decompressobj(zdict=like[:LARGEST]).decompress(b64decode(text)) if text else b""
