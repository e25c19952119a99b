"""What an event tells of each sealed row that its act wrote, so that an old row put back is noticed (law 12).

An old row opens: it is bound to its own columns, and to no time. So the event has an entry for each row that its act
wrote: the digest of the row as it was before, and as it is since. Whatever was changed from the state that a row is in
shows that the row is an old one, in whichever order transactions were counted.

The digest is over texts joined by a bar: the id, the SHA-256 of the sealed content (which turning keys never changes)
and each column that the seal binds (`SealedModel.told_digest`). The database makes the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import models

NOTHING = "-"
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
# How the database writes a column; a text that may hold a bar is written as its bytes.
_SQL = {
    "UUIDField": "{0}::text",
    "IntegerField": "{0}::text",
    "BooleanField": "{0}::int::text",
    "DateTimeField": "((extract(epoch FROM {0}) * 1000000)::bigint)::text",
    "DateField": "to_char({0}, 'YYYY-MM-DD')",
    "BinaryField": "encode({0}, 'hex')",
    "TextField": "encode(convert_to({0}, 'UTF8'), 'hex')",
}


def digest_of(*texts: str) -> str:
    """Return the digest of a row of these texts."""
    return sha256("|".join(texts).encode()).hexdigest()


def told_text(value: Any) -> str:
    """Return a column's value as the digest takes it."""
    match value:
        case None:
            return NOTHING
        case UUID():
            return str(value)
        case int():
            return str(int(value))
        case datetime():
            return str((value - _EPOCH) // _MICROSECOND)
        case date():
            return value.isoformat()
        case bytes() | memoryview():
            return bytes(value).hex()
        case str():
            return value.encode().hex()
    raise TypeError(f"no event tells of a {type(value).__name__}")


def digest_sql(*texts: str) -> str:
    """Return the SQL of `digest_of`; a text that is missing is told as such."""
    told = ", ".join(f"coalesce({text}, '{NOTHING}')" for text in texts)
    return f"encode(sha256(convert_to(concat_ws('|', {told}), 'UTF8')), 'hex')"


def told_column(field: models.Field[Any, Any]) -> str:
    """Return the SQL of `told_text` for a column."""
    return _SQL[field.get_internal_type()].format(field.column)
