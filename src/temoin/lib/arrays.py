"""Columns of many rows, written as PostgreSQL's binary arrays in one pass.

The driver asks each element of a list how it is to be written: for the rows of a file that was a tenth of the work.
Here the column says it once. A column of another type, or with a value that is not quite of its type, goes the
driver's way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import Any
from uuid import UUID

import psycopg
from psycopg.abc import AdaptContext, Buffer, DumperKey
from psycopg.abc import Dumper as DumperProtocol
from psycopg.adapt import Dumper, PyFormat, Transformer
from psycopg.pq import Format

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts from here
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_NONE = type(None)


@dataclass(frozen=True, slots=True, repr=False)
class BoundArray:
    """An array as it goes to the server, and the type it has there. Not shown: it may hold personal data (law 7)."""

    of: type  # of its elements in Python; of one type each, as the driver's dumpers are found by it
    oid: int
    values: Sequence[Any]
    content: bytes


@dataclass(frozen=True, slots=True)
class _Elements:
    """How the values of one type are written: each with its length before it."""

    python: type
    oid: int  # of one element, and of the array: see pg_type.dat of PostgreSQL, which never changes them
    array_oid: int
    write: Callable[[Any], bytes]


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


_ELEMENTS: Mapping[str, _Elements] = {
    "uuid": _Elements(UUID, 2950, 2951, lambda value: b"\x00\x00\x00\x10" + value.bytes),
    "text": _Elements(str, 25, 1009, lambda value: _sized(value.encode())),
    "bytea": _Elements(bytes, 17, 1001, _sized),
    "integer": _Elements(int, 23, 1007, lambda value: pack("!ii", 4, value)),
    "timestamp with time zone": _Elements(
        datetime, 1184, 1185, lambda value: pack("!iq", 8, (value - _FIRST) // _MICROSECOND)
    ),
}


def bound_array(kind: str, values: Sequence[Any]) -> Any:
    """Return what is bound for an array of this type: written already, or the values for the driver to write."""
    elements = _ELEMENTS.get(kind)
    found = set(map(type, values)) - {_NONE}
    if elements is None or not values or found - {elements.python}:
        return list(values)
    write = elements.write
    head = pack("!iiIii", 1, None in values, elements.oid, len(values), 1)
    written = b"".join([_NULL if one is None else write(one) for one in values])
    return BoundArray(elements.python, elements.array_oid, values, head + written)


class _AsWritten(Dumper):
    """Hands the driver an array that is written already."""

    format = Format.BINARY

    def get_key(self, obj: BoundArray, format: PyFormat) -> DumperKey:  # noqa: A002 the driver's name
        return (self.cls, obj.of)

    def upgrade(self, obj: BoundArray, format: PyFormat) -> Dumper:  # noqa: A002
        dumper = _AsWritten(self.cls)
        dumper.oid = obj.oid
        return dumper

    def dump(self, obj: BoundArray) -> Buffer:
        return obj.content


class _AsText(Dumper):
    """Writes the array into the text of a statement, where one is shown or bound by the client."""

    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        self._driver = Transformer.from_context(context)

    def dump(self, obj: BoundArray) -> Buffer | None:
        return self._as_list(obj).dump(list(obj.values))

    def quote(self, obj: BoundArray) -> Buffer:
        return self._as_list(obj).quote(list(obj.values))

    def _as_list(self, obj: BoundArray) -> DumperProtocol:
        return self._driver.get_dumper(list(obj.values), PyFormat.TEXT)


psycopg.adapters.register_dumper(BoundArray, _AsText)
psycopg.adapters.register_dumper(BoundArray, _AsWritten)  # the last one registered is the one that AUTO takes
