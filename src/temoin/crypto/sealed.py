"""Sealed values: everything personal of a row, in one AES-256-GCM value bound to its place (law 4).

Layout: format (1 byte) | key id (16) | nonce (12) | ciphertext and tag. The additional data is pharmacy, table,
row, schema version and key id: a value moved to another row, table or pharmacy does not open. The plain text is
padded, because the length of a value would otherwise tell "positif" from "négatif".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from django.db import models

from temoin.crypto.ring import SealBrokenError, key_by_id, month_key
from temoin.lib.tenant import Sensitivity, TenantModel, current_pharmacy

FORMAT = b"\x01"
NONCE = 12
HEADER = 1 + 16 + NONCE
BLOCK = 256  # bytes; padding unit


class SealedField(models.BinaryField):  # type: ignore[type-arg] # generic for the checker, not at run time
    """The sealed value of a row; `holds` declares what is inside, for the house tests and the documentation."""

    def __init__(self, *args: Any, holds: Mapping[str, Sensitivity] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.holds = dict(holds or {})


class SealedModel(TenantModel):
    """A tenant row with one sealed value. `schema` is the version of what is inside."""

    schema: ClassVar[int] = 1

    class Meta:
        abstract = True

    def seal(self, value: object) -> None:
        """Put `value` (a dictionary or a dataclass, JSON-able) into the sealed field, bound to this very row."""
        self.sealed = seal_value(type(self)._meta.db_table, self.id, value, schema=self.schema)

    def unseal(self) -> dict[str, Any]:
        """Read the sealed field."""
        return open_value(type(self)._meta.db_table, self.id, bytes(self.sealed), schema=self.schema)


def seal_value(table: str, row_id: UUID, value: object, *, schema: int = 1) -> bytes:
    """Seal `value` for a row of the pharmacy in scope."""
    key = month_key()
    nonce = os.urandom(NONCE)
    plain = orjson.dumps(value)
    padded = plain + b" " * (-len(plain) % BLOCK)
    header = FORMAT + key.id.bytes
    return header + nonce + key.cipher.encrypt(nonce, padded, _place(table, row_id, schema, key.id))


def open_value(table: str, row_id: UUID, sealed: bytes, *, schema: int = 1) -> dict[str, Any]:
    """Open a sealed value of the pharmacy in scope; SealBrokenError when it is not of this row."""
    if sealed[:1] != FORMAT or len(sealed) <= HEADER:
        raise SealBrokenError("unknown format of a sealed value")
    key = key_by_id(UUID(bytes=bytes(sealed[1:17])))
    nonce, ciphertext = sealed[17:HEADER], sealed[HEADER:]
    try:
        plain = key.cipher.decrypt(nonce, ciphertext, _place(table, row_id, schema, key.id))
    except InvalidTag:
        raise SealBrokenError("a sealed value was altered, or is not of this row") from None
    value: dict[str, Any] = orjson.loads(plain)
    return value


def _place(table: str, row_id: UUID, schema: int, key_id: UUID) -> bytes:
    return b"|".join([current_pharmacy().bytes, table.encode(), row_id.bytes, b"%d" % schema, key_id.bytes])
