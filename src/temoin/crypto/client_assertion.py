"""Proving who we are to somebody else's token endpoint: a signed assertion (RFC 7523), good once and not for long."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

LIFE = 120  # seconds; SMART backend services allow five minutes

_KINDS: dict[str, type[ECKey | RSAKey]] = {"E": ECKey, "R": RSAKey, "P": RSAKey}


class SigningKeyError(ValueError):
    """This is no private key for the algorithm."""


def read_signing_key(pem: bytes, algorithm: str) -> ECKey | RSAKey:
    """Return the private key of a PEM file; `algorithm` is a name of RFC 7518 (ES384, RS384, PS256, …)."""
    try:
        key = _KINDS[algorithm[0]].import_key(pem)
        jwt.encode({"alg": algorithm}, {}, key, algorithms=[algorithm])  # a public key, or one of another curve, fails
    except (JoseError, ValueError, TypeError, AttributeError):
        raise SigningKeyError(f"not a private key for {algorithm}") from None
    return key


def client_assertion(
    *, key: ECKey | RSAKey, algorithm: str, key_id: str, client_id: str, audience: str, at: datetime
) -> str:
    """Return the assertion that this client asks for a token at this audience."""
    issued = int(at.timestamp())
    header = {"alg": algorithm, "typ": "JWT", **({"kid": key_id} if key_id else {})}
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": str(uuid4()),
        "iat": issued,
        "exp": issued + LIFE,
    }
    return jwt.encode(header, claims, key, algorithms=[algorithm])
