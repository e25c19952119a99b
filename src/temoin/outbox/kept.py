"""What an attempt keeps of what was sent and what came back: compressed, bounded, as text that a sealed value holds."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode

LARGEST = 262_144  # bytes; what is longer is cut: an attempt is evidence, not an archive
QUICK = 1  # level of compression: three times as fast as the usual one, and a tenth larger


def pack(data: bytes) -> str:
    """Return the beginning of `data` as text."""
    return b64encode(zlib.compress(data[:LARGEST], QUICK)).decode() if data else ""


def unpack(text: str) -> bytes:
    """Return what `pack` was given, as far as it was kept."""
    return zlib.decompress(b64decode(text)) if text else b""
