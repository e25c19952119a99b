"""SMART Health Cards: a JWS (RFC 7515) of packed JSON, written in digits for the QR code.

https://spec.smarthealth.cards, version 1.4.0. The chunks of older cards (`shc:/1/2/…`) are not read: they are no longer
written since 2022.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson

from temoin.crypto.signatures import SignatureName
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.inflating import RAW, inflate
from temoin.formats.hcert.signed import Family, SignedPayload

PREFIX = "shc:/"
_DIGITS = re.compile("(?:[0-9]{2})+")
_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_FIRST = 45  # the character that is written 00
LONGEST_JWS = 1195  # characters that a code of version 22 holds: larger ones are not read from 40 mm of paper


def read_smart(text: str) -> SignedPayload:
    """Take a card apart; NotACertificateError."""
    digits = text[len(PREFIX) :]
    if not _DIGITS.fullmatch(digits):
        raise NotACertificateError("a card is written in pairs of digits")
    found = _PARTS.fullmatch("".join(chr(int(digits[at : at + 2]) + _FIRST) for at in range(0, len(digits), 2)))
    if found is None:
        raise NotACertificateError("not the three parts of a JWS")
    headers = read_json(decode_base64url(found[1]))
    if headers.get("zip") != "DEF" or "crit" in headers:
        raise NotACertificateError("the payload of a card is packed, and nothing else must be understood")
    return SignedPayload(
        family=Family.SMART,
        algorithm=SignatureName.ES256 if headers.get("alg") == "ES256" else None,
        key_id=str(headers.get("kid", "")).encode(),
        message=f"{found[1]}.{found[2]}".encode(),
        signature=decode_base64url(found[3]),
        payload=inflate(decode_base64url(found[2]), RAW),
    )


def write_digits(jws: str) -> str:
    """Return a JWS as the QR code holds it."""
    return PREFIX + "".join(f"{ord(character) - _FIRST:02}" for character in jws)


def read_json(raw: bytes) -> dict[str, Any]:
    """Return an object of JSON; NotACertificateError."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise NotACertificateError("not JSON") from None
    if not isinstance(found, dict):
        raise NotACertificateError("not an object of JSON")
    return found


def decode_base64url(text: str) -> bytes:
    """Return the bytes of a text that is written in the one way there is; NotACertificateError."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise NotACertificateError("not base64url") from None
    if encode_base64url(raw) != text:
        raise NotACertificateError("bits that stand for nothing are set")
    return raw


def encode_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
