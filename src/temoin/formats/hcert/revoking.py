"""The list of revoked certificates: a JWS (RFC 7515) by ES256 under the operator's key, which any verifier can hold.

It names certificates by truncated hashes of their random numbers, in no order that tells when: a list tells its reader
nothing but of a certificate that the reader was shown. Whoever has it asks nobody about a certificate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from temoin.crypto.signatures import SignatureName
from temoin.formats.hcert.claims import LATEST, MARK_BYTES
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.issuing import SignHash
from temoin.formats.hcert.smart import decode_base64url, encode_base64url, read_json
from temoin.formats.hcert.trusted import TrustedKey, named

TYPE = "temoin-revoked+jws"  # a card is a JWS of the same key too: neither passes for the other


@dataclass(frozen=True)
class Revocations:
    """A list whose signature holds."""

    issuer: str
    issued_at: datetime
    marks: frozenset[bytes]


def write_revocations(issuer: str, marks: Iterable[bytes], *, at: datetime, key_id: str, sign: SignHash) -> str:
    """Return the list of these marks as one text."""
    head = {"alg": "ES256", "kid": key_id, "typ": TYPE}
    told = {"iss": issuer, "iat": int(at.timestamp()), "marks": encode_base64url(b"".join(sorted(set(marks))))}
    message = f"{encode_base64url(orjson.dumps(head))}.{encode_base64url(orjson.dumps(told))}"
    return f"{message}.{encode_base64url(sign(sha256(message.encode('ascii')).digest()))}"


def read_revocations(text: str, keys: Iterable[TrustedKey]) -> Revocations:
    """Return what a list says; NotACertificateError where none of the keys signed it for its issuer."""
    try:
        head, told, signature = text.split(".")
        message = f"{head}.{told}".encode("ascii")
    except ValueError:
        raise NotACertificateError("not the three parts of a JWS") from None
    found = _told(read_json(decode_base64url(told)))
    for key in named(keys, _key_id(read_json(decode_base64url(head)))):
        is_signed = key.key.verifies(SignatureName.ES256, message, decode_base64url(signature))
        if is_signed and key.may_sign(found.issuer, None, found.issued_at):
            return found
    raise NotACertificateError("a list that nobody known here signed")


def _key_id(head: dict[str, Any]) -> bytes:
    match head:
        case {"alg": "ES256", "typ": "temoin-revoked+jws", "kid": str(name)} if "crit" not in head:
            return name.encode()
    raise NotACertificateError("not the head of a list of revoked certificates")


def _told(payload: dict[str, Any]) -> Revocations:
    match payload:
        case {"iss": str(issuer), "iat": int(seconds), "marks": str(marks)} if not isinstance(seconds, bool):
            raw = decode_base64url(marks)
        case _:
            raise NotACertificateError("not a list of revoked certificates")
    if len(raw) % MARK_BYTES or not 0 <= seconds <= LATEST:
        raise NotACertificateError("half a mark, or a time that is none")
    parts = (raw[start : start + MARK_BYTES] for start in range(0, len(raw), MARK_BYTES))
    return Revocations(issuer, datetime.fromtimestamp(seconds, UTC), frozenset(parts))
