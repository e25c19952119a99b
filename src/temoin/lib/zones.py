"""Where an instant becomes a day or a wall clock, and back: always in a zone that the caller names.

A pharmacy in Cayenne or Nouméa has its own day and its own clock. No other module turns an instant into either, so
that none of them can take the machine's zone, Django's or Paris for the pharmacy's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from temoin.lib.clock import now

# The zone of the house: days of the operator, of the authority's reconciliation and of pages without a pharmacy.
HOUSE = ZoneInfo("Europe/Paris")
FARTHEST_WEST, FARTHEST_EAST = timedelta(hours=-12), timedelta(hours=14)  # that any clock on earth keeps
_FIRST = ZoneInfo("Pacific/Kiritimati")
_LAST = timezone(FARTHEST_WEST)
# No pharmacy has a day outside these; beyond them the arithmetic of dates overflows.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(8999, 12, 31)


def wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant as the clock on the wall shows it there.

    The offset is fixed: two equal instants stay equal in the hour that comes twice, and after a trip through JSON.
    """
    there = instant.astimezone(zone)
    offset = there.utcoffset()
    assert offset is not None  # noqa: S101 an aware instant has one
    return there.replace(tzinfo=timezone(offset), fold=0)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def today_in(zone: ZoneInfo) -> date:
    return day_of(now(), zone)


def latest_today() -> date:
    """Return the day it is where days begin first: what is after it is in the future everywhere."""
    return day_of(now(), _FIRST)


def earliest_today() -> date:
    """Return the day it is where days begin last: every day before it is over everywhere."""
    return now().astimezone(_LAST).date()


def offset_words(moment: datetime) -> str:
    """Return the offset of a wall clock as prints show it, such as "UTC-3"; "" where it is the house's."""
    return "" if moment.utcoffset() == moment.astimezone(HOUSE).utcoffset() else utc_offset(moment)


def utc_offset(moment: datetime) -> str:
    """Return the offset of a wall clock, such as "UTC-3"."""
    offset = moment.utcoffset() or timedelta(0)
    sign, minutes = ("-" if offset < timedelta(0) else "+"), abs(offset) // timedelta(minutes=1)
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02d}" if minutes % 60 else "")


def is_kept(offset: timedelta | None) -> bool:
    """Tell whether a clock on earth may keep an offset: PostgreSQL takes none beyond 15:59."""
    return offset is not None and FARTHEST_WEST <= offset <= FARTHEST_EAST and not offset % timedelta(minutes=1)


def read_instant(text: str, *, unsaid: tzinfo | None = None) -> datetime:
    """Read an instant in ISO 8601 by its offset, or by that of `unsaid` where it has none.

    ValueError for anything else, for an offset that no clock keeps and for an unthinkable day.
    """
    told = datetime.fromisoformat(text)
    if told.tzinfo is None:
        told = told.replace(tzinfo=unsaid)
    if not is_kept(told.utcoffset()) or not FIRST_DAY <= told.date() <= LAST_DAY:
        raise ValueError("no instant of any clock")
    return told


def instants_of(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return when a clock there shows a time: once; never in the hour that spring skips; twice in autumn's.

    An unthinkable day has no time at all.
    """
    if not FIRST_DAY <= wall.date() <= LAST_DAY:
        return ()
    found: dict[datetime, None] = {}
    for fold in (0, 1):
        instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == wall:
            found[instant] = None
    return tuple(found)


def bounds_of_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants between which a day lies there; nothing lies between those of an unthinkable day."""
    if not FIRST_DAY <= day <= LAST_DAY:
        return (moment := now()), moment
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def age_on(day: date, birth_date: date) -> int:
    """Return how many birthdays a person has had by a day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def zone_named(name: str) -> ZoneInfo:
    """Return a zone of the IANA database; ValueError for a name that is none, or that names no place."""
    if "/" not in name or name not in _names():
        raise ValueError("not a time zone")
    return ZoneInfo(name)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
