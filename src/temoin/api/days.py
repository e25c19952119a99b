"""Days and moments of bodies: ISO 8601 and nothing else, within reach."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

from temoin.lib.zones import read_instant

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_YEARS = range(1850, 2201)  # nothing of ours is outside, and every zone can tell its day


def _day(value: object) -> object:
    """Read ISO 8601 and nothing else: digits alone are no count of seconds, and no date is guessed."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("no_day", "no ISO 8601 day")
    try:
        told = date.fromisoformat(value)
    except ValueError:  # no such day
        told = date.min
    if told.year not in _YEARS:
        raise PydanticCustomError("no_day", "no day within reach")
    return told


def _instant(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("no_instant", "no ISO 8601 instant with an offset")
    try:
        told = read_instant(value)
    except ValueError:  # no such day or minute, a leap second, or an offset that no clock keeps
        told = datetime.min.replace(tzinfo=UTC)
    if told.year not in _YEARS:
        raise PydanticCustomError("no_instant", "no instant within reach")
    return told


Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
