"""Signatures that anybody may check: ES256, PS256 and RS256 under a public key, which decides what it may check."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

HALF = 32  # bytes of a coordinate of P-256, and of each half of a signature
KEY_ID = 8  # bytes of SHA-256 over a certificate, as the EU's trust lists name its key
_RSA_BITS = range(2048, 8193)
# What a certificate that others wrote may bring about; a version of X.509 that nobody knows is no ValueError.
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)


class SignatureName(StrEnum):
    """The algorithms that are checked, by their names in RFC 7518; there is no other, and no "none"."""

    ES256 = "ES256"
    PS256 = "PS256"
    RS256 = "RS256"


class PublicKeyError(ValueError):
    """This is no public key that can be taken."""


@dataclass(frozen=True)
class CheckingKey:
    """A public key of P-256 or RSA."""

    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey

    def verifies(self, name: SignatureName, message: bytes, signature: bytes) -> bool:
        """Tell whether the bytes are this key's signature on the message, by an algorithm that suits the key."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                return _verify_rsa(self.key, name, message, signature)
            return _verify_ecdsa(self.key, name, message, signature)
        except InvalidSignature:
            return False

    @property
    def coordinates(self) -> bytes:
        """Return x and y of a key of P-256."""
        numbers = self.key.public_numbers()
        if not isinstance(numbers, ec.EllipticCurvePublicNumbers):
            raise PublicKeyError("only a key of P-256 has coordinates")
        return numbers.x.to_bytes(HALF, "big") + numbers.y.to_bytes(HALF, "big")


@dataclass(frozen=True)
class CertifiedKey:
    """What a certificate of X.509 says of a key; whoever keeps a list of them answers for who is on it."""

    key: CheckingKey
    key_id: bytes
    not_before: datetime
    not_after: datetime


def read_certified_key(der: bytes) -> CertifiedKey:
    """Read the key out of a certificate; PublicKeyError. The certificate's own signature is not judged."""
    try:
        found = x509.load_der_x509_certificate(der)
        key = found.public_key()
    except UNREADABLE:
        raise PublicKeyError("not a certificate of X.509") from None
    span = found.not_valid_before_utc, found.not_valid_after_utc
    return CertifiedKey(_taken(key), sha256(der).digest()[:KEY_ID], *span)


def read_public_jwk(parts: Mapping[str, object]) -> CheckingKey:
    """Read a public key of P-256 or RSA from a JWK (RFC 7517); PublicKeyError."""
    try:
        if parts["kty"] == "RSA":
            return _taken(rsa.RSAPublicNumbers(_number(parts["e"]), _number(parts["n"])).public_key())
        if (parts["kty"], parts["crv"]) == ("EC", "P-256"):
            return _taken(ec.EllipticCurvePublicNumbers(_number(parts["x"]), _number(parts["y"]), _P256).public_key())
    except (KeyError, TypeError, ValueError, NotBase64Error):
        raise PublicKeyError("not a public key") from None
    raise PublicKeyError("not a key of P-256 or RSA")


def end_of_certificate(text: bytes) -> datetime:
    """Return the moment after which the first certificate of a PEM file is not valid any more; PublicKeyError."""
    try:
        return x509.load_pem_x509_certificates(text)[0].not_valid_after_utc
    except UNREADABLE:
        raise PublicKeyError("no certificate of X.509") from None


def read_pem_certificates(text: bytes) -> list[bytes]:
    """Return every certificate of X.509 in a file, as DER; PublicKeyError."""
    try:
        return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(text)]
    except UNREADABLE:
        raise PublicKeyError("no certificate of X.509") from None


def public_jwk(key: CheckingKey) -> dict[str, str]:
    """Return the required members of a key of P-256 as a JWK."""
    both = key.coordinates
    return {"crv": "P-256", "kty": "EC", "x": _text(both[:HALF]), "y": _text(both[HALF:])}


def public_members(key: CheckingKey) -> dict[str, str]:
    """Return the required members of any key as a JWK."""
    numbers = key.key.public_numbers()
    if not isinstance(numbers, rsa.RSAPublicNumbers):
        return public_jwk(key)
    n, e = (_text(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
    return {"e": e, "kty": "RSA", "n": n}


def thumbprint(key: CheckingKey) -> bytes:
    """Return the name that the key gives itself: SHA-256 of its required members (RFC 7638)."""
    members = ",".join(f'"{name}":"{value}"' for name, value in sorted(public_jwk(key).items()))
    return sha256(f"{{{members}}}".encode()).digest()


_P256 = ec.SECP256R1()


def _verify_ecdsa(key: ec.EllipticCurvePublicKey, name: SignatureName, message: bytes, signature: bytes) -> bool:
    if name is not SignatureName.ES256 or len(signature) != 2 * HALF:
        return False
    halves = (int.from_bytes(signature[:HALF], "big"), int.from_bytes(signature[HALF:], "big"))
    key.verify(encode_dss_signature(*halves), message, ec.ECDSA(SHA256()))
    return True


def _verify_rsa(key: rsa.RSAPublicKey, name: SignatureName, message: bytes, signature: bytes) -> bool:
    if name is SignatureName.ES256:
        return False
    key.verify(signature, message, _PSS if name is SignatureName.PS256 else padding.PKCS1v15(), SHA256())
    return True


def _taken(key: object) -> CheckingKey:
    is_curve = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    if is_curve or (isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS):
        return CheckingKey(key)  # type: ignore[arg-type] # just told
    raise PublicKeyError("not a key of P-256, or of RSA with 2048 bits or more")


def _number(text: object) -> int:
    if not isinstance(text, str):
        raise TypeError("the number of a key is a text in base64url")
    return int.from_bytes(urlsafe_b64decode(text.encode("ascii") + b"=="), "big")


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
