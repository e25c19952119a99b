"""The items of a JSON array, found without reading them: each is judged alone, and few of them are held at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TAIL = re.compile(rb"[ \t\r\n]*\}[ \t\r\n]*\Z")
# A text in one step, whatever stands in it; or a sign that parts items. A quote alone is a text without end.
_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
_DEPTHS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}


class NoArrayError(ValueError):
    """The whole is not an object with the array as its one member."""


def parts_of(body: bytes, name: str) -> list[tuple[int, int]]:
    """Return where each item of the array `name` begins and ends, the one member of the object that `body` is.

    What an item is worth is for whoever reads it; an empty one is one. NoArrayError where the whole is of another form.
    """
    head = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"%s"[ \t\r\n]*:[ \t\r\n]*\[' % name.encode()).match(body)
    if head is None:
        raise NoArrayError
    *ends, last = _ends(body, head.end())
    if not _TAIL.match(body, last + 1):
        raise NoArrayError
    parts = list(zip([head.end(), *(end + 1 for end in ends)], [*ends, last], strict=True))
    return [] if len(parts) == 1 and not body[slice(*parts[0])].strip() else parts


def _ends(body: bytes, start: int) -> Iterator[int]:
    """Yield the place of each comma between items, then that of the bracket that ends the array."""
    depth = 0
    for mark in _MARK.finditer(body, start):
        sign = mark[0]
        if sign == b'"':
            break
        if sign == b"," and depth == 0:
            yield mark.start()
        depth += _DEPTHS.get(sign, 0)
        if depth < 0:
            yield mark.start()
            return
    raise NoArrayError
