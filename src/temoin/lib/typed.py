"""Text as actions take it from whoever typed or sent it: cleaned and of a bounded length, or refused at its field."""

from __future__ import annotations

from collections.abc import Callable

from temoin.lib.errors import GARBLED, UNREADABLE, refuse, too_long
from temoin.lib.lengths import LONGEST
from temoin.lib.text import GarbledTextError, UnreadableTextError, clean_line, clean_lines


def typed_line(field: str, text: str, *, of: str) -> str:
    """Return a clean line; InvalidError for signs that nobody can read, and for more than `LONGEST` allows."""
    return _typed(field, text, clean_line, LONGEST[f"{of}.{field}"])


def typed_lines(field: str, text: str, *, of: str) -> str:
    """Return a clean text of several lines, or InvalidError in the same way."""
    return _typed(field, text, clean_lines, LONGEST[f"{of}.{field}"])


def _typed(field: str, text: str, clean: Callable[[str], str], most: int) -> str:
    try:
        cleaned = clean(text)
    except GarbledTextError:
        raise refuse(field, "garbled", GARBLED) from None
    except UnreadableTextError:
        raise refuse(field, "unreadable", UNREADABLE) from None
    if len(cleaned) > most:
        raise refuse(field, "too_long", too_long(most))
    return cleaned
