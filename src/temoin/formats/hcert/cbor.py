"""CBOR (RFC 8949), as much of it as certificates use: a strict reader of foreign bytes, and a writer.

The reader makes nothing but plain values: no dates, regular expressions or shared parts, which a library makes of tags.
Decision 0118 says why there is no library here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from temoin.formats.hcert.errors import NotACertificateError

DEEPEST = 16
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}  # 23 is "undefined"
_ENDLESS = 31
_BREAK = object()


@dataclass(frozen=True)
class Tagged:
    """A value with a tag of CBOR before it."""

    tag: int
    value: Any


def read_cbor(raw: bytes) -> Any:
    """Return the one value that the bytes hold; NotACertificateError when they hold anything else."""
    reader = _Reader(raw)
    value = reader.item(0)
    if value is _BREAK or not reader.is_at_end:
        raise NotACertificateError("not one value of CBOR")
    return value


def plain(value: Any) -> Any:
    """Return a value without its tags: what is dated says so by its place."""
    match value:
        case Tagged(_, inner):
            return plain(inner)
        case list():
            return [plain(each) for each in value]
        case dict():
            return {name: plain(each) for name, each in value.items()}
    return value


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._raw)

    def item(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise NotACertificateError("nested too deep")
        head = self._take(1)[0]
        kind, short = head >> 5, head & 31
        if kind == 7:
            return self._simple(short)
        if kind in {2, 3, 4, 5}:
            return self._many(kind, None if short == _ENDLESS else self._size(short), depth)
        number = self._size(short)
        if kind == 6:
            return Tagged(number, self._known(depth + 1))
        return number if kind == 0 else -1 - number

    def _many(self, kind: int, size: int | None, depth: int) -> Any:
        if kind == 4:
            return self._items(size, depth)
        return self._map(size, depth) if kind == 5 else self._string(kind, size)

    def _simple(self, short: int) -> Any:
        if short == _ENDLESS:
            return _BREAK
        if short in _FLOATS:
            shape = _FLOATS[short]
            return struct.unpack(shape, self._take(struct.calcsize(shape)))[0]
        if short not in _SIMPLE:
            raise NotACertificateError("a value that is none")
        return _SIMPLE[short]

    def _string(self, kind: int, size: int | None) -> bytes | str:
        raw = self._take(size) if size is not None else b"".join(self._chunks(kind))
        if kind == 2:
            return raw
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise NotACertificateError("a text is not UTF-8") from None

    def _chunks(self, kind: int) -> list[bytes]:
        chunks = []
        while (head := self._take(1)[0]) != 0xFF:
            if head >> 5 != kind or head & 31 == _ENDLESS:
                raise NotACertificateError("a chunk of another kind")
            chunks.append(self._take(self._size(head & 31)))
        return chunks

    def _items(self, size: int | None, depth: int) -> list[Any]:
        if size is not None:
            return [self._known(depth + 1) for _ in range(self._possible(size))]
        found: list[Any] = []
        while (value := self.item(depth + 1)) is not _BREAK:
            found.append(value)
        return found

    def _map(self, size: int | None, depth: int) -> dict[int | str, Any]:
        found: dict[int | str, Any] = {}
        left = None if size is None else self._possible(size)
        while left is None or left > len(found):
            name = self.item(depth + 1)
            if name is _BREAK and left is None:
                break
            if type(name) not in {int, str} or name in found:
                raise NotACertificateError("a map names something twice, or by what is no name")
            found[name] = self._known(depth + 1)
        return found

    def _known(self, depth: int) -> Any:
        value = self.item(depth)
        if value is _BREAK:
            raise NotACertificateError("an end where nothing is open")
        return value

    def _possible(self, size: int) -> int:
        if size > len(self._raw) - self._at:
            raise NotACertificateError("it says to hold more than there is")
        return size

    def _size(self, short: int) -> int:
        if short < 24:
            return short
        if short > 27:
            raise NotACertificateError("a length that is none")
        return int.from_bytes(self._take(1 << (short - 24)), "big")

    def _take(self, count: int) -> bytes:
        start = self._at
        self._at += self._possible(count)
        return self._raw[start : self._at]


def write_cbor(value: Any) -> bytes:
    """Return a value in the shortest form, maps in the order they are given in."""
    match value:
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            raw = value.encode("utf-8")
            return _head(3, len(raw)) + raw
        case list() | tuple():
            return _head(4, len(value)) + b"".join(write_cbor(each) for each in value)
        case dict():
            parts = [write_cbor(name) + write_cbor(each) for name, each in value.items()]
            return _head(5, len(value)) + b"".join(parts)
        case Tagged(tag, inner):
            return _head(6, tag) + write_cbor(inner)
    raise TypeError(f"no certificate holds a {type(value).__name__}")


def _head(kind: int, size: int) -> bytes:
    if size < 24:
        return bytes([kind << 5 | size])
    width = next(width for width in (1, 2, 4, 8) if size < 256**width)
    return bytes([kind << 5 | 23 + width.bit_length()]) + size.to_bytes(width, "big")
