"""Programs prove themselves with a signed assertion (RFC 7523): reading their public keys, and judging the proof.

Three signatures and no others: ES256, Ed25519 (also under its older name, EdDSA) and PS256. The key decides which one,
never the assertion, so no other algorithm, and no "none", can be talked into.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from temoin.lib.lengths import LONGEST

_KINDS: dict[str, type[ECKey | OKPKey | RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_ALGORITHMS = {"EC": ("ES256",), "OKP": ("EdDSA", "Ed25519"), "RSA": ("PS256",)}
_PUBLIC_PARTS = ("kty", "crv", "x", "y", "n", "e")
_PRIVATE_PARTS = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
_HEADER = {"alg", "typ", "kid"}  # a key, or the address of one, inside the assertion is never taken
_RSA_BYTES = range(2048 // 8, 8192 // 8 + 1)
_MALFORMED = (JoseError, ValueError, KeyError, TypeError)  # what the library raises for a key that is none
LARGEST = LONGEST["Program.public_key"]  # characters of a key; an assertion has no more

LIFE = 300  # seconds; the longest life of an assertion
SKEW = 30  # seconds that the clocks of two machines may differ
_JTI = re.compile(r"[\x21-\x7e]{8,128}")


class KeyRefusedError(ValueError):
    """This is no public key that can be taken."""


class PrivateKeyError(KeyRefusedError):
    """This is a private key: whoever sent it must discard it."""


class AssertionRefusedError(Exception):
    """The assertion proves nothing; the reason is for the tests and never for the caller."""


@dataclass(frozen=True)
class ProofOfKey:
    """What is kept of a good assertion: its own number, so that it serves once."""

    jti: str


def read_public_key(text: str) -> str:
    """Return a public key, given as PEM or JWK, as canonical JWK; KeyRefusedError says that it cannot be taken."""
    if len(text) > LARGEST:
        raise KeyRefusedError("too long")
    try:
        key = _from_jwk(text) if text.lstrip().startswith("{") else _from_pem(text)
        parts = key.as_dict(private=False)
    except PrivateKeyError:
        raise
    except _MALFORMED:
        raise KeyRefusedError("not a key") from None
    public = {name: str(parts[name]) for name in _PUBLIC_PARTS if name in parts}
    kind = public["kty"]
    if public.get("crv") != _CURVES.get(kind) or (kind == "RSA" and len(public["n"]) * 6 // 8 not in _RSA_BYTES):
        raise KeyRefusedError("not a key of P-256, Ed25519, or RSA with 2048 bits or more")
    return orjson.dumps(public, option=orjson.OPT_SORT_KEYS).decode()


def _from_jwk(text: str) -> Key:
    raw = orjson.loads(text)
    if _PRIVATE_PARTS & set(raw):
        raise PrivateKeyError
    return _KINDS[raw["kty"]].import_key({name: str(raw[name]) for name in _PUBLIC_PARTS if name in raw})


def _from_pem(text: str) -> Key:
    if "PRIVATE KEY" in text:
        raise PrivateKeyError
    for kind in _KINDS.values():
        try:
            return kind.import_key(text.encode())
        except JoseError:
            continue  # a key of another kind
    raise KeyRefusedError("not a key")


def named_issuer(assertion: str) -> str:
    """Return whom an assertion says it is from, unproven: only to find the key that proves it."""
    if len(assertion) > LARGEST:
        raise AssertionRefusedError("too long")
    try:
        claims = orjson.loads(jws.extract_compact(assertion.encode()).payload)
        return str(claims["iss"])
    except _MALFORMED:
        raise AssertionRefusedError("not a signed assertion") from None


def prove(assertion: str, *, public_key: str, issuer: str, audiences: Collection[str], at: datetime) -> ProofOfKey:
    """Return the proof in an assertion; AssertionRefusedError when its signature or any claim is not as it must be."""
    parts: dict[str, str] = orjson.loads(public_key)
    kind = parts["kty"]
    try:
        key = _KINDS[kind].import_key(dict(parts))
        token = jwt.decode(assertion, key, registry=_Registry(algorithms=_ALGORITHMS[kind]))
    except _MALFORMED:
        raise AssertionRefusedError("the signature is not of this key") from None
    if not set(token.header) <= _HEADER:
        raise AssertionRefusedError("the header says more than it may")
    _check_claims(token.claims, issuer, audiences, int(at.timestamp()))
    return ProofOfKey(str(token.claims["jti"]))


class _Registry(JWSRegistry):
    """The library's algorithms, with EdDSA read as Ed25519: our keys have no other curve for it (RFC 9864)."""

    def get_alg(self, name: str) -> Any:
        """Return the algorithm of this name, if it is one of those allowed."""
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


def _check_claims(claims: dict[str, Any], issuer: str, audiences: Collection[str], now: int) -> None:
    expiry, jti = claims.get("exp"), claims.get("jti")
    named = claims.get("aud")
    if claims.get("iss") != issuer or claims.get("sub") != issuer:
        raise AssertionRefusedError("iss and sub are not the program")
    if not any(named in (one, [one]) for one in audiences):
        raise AssertionRefusedError("aud is not this address alone")
    if type(expiry) is not int or not now < expiry <= now + LIFE + SKEW:
        raise AssertionRefusedError("exp is not within five minutes")
    for name in ("iat", "nbf"):
        moment = claims.get(name, now)
        if type(moment) is not int or moment > now + SKEW:
            raise AssertionRefusedError(f"{name} is still to come")
    if not isinstance(jti, str) or not _JTI.fullmatch(jti):
        raise AssertionRefusedError("jti is not a number that serves once")
