"""The operator's key for certificates: it signs hashes by ES256, and is a file of its own like the journal's key."""

from __future__ import annotations

import stat
from functools import lru_cache
from pathlib import Path
from shlex import quote

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from temoin.crypto.signatures import HALF, CheckingKey
from temoin.lib.errors import TemoinError

# The order of P-256 (FIPS 186-5): 32 random bytes become a number from 1 to it, less than a billionth off even chances.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class CertificateKeyError(TemoinError):
    """The key of certificates cannot be used; the sentence says what to do."""


class CertificateKey:
    """A private key of P-256."""

    def __init__(self, seed: bytes) -> None:
        self._key = ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
        self.public = CheckingKey(self._key.public_key())

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a SHA-256, and return r and s."""
        both = decode_dss_signature(self._key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
        return b"".join(half.to_bytes(HALF, "big") for half in both)


@lru_cache(maxsize=4)
def read_certificate_key(path: Path) -> CertificateKey:
    """Return the key whose 32 secret bytes are in a file that nobody else may read."""
    try:
        mode, seed = path.stat().st_mode, path.read_bytes()
    except OSError:
        raise CertificateKeyError(f"certificate key file {path} is missing: restore it from its copy") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CertificateKeyError(f"certificate key file {path} may be read by others: chmod 600 {quote(str(path))}")
    if len(seed) != HALF:
        raise CertificateKeyError(f"certificate key file {path} must hold exactly {HALF} bytes")
    return CertificateKey(seed)
