"""JSON that names one thing twice: parsers keep the last of them, and nobody would be told of the first."""

from __future__ import annotations

import json


class _TwiceError(Exception):
    pass


def names_twice(data: bytes) -> bool:
    """Tell whether an object has two members of one name; what is no JSON has none."""
    try:
        json.loads(data, object_pairs_hook=_look)
    except _TwiceError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _look(members: list[tuple[str, object]]) -> None:
    if len({name for name, _ in members}) < len(members):
        raise _TwiceError
