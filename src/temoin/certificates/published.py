"""The list of revoked certificates as the patients' site hands it out: signed text, and no key to sign it."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import orjson
from django.db import connection

_MARK_BYTES = 8


@dataclass(frozen=True)
class RevokedCards:
    """What issuers of SMART Health Cards publish of the same list."""

    version: int
    numbers: list[str]


def published_revocations() -> str:
    """Return the list; "" where no worker with a key has made one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM certificates_revocation_list")
        row = cursor.fetchone()
    return "" if row is None else str(row[0])


def revoked_cards() -> RevokedCards | None:
    """Return the numbers of revoked cards, which are the marks of the list; None without a list.

    The version is the second of signing, which grows with each list, whatever was restored or turned: a count would
    come back to a number under which verifiers have kept another list.
    """
    text = published_revocations()
    if not text:
        return None
    told = orjson.loads(_decoded(text.split(".")[1]))
    marks = _decoded(told["marks"])
    starts = range(0, len(marks), _MARK_BYTES)
    return RevokedCards(told["iat"], [_encoded(marks[start : start + _MARK_BYTES]) for start in starts])


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(mark: bytes) -> str:
    return urlsafe_b64encode(mark).rstrip(b"=").decode("ascii")
