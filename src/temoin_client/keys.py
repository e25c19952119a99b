"""How a program proves its key: an assertion signed for each token (RFC 7523), by a key file or by the caller."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

# Turns claims into a compact JWS. Whoever keeps the key in a safe of their own gives one.
SignsClaims = Callable[[Mapping[str, object]], str]

_SECONDS = 120  # of five minutes that the server takes


class KeyFile:
    """The private key of a PEM file, read once; it is in no `repr`, no error and no log."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._alg, self._key = _read(self._path.read_bytes())

    def __call__(self, claims: Mapping[str, object]) -> str:
        return jwt.encode({"alg": self._alg}, dict(claims), self._key, algorithms=[self._alg])

    def __repr__(self) -> str:
        return f"KeyFile({str(self._path)!r})"


def _read(pem: bytes) -> tuple[str, ECKey | OKPKey | RSAKey]:
    kinds = (("Ed25519", OKPKey), ("ES256", ECKey), ("PS256", RSAKey))
    for alg, kind in kinds:
        try:
            key = kind.import_key(pem)
        except (ValueError, JoseError):  # another kind of key, or none: nothing of it is told
            continue
        if key.is_private and key.as_dict(private=False).get("crv", alg) in {"Ed25519", "P-256", "PS256"}:
            return alg, key
    raise ValueError("No private key that the API takes: P-256, Ed25519, or RSA, as PEM.")


def claims_for(client_id: str, audience: str) -> dict[str, object]:
    """Return the claims of one assertion, good for one token."""
    moment = int(time.time())
    who = {"iss": client_id, "sub": client_id, "aud": audience}
    return {**who, "jti": secrets.token_hex(16), "iat": moment, "exp": moment + _SECONDS}
