"""Which version of a thing a program saw (RFC 9110, sections 8.8.3 and 13): strong tags, made with nothing opened."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import parse_etags

from temoin.lib.errors import TemoinError

ANY = "*"


class UnmatchedError(TemoinError):
    """The thing is not, or no longer, as the program saw it."""


class MatchNeededError(TemoinError):
    """The call would replace something, and does not say which version of it the program saw."""


def quoted(version: str) -> str:
    """Return a version as a strong tag."""
    return f'"{version}"'


def is_known(request: HttpRequest, version: str) -> bool:
    """Tell whether the program says that it has this very version (`If-None-Match`, compared weakly)."""
    told = parse_etags(request.headers.get("If-None-Match", ""))
    return ANY in told or quoted(version) in {one.removeprefix("W/") for one in told}


def check_match(request: HttpRequest, version: str) -> None:
    """Compare with `If-Match`, strongly; UnmatchedError when it is there and names another version."""
    told = request.headers.get("If-Match")
    if told is None:
        return
    versions = parse_etags(told)
    if ANY not in versions and quoted(version) not in versions:
        raise UnmatchedError
