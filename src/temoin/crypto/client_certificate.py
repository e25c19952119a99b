"""The TLS certificate that a program shows, read once the handshake has proved that it holds the key."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from temoin.crypto.assertion import KeyRefusedError, read_public_key
from temoin.crypto.signatures import UNREADABLE


@dataclass(frozen=True)
class ShownCertificate:
    """Whom a certificate names, and with which key."""

    fingerprint: str  # SHA-256 of it, in hexadecimal
    public_key: str  # canonical JWK
    client_id: str  # from its subject: O is the pharmacy and CN the program; "" when it names none


def read_shown_certificate(der: bytes) -> ShownCertificate:
    """Read a certificate that TLS has verified; KeyRefusedError for a key that no program can have."""
    try:
        found = x509.load_der_x509_certificate(der)
        pem = found.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        named = _only(found.subject, NameOID.ORGANIZATION_NAME), _only(found.subject, NameOID.COMMON_NAME)
    except UNREADABLE:
        raise KeyRefusedError("not a certificate that can be read") from None
    return ShownCertificate(sha256(der).hexdigest(), read_public_key(pem.decode()), _client_id(*named))


def _only(subject: x509.Name, name: x509.ObjectIdentifier) -> str:
    found = subject.get_attributes_for_oid(name)
    return str(found[0].value) if len(found) == 1 else ""


def _client_id(pharmacy: str, program: str) -> str:
    try:
        return f"{UUID(pharmacy)}.{UUID(program)}"
    except ValueError:
        return ""
