"""HC1 codes: base 45, zlib, COSE_Sign1 (RFC 9052) around the claims of a CWT (RFC 8392).

https://github.com/ehn-dcc-development/eu-dcc-hcert-spec, version 1.0.5.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from temoin.crypto.signatures import SignatureName
from temoin.formats.hcert.base45 import decode_base45, encode_base45
from temoin.formats.hcert.cbor import Tagged, read_cbor, write_cbor
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.inflating import ZLIB, inflate
from temoin.formats.hcert.issuing import SignHash
from temoin.formats.hcert.signed import Family, SignedPayload

PREFIX = "HC1:"
_SIGN1, _CWT = 18, 61  # tags
_ALGORITHM, _CRITICAL, _KEY_ID = 1, 2, 4  # headers
_ES256 = -7
_NAMES = {_ES256: SignatureName.ES256, -37: SignatureName.PS256, -257: SignatureName.RS256}
_ALGORITHM_ALONE = write_cbor({_ALGORITHM: _ES256})


def read_hc1(text: str) -> SignedPayload:
    """Take an HC1 code apart; NotACertificateError."""
    return read_cose(inflate(decode_base45(text.removeprefix(PREFIX)), ZLIB))


def read_cose(raw: bytes) -> SignedPayload:
    """Take a COSE_Sign1 message apart, with its tags or without; NotACertificateError."""
    match _untagged(read_cbor(raw)):
        case [bytes(protected), dict(unprotected), bytes(payload), bytes(signature)]:
            headers = read_cbor(protected) if protected else {}
        case _:
            raise NotACertificateError("not a COSE_Sign1 message")
    if not isinstance(headers, dict) or _CRITICAL in headers:
        raise NotACertificateError("headers that are none, or that must be understood and are not")
    # What is protected decides. What stands outside may be altered: it leads to another key, or to none.
    key_id = headers.get(_KEY_ID, unprotected.get(_KEY_ID))
    return SignedPayload(
        family=Family.HC1,
        algorithm=_name_of(headers.get(_ALGORITHM, unprotected.get(_ALGORITHM))),
        key_id=key_id if isinstance(key_id, bytes) else b"",
        message=to_be_signed(protected, payload),
        signature=signature,
        payload=payload,
    )


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052 section 4.4."""
    return write_cbor(["Signature1", protected, b"", payload])


def write_hc1(*, key_id: bytes, payload: bytes, sign: SignHash) -> str:
    """Return the code of a payload; whoever signs is shown its hash alone."""
    protected = write_cbor({_ALGORITHM: _ES256, _KEY_ID: key_id})
    return _written(protected, {}, payload, sign(sha256(to_be_signed(protected, payload)).digest()))


@dataclass(frozen=True)
class UnsignedHc1:
    """A code that somebody else will sign, whose answer tells which key it was.

    The key's name therefore stands outside of what is signed. Altered, it leads to another key or to none.
    """

    payload: bytes

    @property
    def message(self) -> bytes:
        """Return what is signed: the Sig_structure."""
        return to_be_signed(_ALGORITHM_ALONE, self.payload)

    @property
    def digest(self) -> bytes:
        return sha256(self.message).digest()

    def signed(self, signature: bytes, key_id: bytes) -> str:
        return _written(_ALGORITHM_ALONE, {_KEY_ID: key_id}, self.payload, signature)


def _written(protected: bytes, unprotected: dict[int, bytes], payload: bytes, signature: bytes) -> str:
    raw = write_cbor(Tagged(_SIGN1, [protected, unprotected, payload, signature]))
    return PREFIX + encode_base45(zlib.compress(raw, 9))


def _name_of(algorithm: object) -> SignatureName | None:
    return _NAMES.get(algorithm) if isinstance(algorithm, int) else None


def _untagged(value: Any) -> Any:
    for tag in (_CWT, _SIGN1):
        if isinstance(value, Tagged) and value.tag == tag:
            value = value.value
    return value
