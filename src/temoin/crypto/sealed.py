"""Sealed values: everything personal of a row, in one value bound to its place (law 4).

The envelope (`crypto.envelope`) says how; the place is pharmacy, table, row and schema version. The plain text is
padded, because the length of a value would otherwise tell "positif" from "négatif".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db import models

from temoin.crypto.envelope import SealBrokenError, key_id_of, open_content, seal_content
from temoin.crypto.ring import key_by_id, month_key
from temoin.lib.tenant import Sensitivity, TenantModel, current_pharmacy

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

    def blind_indexes(self) -> dict[str, bytes | None]:
        """Return the row's blind indexes under the index key in use, computed from what is sealed."""
        return {}


def seal_value(table: str, row_id: UUID, value: object, *, schema: int = 1) -> bytes:
    """Seal `value` for a row of the pharmacy in scope."""
    plain = orjson.dumps(value)
    padded = plain + b" " * (-len(plain) % BLOCK)
    return seal_content(month_key(), _place(table, row_id, schema), padded)


def open_value(table: str, row_id: UUID, sealed: bytes, *, schema: int = 1) -> dict[str, Any]:
    """Open a sealed value of the pharmacy in scope; SealBrokenError when it is not of this row."""
    try:
        plain = open_content(key_by_id(key_id_of(sealed)), _place(table, row_id, schema), sealed)
    except SealBrokenError as error:
        error.row = (current_pharmacy(), table, row_id)  # for whoever records it: see `journal.alerts`
        raise
    value: dict[str, Any] = orjson.loads(plain)
    return value


def _place(table: str, row_id: UUID, schema: int) -> bytes:
    return b"|".join([current_pharmacy().bytes, table.encode(), row_id.bytes, b"%d" % schema])
