"""A form that a patient's browser seals to a pharmacy's key, so that the site which takes it in cannot read it.

Elliptic-curve encryption as `form_seal.js` of the portal does it with WebCrypto; `tests/portal` proves that the two
agree. Parameters, each with its source (decision 0149):

* ECDH over P-256 with a fresh key of the browser for each form (NIST SP 800-56A section 6.2.2.2, one-pass): every
  browser of the last ten years has this curve, X25519 only the newest.
* HKDF-SHA-256 without salt (RFC 5869 section 2.2) over the shared x; `info` holds both public keys, so that one key
  never serves two pairs.
* AES-256-GCM with a nonce of zeros: the key seals one form and no other (NIST SP 800-38D section 8.2.1). The additional
  data is the purpose, the pharmacy, the key and the form's own identifier: a form moved elsewhere does not open.
* The plain text is a 32-bit big-endian length, the content, then zeros up to a multiple of 4,096 bytes.

Sealed: version (1 byte) | the browser's public key (65, uncompressed) | ciphertext and tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERSION = b"\x01"
PURPOSE = b"temoin arrival 1"
PUBLIC_BYTES, PRIVATE_BYTES, KEY_BYTES, LENGTH_BYTES = 65, 32, 32, 4
BLOCK_BYTES = 4096
TAG_BYTES = 16
LONGEST_SEALED = len(VERSION) + PUBLIC_BYTES + 2 * BLOCK_BYTES + TAG_BYTES
_ONCE = bytes(12)
_CURVE = ec.SECP256R1()


class FormBrokenError(ValueError):
    """This is no form that was sealed for this place; anybody may have made it."""


@dataclass(frozen=True, slots=True, repr=False)
class ArrivalPair:
    """A fresh pair of keys; without a `repr`, so that no trace or log can show it."""

    private: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class FormPlace:
    """Where a form belongs: what its seal is bound to."""

    pharmacy_id: UUID
    key_id: UUID
    arrival_id: UUID

    @property
    def bound(self) -> bytes:
        """Return the additional data of the seal."""
        return PURPOSE + self.pharmacy_id.bytes + self.key_id.bytes + self.arrival_id.bytes


def draw_pair() -> ArrivalPair:
    """Return a fresh pair: a private number, and the public point without compression."""
    key = ec.generate_private_key(_CURVE)
    return ArrivalPair(key.private_numbers().private_value.to_bytes(PRIVATE_BYTES, "big"), _point(key.public_key()))


def seal_form(public: bytes, place: FormPlace, content: bytes) -> bytes:
    """Seal a form as a patient's browser does."""
    own = ec.generate_private_key(_CURVE)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public))
    head = VERSION + _point(own.public_key())
    framed = len(content).to_bytes(LENGTH_BYTES, "big") + content
    padded = framed + bytes(-len(framed) % BLOCK_BYTES)
    return head + AESGCM(_key(shared, head[1:], public)).encrypt(_ONCE, padded, place.bound)


def open_form(private: bytes, place: FormPlace, sealed: bytes) -> bytes:
    """Open what a browser sealed for this place; FormBrokenError for anything else."""
    if sealed[:1] != VERSION or not PUBLIC_BYTES < len(sealed) <= LONGEST_SEALED:
        raise FormBrokenError("no sealed form")
    point, ciphertext = sealed[1 : 1 + PUBLIC_BYTES], sealed[1 + PUBLIC_BYTES :]
    own = ec.derive_private_key(int.from_bytes(private, "big"), _CURVE)
    try:
        shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point))
        padded = AESGCM(_key(shared, point, _point(own.public_key()))).decrypt(_ONCE, ciphertext, place.bound)
    except (InvalidTag, ValueError):  # a point that is not on the curve is refused before it meets the key
        raise FormBrokenError("the form was altered, or sealed for another place") from None
    size = int.from_bytes(padded[:LENGTH_BYTES], "big")
    return padded[LENGTH_BYTES : LENGTH_BYTES + size]


def _key(shared: bytes, browsers: bytes, pharmacys: bytes) -> bytes:
    info = PURPOSE + browsers + pharmacys
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(shared)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
