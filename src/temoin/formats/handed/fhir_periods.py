"""Which names, numbers, addresses and identifiers of foreign FHIR are those of now: one rule for all of them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from temoin.formats.handed.fhir_tree import Node, few, first, text
from temoin.lib.clock import now

_NOT_CURRENT = frozenset({"old", "temp"})
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")
# Of a day without a clock nobody says where: it is today wherever on earth it may be meant.
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


def current(node: Node, name: str) -> list[tuple[int, Node]]:
    """Return those under a name that are used now, each with its place."""
    return [(place, one) for place, one in enumerate(few(node, name)) if is_current(one)]


def is_current(part: Node) -> bool:
    """Tell whether it is neither old nor temporary, has begun and not ended; a time that nobody can read is neither."""
    period = first(part, "period")
    begins, ends = text(period, "start"), text(period, "end")
    try:
        is_within = (not begins or _has_begun(begins)) and (not ends or not _is_over(ends))
    except ValueError:
        return False
    return is_within and text(part, "use") not in _NOT_CURRENT


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
