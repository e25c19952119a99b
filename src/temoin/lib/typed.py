"""Text as actions take it from whoever typed or sent it: cleaned, or refused with the name of its field."""

from __future__ import annotations

from collections.abc import Callable

from temoin.lib.errors import UNREADABLE, refuse
from temoin.lib.text import UnreadableTextError, clean_line, clean_lines


def typed_line(field: str, text: str) -> str:
    """Return a clean line; InvalidError for signs that nobody can read."""
    return _typed(field, text, clean_line)


def typed_lines(field: str, text: str) -> str:
    """Return a clean text of several lines; InvalidError for signs that nobody can read."""
    return _typed(field, text, clean_lines)


def _typed(field: str, text: str, clean: Callable[[str], str]) -> str:
    try:
        return clean(text)
    except UnreadableTextError:
        raise refuse(field, "unreadable", UNREADABLE) from None
