"""How often the patients' site lets a caller try: buckets of tokens in the database, which all its processes share.

Plain SQL, like the letter box. Names are keyed by what only the patients' site holds and change from day to day: the
table tells nobody who asked, and keeps nothing for longer than a bucket takes to fill.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from temoin.lib.clock import now

NAME_BYTES = 12
SWEEP = 50  # one charge in so many also removes what is full again
FULL_AGAIN = 120  # seconds; each bucket fills in one minute

_LEFT = """
    SELECT least(%(size)s, tokens + extract(epoch FROM now() - at) * %(size)s / 60)
      FROM delivery_pace WHERE name = %(name)s
"""
_CHARGE = """
    INSERT INTO delivery_pace AS pace (name, tokens, at) VALUES (%(name)s, %(size)s - 1, now())
    ON CONFLICT (name) DO UPDATE
       SET tokens = greatest(0, least(%(size)s, pace.tokens + extract(epoch FROM now() - pace.at) * %(size)s / 60) - 1),
           at = now()
"""
_FORGET = "DELETE FROM delivery_pace WHERE at < now() - make_interval(secs => %(seconds)s)"


@dataclass(frozen=True)
class Bucket:
    """Whose tokens these are, and how many there are a minute."""

    whose: str
    size: float


def has_tokens(buckets: list[Bucket]) -> bool:
    """Tell whether each bucket holds one token at least; nothing is taken."""
    with connection.cursor() as cursor:
        return all(_left(cursor, bucket) >= 1 for bucket in buckets)


def charge(buckets: list[Bucket]) -> None:
    """Take a token of each bucket, the narrowest first."""
    with connection.cursor() as cursor:
        for bucket in buckets:
            cursor.execute(_CHARGE, {"name": _name(bucket), "size": bucket.size})
        if secrets.randbelow(SWEEP) == 0:
            cursor.execute(_FORGET, {"seconds": FULL_AGAIN})


def _left(cursor: CursorWrapper, bucket: Bucket) -> float:
    cursor.execute(_LEFT, {"name": _name(bucket), "size": bucket.size})
    row = cursor.fetchone()
    return bucket.size if row is None else float(row[0])


def _name(bucket: Bucket) -> bytes:
    key = sha256(b"pace|" + settings.DATABASES["default"]["PASSWORD"].encode()).digest()
    return hmac.digest(key, f"{now():%Y-%m-%d}|{bucket.whose}".encode(), "sha256")[:NAME_BYTES]
