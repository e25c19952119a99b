"""Whether what is told of somebody holds now, of whichever standard: begun, and not over."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from temoin.lib.clock import now

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")
# Of a day without a clock nobody says where: it is today wherever on earth it may be meant.
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


def is_within(begins: str, ends: str) -> bool:
    """Tell whether a period has begun and not ended, in ISO 8601; a time that nobody can read is neither."""
    try:
        return (not begins or _has_begun(begins)) and (not ends or not _is_over(ends))
    except ValueError:
        return False


def _has_begun(written: str) -> bool:
    if days := _days(written):
        return days[0] <= (now() + _EAST).date()
    return _instant(written) <= now()


def _is_over(written: str) -> bool:
    """Tell whether an end has passed: one told as a day, a month or a year holds until that is over."""
    if days := _days(written):
        return days[1] < (now() + _WEST).date()
    return _instant(written) < now()


def _days(written: str) -> tuple[date, date] | None:
    found = _DAY.fullmatch(written)
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if day:
        return date(year, month, day), date(year, month, day)
    last = month or 12
    return date(year, month or 1, 1), date(year, last, monthrange(year, last)[1])


def _instant(written: str) -> datetime:
    if not _INSTANT.fullmatch(written):
        raise ValueError
    return datetime.fromisoformat(written)
