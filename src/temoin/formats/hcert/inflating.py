"""Unpacking what a stranger packed: never more than a bound, and nothing behind the end."""

from __future__ import annotations

import zlib

from temoin.formats.hcert.errors import NotACertificateError

LARGEST = 65_536  # bytes; a certificate has some hundreds, a health card with many entries some thousands
ZLIB = zlib.MAX_WBITS
RAW = -zlib.MAX_WBITS


def inflate(packed: bytes, form: int) -> bytes:
    """Unpack a whole stream of zlib or of raw deflate; a megabyte of zeros stops at the bound."""
    engine = zlib.decompressobj(form)
    try:
        raw = engine.decompress(packed, LARGEST + 1)
    except zlib.error:
        raise NotACertificateError("it cannot be unpacked") from None
    if len(raw) > LARGEST or not engine.eof or engine.unused_data:
        raise NotACertificateError("it unpacks to too much, or does not end where it should")
    return raw
