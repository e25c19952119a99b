"""What sign-in remembers across server processes: tries, used one-time codes, used tokens.

A cache of Django's, in a table of ours. Django's own database cache keeps pickles, which would let whoever writes
to the database run code in the staff site; this one keeps JSON, under keyed hashes of the keys.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.utils.crypto import salted_hmac

from temoin.lib.clock import now

LONGEST = 24 * 60 * 60  # seconds
SWEEP = 50  # one write in so many also removes what has expired

_INSERT = (
    "INSERT INTO signin_memo AS memo (key, value, expires_at) VALUES (%s, %s, %s) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
)

_COUNT = (
    "INSERT INTO signin_memo AS memo (key, value, expires_at) VALUES (%s, '1', %s) "
    "ON CONFLICT (key) DO UPDATE SET "
    "value = CASE WHEN memo.expires_at BETWEEN %s AND %s THEN (memo.value::bigint + 1)::text ELSE '1' END, "
    "expires_at = CASE WHEN memo.expires_at BETWEEN %s AND %s THEN memo.expires_at ELSE excluded.expires_at END "
    "RETURNING value"
)
# A bucket as one number: the moment at which it is empty. What is put in moves that moment on, and is not put in where
# it would move it further from now than a whole bucket. What lies further than two buckets, or two windows of a count,
# was written by a clock that ran ahead: nobody is turned away until it comes true.
_FULL_UNTIL = (
    "(CASE WHEN memo.value::float8 > %(now)s + 2 * %(most)s THEN %(now)s "
    "ELSE greatest(memo.value::float8, %(now)s) END)"
)
_POUR = (
    "INSERT INTO signin_memo AS memo (key, value, expires_at) "
    "VALUES (%(key)s, (%(now)s + %(cost)s + %(owed)s)::text, %(expiry)s) ON CONFLICT (key) DO UPDATE "
    "SET value = (_FULL_UNTIL_ + %(cost)s + %(owed)s)::text, expires_at = excluded.expires_at "
    "WHERE _FULL_UNTIL_ + %(cost)s <= %(now)s + %(most)s RETURNING value::float8"
).replace("_FULL_UNTIL_", _FULL_UNTIL)


class SharedMemory(BaseCache):
    """Add, get, set and delete; each is one statement, and `add` lets exactly one of several callers through."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep the value unless an unexpired one is there; tell whether it was kept."""
        values = (self._hashed(key, version), json.dumps(value), self._expiry(timeout), now())
        return _execute(f"{_INSERT} WHERE memo.expires_at <= %s", values) == 1

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or `default` when there is none or it has expired."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value FROM signin_memo WHERE key = %s AND expires_at > %s",
                [self._hashed(key, version), now()],
            )
            row = cursor.fetchone()
        return default if row is None else json.loads(row[0])

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep the value, whatever was there."""
        if secrets.randbelow(SWEEP) == 0:
            _execute("DELETE FROM signin_memo WHERE expires_at <= %s", (now(),))
        _execute(_INSERT, (self._hashed(key, version), json.dumps(value), self._expiry(timeout)))

    def count(self, key: str, timeout: float) -> int:
        """Count one more under a key and return how many there are in this window, whichever process counted."""
        with connection.cursor() as cursor:
            window = (now(), now() + timedelta(seconds=2 * timeout))
            cursor.execute(_COUNT, (self._hashed(key, None), self._expiry(timeout), *window, *window))
            return int(cursor.fetchone()[0])

    def pour(self, key: str, cost: float, most: float, *, owed: float = 0.0) -> float:
        """Put `cost` into a bucket that holds `most` and empties by one a second; return what room is left.

        Where there is too little room nothing is put in, and what is returned is negative: the seconds to wait. What is
        `owed` besides goes in with it, though it does not fit: the bucket is over-full until that is gone too.
        """
        moment = now()
        asked: dict[str, Any] = {"key": self._hashed(key, None), "expiry": moment + timedelta(seconds=most + owed)}
        asked |= {"now": moment.timestamp(), "cost": cost, "most": most, "owed": owed}
        with connection.cursor() as cursor:
            cursor.execute(_POUR, asked)
            row = cursor.fetchone()
        if row is not None:
            return most - (float(row[0]) - owed - moment.timestamp())
        empty_at = float(self.get(key, moment.timestamp()))
        return min(-0.001, most - cost - (empty_at - moment.timestamp()))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget the value; tell whether there was one."""
        return _execute("DELETE FROM signin_memo WHERE key = %s", (self._hashed(key, version),)) == 1

    def clear(self) -> None:
        _execute("DELETE FROM signin_memo", ())

    def _hashed(self, key: str, version: int | None) -> str:
        # Keys name accounts, addresses and one-time codes (law 7).
        return salted_hmac("temoin.memo", self.make_key(key, version), algorithm="sha256").hexdigest()

    def _expiry(self, timeout: Any) -> datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return now() + timedelta(seconds=LONGEST if seconds is None else min(seconds, LONGEST))


def _execute(statement: str, values: tuple[Any, ...]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
