"""Addresses that somebody else wrote: a bracket that is not closed, or a port of letters, makes the library raise."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

_NONE = SplitResult("", "", "", "", "")


def split_address(text: str) -> SplitResult:
    """Return the parts of an address; where it is none, parts with nothing in them."""
    try:
        parts = urlsplit(text)
        _ = parts.port, parts.hostname
    except ValueError:
        return _NONE
    return parts


def join_address(base: str, text: str) -> str:
    """Return the address that a link on a page leads to; "" where it is none."""
    try:
        return urljoin(base, text)
    except ValueError:
        return ""
