"""What a counter without a line noted, as its forms bring it: the moment, and the number that the page drew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlencode

from temoin.lib.errors import InvalidError, Problem, refuse
from temoin.lib.zones import read_instant
from temoin.testing.opening import IMPOSSIBLE, NOTED

_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def read_noted(typed: Mapping[str, str]) -> datetime | None:
    """Return when a page noted what it sends now; None for what it sends at once; InvalidError for no moment."""
    told = typed.get(NOTED, "")
    try:
        return read_instant(told) if told else None
    except ValueError:
        raise refuse(NOTED, "impossible", IMPOSSIBLE) from None


def _moment_in(typed: Mapping[str, str]) -> datetime | None:
    try:
        return read_noted(typed)
    except InvalidError:
        return None


def kept_noted(typed: Mapping[str, str], problems: Iterable[Problem]) -> str:
    """Return the moment as the form shown again carries it; "" once it was refused."""
    at = _moment_in(typed)
    return at.isoformat() if at and all(problem.field != NOTED for problem in problems) else ""


def away_query(typed: Mapping[str, str]) -> str:
    """Return what the link to a known patient's test carries, so that it is the test that the page noted."""
    at = _moment_in(typed)
    return f"?{urlencode({'record_id': typed.get('record_id', ''), NOTED: at.isoformat()})}" if at else ""


def asked_by_page(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what such a link brought."""
    at, record_id = _moment_in(asked), asked.get("record_id", "")
    return {"record_id": record_id, NOTED: at.isoformat()} if at and _UUID.fullmatch(record_id) else {}
