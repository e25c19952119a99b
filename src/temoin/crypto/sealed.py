"""Sealed values: everything personal of a row, in one value bound to its place (law 4) and to what the row says.

The envelope (`crypto.envelope`) says how; the place is pharmacy, table, row, schema version and the columns that the
model names in `binds`. Whoever writes in the database can copy a row, point it at another person or give it another
right: its seal then does not open. The plain text is padded, because the length of a value would otherwise tell
"positif" from "négatif".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db import models

from temoin.crypto.envelope import (
    CONTENT,
    SCHEMA,
    NoReaderError,
    SealBrokenError,
    check_head,
    content_of,
    key_id_of,
    open_content,
    schema_of,
    seal_content,
)
from temoin.crypto.ring import key_by_id, month_key
from temoin.crypto.told import digest_of, digest_sql, told_column, told_text
from temoin.lib.errors import ScopeError
from temoin.lib.tenant import Sensitivity, TenantModel, current_pharmacy

BLOCK = 256  # bytes; padding unit
_NO_READER = (
    "a value of {table} was sealed in version {schema}, which this release cannot read: "
    "use the release that wrote it, or a later one"
)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class SealedField(models.BinaryField):  # type: ignore[type-arg] # generic for the checker, not at run time
    """The sealed value of a row; `holds` declares what is inside, for the house tests and the documentation."""

    def __init__(self, *args: Any, holds: Mapping[str, Sensitivity] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.holds = dict(holds or {})

    @property
    def compared_sql(self) -> str:
        """Return what of the column an act compares with what it read: the content, as keys may be turned meanwhile."""
        return f"substring({self.column} FROM {CONTENT + 1})"

    def compared(self, value: bytes) -> bytes:
        """Return the same part of a value at hand."""
        return content_of(bytes(value))


def _as_written(value: dict[str, Any]) -> dict[str, Any]:
    return value


@dataclass(frozen=True)
class Reader:
    """How what was sealed in one schema version is read today.

    `upgrade` makes of it what the version in use would have sealed, and leaves in it what it does not know. `binds`
    names the columns that the seal bound then, where these were others than today.
    """

    upgrade: Callable[[dict[str, Any]], dict[str, Any]] = _as_written
    binds: tuple[str, ...] | None = None


class SealedModel(TenantModel):
    """A tenant row with one sealed value.

    `schema` is the version in which values are written, `readers` has one reader for each version ever written. A new
    version is read for a release before it is written, so that two releases can work side by side.

    An old row put back opens. Where a model is `told`, it is found by the events (`crypto.told`); a model that is not
    says why.
    """

    schema: ClassVar[int] = 1
    readers: ClassVar[Mapping[int, Reader]] = {1: Reader()}
    told: ClassVar[bool] = True
    sealed: Any  # the SealedField of each model

    class Meta:
        abstract = True

    @classmethod
    def bound_ever(cls) -> tuple[str, ...]:
        """Return every column that a reader needs to open a value."""
        return tuple(dict.fromkeys(name for version in cls.readers for name in binds_of(cls, version)))

    def seal(self, value: object) -> None:
        """Put `value` (a dictionary or a dataclass, JSON-able) into the sealed field of a new row."""
        if self.sealed:
            raise ScopeError("a row is sealed anew by Commit.reseal, which opens it first")
        self.sealed = seal_value(type(self), self.id, value, vars(self))

    def unseal(self) -> dict[str, Any]:
        """Read the sealed field."""
        return open_value(type(self), self.id, bytes(self.sealed), vars(self))

    def reseal(self, value: Mapping[str, Any] | None = None, **columns: Any) -> dict[str, Any]:
        """Seal the row anew with these columns and, where one is given, this value; return what has to be written.

        It is opened as it stands first, so that no tampering is sealed over. What it holds and this program does not
        know, as a later one may have written it, stays.
        """
        held = self.unseal()
        if value is not None:
            held = {name: kept for name, kept in held.items() if name not in self._known()} | dict(value)
        for name, changed in columns.items():
            setattr(self, name, changed)
        self.sealed = seal_value(type(self), self.id, held, vars(self))
        return {**columns, "sealed": self.sealed}

    def told_digest(self) -> str:
        """Return what events tell of the row as it stands."""
        sealed = bytes(self.sealed)
        bound = binds_of(type(self), schema_of(sealed))
        content = sha256(content_of(sealed)).hexdigest()
        return digest_of(str(self.id), content, *(told_text(getattr(self, name)) for name in bound))

    @classmethod
    def told_sql(cls) -> str:
        """Return the SQL of `told_digest`; what a seal bound depends on the version in which it was made."""
        fields = {field.name: field for field in cls._meta.concrete_fields}
        content = f"encode(sha256(substr(sealed, {CONTENT + 1})), 'hex')"
        digests = {
            version: digest_sql("id::text", content, *(told_column(fields[name]) for name in binds_of(cls, version)))
            for version in cls.readers
        }
        if len(set(digests.values())) == 1:
            return digests[cls.schema]
        cases = " ".join(f"WHEN {version} THEN {digest}" for version, digest in digests.items())
        return f"CASE get_byte(sealed, {SCHEMA}) {cases} END"

    def _known(self) -> Mapping[str, Sensitivity]:
        model: Any = type(self)
        holds: Mapping[str, Sensitivity] = model._meta.get_field("sealed").holds
        return holds

    def blind_indexes(self) -> dict[str, bytes | None]:
        """Return the row's blind indexes under the index key in use, computed from what is sealed."""
        return {}


def seal_value(model: type[SealedModel], row_id: UUID, value: object, columns: Mapping[str, Any]) -> bytes:
    """Seal `value` for a row of the pharmacy in scope, bound to those of its columns that the model names."""
    plain = orjson.dumps(value)
    padded = plain + b" " * (-len(plain) % BLOCK)
    return seal_content(month_key(), _place(model, row_id, model.schema, columns), padded, schema=model.schema)


def open_value(model: type[SealedModel], row_id: UUID, sealed: bytes, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Open a sealed value of the pharmacy in scope, as the version in use reads it.

    SealBrokenError when it is not of this row, or of a row that says something else, or of no version known here.
    """
    try:
        key, schema = key_by_id(key_id_of(sealed)), schema_of(sealed)
        if schema not in model.readers:
            check_head(key, sealed)
            raise NoReaderError(_NO_READER.format(table=model._meta.db_table, schema=schema))
        plain = open_content(key, _place(model, row_id, schema, columns), sealed)
    except SealBrokenError as error:
        error.row = (current_pharmacy(), model._meta.db_table, row_id)  # for whoever records it: see `journal.alerts`
        raise
    value: dict[str, Any] = orjson.loads(plain)
    return model.readers[schema].upgrade(value)


def binds_of(model: type[SealedModel], schema: int) -> tuple[str, ...]:
    """Return the columns that a seal of this version bound."""
    binds = model.readers[schema].binds
    return model.binds if binds is None else binds


def _place(model: type[SealedModel], row_id: UUID, schema: int, columns: Mapping[str, Any]) -> bytes:
    told = b"".join(
        name + b"%d:" % len(value) + value
        for name, value in ((name, _told(columns[column])) for column, name in _bound(model, schema))
    )
    return current_pharmacy().bytes + row_id.bytes + _table(model, schema) + told


def _part(part: bytes) -> bytes:
    # Each part carries its length, so that no two rows share a place.
    return b"%d:" % len(part) + part


@cache
def _table(model: type[SealedModel], schema: int) -> bytes:
    return _part(model._meta.db_table.encode()) + _part(b"%d" % schema)


@cache
def _bound(model: type[SealedModel], schema: int) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, _part(name.encode())) for name in binds_of(model, schema))


def _told(value: Any) -> bytes:
    """Return one form of a column's value, the same before it is stored and after."""
    match value:
        case None:
            return b"-"
        case UUID():
            return b"u" + value.bytes
        case str():
            return b"s" + value.encode()
        case int():
            return b"i%d" % value  # a flag too: its column says which
        case datetime():
            return b"t%d" % ((value - _EPOCH) // _MICROSECOND)
        case date():
            return b"d" + value.isoformat().encode()
        case bytes() | memoryview():
            return b"b" + bytes(value)
    raise TypeError(f"a seal binds no {type(value).__name__}")
