"""The small parts of which a call is made: its address, its question, its headers and its key."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import quote, urlencode
from uuid import UUID

from temoin_client.models import ResultVerdicts
from temoin_client.shape import ApiShape


def place(value: UUID | str | int) -> str:
    """Return what stands in an address; it stays one part of it."""
    return quote(str(value), safe="")


def given(**asked: str | int | Sequence[str] | None) -> dict[str, str | list[str]]:
    """Return what stands after the question mark, without what was left out."""
    told = {name: str(value) if isinstance(value, str | int) else list(value or ()) for name, value in asked.items()}
    return {name: value for name, value in told.items() if value}


def form(**asked: str | int | Sequence[str] | None) -> bytes:
    """Return a form with the same."""
    return urlencode(given(**asked), doseq=True).encode()


def headers(*, media: str = "", known: ApiShape | None = None, if_match: str = "", key: str = "") -> dict[str, str]:
    """Return the headers of a call."""
    told = {"Content-Type": media, "If-None-Match": known.etag if known else ""}
    told |= {"If-Match": if_match, "Idempotency-Key": key}
    return {name: value for name, value in told.items() if value}


def drawn_key() -> str:
    """Return an Idempotency-Key that nobody guesses and nobody drew before."""
    return secrets.token_urlsafe(24)


_LATER = frozenset({"in_progress", "away"})


def are_under_way(verdicts: ResultVerdicts) -> bool:
    """Tell whether a result was not tried: its database went away, or an earlier try of it is still being done."""
    return any(one.error in _LATER for one in verdicts.results)
