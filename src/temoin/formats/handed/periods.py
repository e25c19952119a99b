"""Whether what is told of somebody holds now, of whichever standard: begun, and not over."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime

from temoin.lib.clock import now
from temoin.lib.zones import FARTHEST_EAST, FARTHEST_WEST, is_kept

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")


def is_within(begins: str, ends: str) -> bool:
    """Tell whether a period has begun and not ended, in ISO 8601; a time that nobody can read is neither."""
    try:
        return (not begins or _has_begun(begins)) and (not ends or not _is_over(ends))
    except ValueError:
        return False


def _has_begun(written: str) -> bool:
    if days := _days(written):  # nobody says where: it is today wherever on earth it may be meant
        return days[0] <= (now() + FARTHEST_EAST).date()
    return _instant(written) <= now()


def _is_over(written: str) -> bool:
    """Tell whether an end has passed: one told as a day, a month or a year holds until that is over."""
    if days := _days(written):
        return days[1] < (now() + FARTHEST_WEST).date()
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
    told = datetime.fromisoformat(written) if _INSTANT.fullmatch(written) else None
    if told is None or not is_kept(told.utcoffset()):  # of any year: 9999 is how some write an end that is not known
        raise ValueError("no instant of any clock")
    return told
