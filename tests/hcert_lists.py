"""Lists of revoked certificates for the tests: two good ones, and each way in which one is none."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson
from hcert_makers import AT, ISSUER

from temoin.crypto.certificate_key import CertificateKey
from temoin.crypto.signatures import thumbprint
from temoin.formats.hcert.revoking import TYPE, write_revocations
from temoin.formats.hcert.smart import encode_base64url
from temoin.formats.hcert.trusted import published

KEY, OTHER = CertificateKey(bytes(range(32))), CertificateKey(bytes(range(2, 34)))
NAME = encode_base64url(thumbprint(KEY.public))
LIST_KEYS = [published(KEY.public, ISSUER)]
MARKS = [bytes(range(at, at + 8)) for at in (9, 3, 70)]
HEAD = {"alg": "ES256", "kid": NAME, "typ": TYPE}
TOLD = {"iss": ISSUER, "iat": int(AT.timestamp()), "marks": ""}


def written(marks: list[bytes], *, issuer: str = ISSUER, key: CertificateKey = KEY) -> str:
    name = encode_base64url(thumbprint(key.public))
    return write_revocations(issuer, marks, at=AT, key_id=name, sign=key.sign_digest)


def signed(head: dict[str, Any], told: Any) -> str:
    """Return a JWS of anything, signed by the key of the lists."""
    message = f"{encode_base64url(orjson.dumps(head))}.{encode_base64url(orjson.dumps(told))}"
    return f"{message}.{encode_base64url(KEY.sign_digest(sha256(message.encode()).digest()))}"


GOOD = written(MARKS)
LISTS = [
    GOOD,
    written([]),
    "",
    "a.b",
    "a.b.c",
    "é.b.c",
    GOOD + ".",
    GOOD[:-4],
    GOOD.replace(".", ".A", 1),
    written(MARKS, key=OTHER),
    written(MARKS, issuer="https://elsewhere.example"),
    *[signed({**HEAD, **change}, TOLD) for change in ({"typ": "JWT"}, {"alg": "none"}, {"crit": []}, {"kid": 1})],
    *[
        signed(HEAD, {**TOLD, **change})
        for change in ({"iss": 1}, {"iat": -1}, {"iat": "1"}, {"marks": "AAAA"}, {"marks": None}, {"iat": 10**15})
    ],
    signed(HEAD, [1]),
]
