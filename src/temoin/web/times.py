"""Times as people type them: on the clock of the pharmacy, to the minute, without a zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from temoin.lib import days
from temoin.lib.clock import now
from temoin.lib.errors import refuse
from temoin.lib.zones import FIRST_DAY, LAST_DAY, instants_of, is_kept, read_instant, today_in, wall_clock
from temoin.patients.traits import NO_DAY, SHORT_YEAR
from temoin.pharmacies.zones import page_zone

FORMAT = "%Y-%m-%dT%H:%M"
TWICE = "twice"
_OFFSET = re.compile(r"-?[0-9]{1,4}")  # minutes east of Greenwich
FIRST, SECOND = "first", "second"  # of the two times that a clock shows the same hour in autumn


class StepTime(NamedTuple):
    """The time of a step; `is_typed` when a person wrote it, as opposed to *Now* or an empty field."""

    at: datetime
    is_typed: bool


def page_today() -> date:
    """Return the day it is at the pharmacy whose page this is."""
    return today_in(page_zone())


def local_minute(instant: datetime) -> str:
    """Return an instant as a field of the page holds it."""
    return wall_clock(instant, page_zone()).strftime(FORMAT)


def read_local_time(text: str, field: str, which: str = "") -> datetime:
    """Read a typed local time; InvalidError names the field.

    In the hour that autumn repeats, `which` tells the first from the second; it is not needed while one is to come.
    """
    typed: datetime | None
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        typed = None
    is_kept_there = typed is not None and (typed.tzinfo is None or is_kept(typed.utcoffset()))
    if typed is None or not is_kept_there or "T" not in text or not FIRST_DAY <= typed.date() <= LAST_DAY:
        raise refuse(field, "malformed", _("Enter a date and a time, for instance 23/11/2026 14:32."))
    if typed.tzinfo is not None:
        return typed
    return _instant(typed, field, which)


def read_moment(typed: Mapping[str, str], field: str) -> StepTime:
    """Read the time of a step: the instant that *Now* sent while its minute stands, what is typed, or this moment."""
    text = typed.get(field, "").strip()
    if not text:
        return StepTime(now(), is_typed=False)
    try:
        pressed = read_instant(typed.get(f"{field}-instant", ""))
        if local_minute(pressed) == text:
            return StepTime(pressed, is_typed=False)
    except ValueError:
        pass  # no script, or a broken one: the typed minute stands
    return StepTime(read_local_time(text, field, typed.get(f"{field}-which", "")), is_typed=True)


def clock_warning(typed: Mapping[str, str]) -> str:
    """Return what to tell a person whose computer has another time zone than the pharmacy; "" when it has not."""
    told = typed.get("browser_offset", "")
    offset = wall_clock(now(), page_zone()).utcoffset() or timedelta(0)
    if not _OFFSET.fullmatch(told) or timedelta(minutes=int(told)) == offset:
        return ""
    words = _(
        "This computer is set to another time zone than the pharmacy, where it is %(hour)s now. Times on these pages "
        "are the pharmacy's: check the one you gave."
    )
    return str(words % {"hour": f"{wall_clock(now(), page_zone()):%H:%M}"})


def _instant(typed: datetime, field: str, which: str) -> datetime:
    found = instants_of(typed, page_zone())
    if not found:
        raise refuse(field, "skipped", _("This hour never was: the clocks went forward over it. Check the time."))
    past = [instant for instant in found if instant <= now()]
    if len(past) < 2:
        return found[0]
    if which not in {FIRST, SECOND}:
        raise refuse(field, TWICE, _("This hour came twice, as the clocks went back: say which one it was."))
    return past[which == SECOND]


def read_day(text: str) -> date | None:
    """Read the day of a date field, from its picker or typed; None when it is not one that a pharmacy has."""
    try:
        day = days.read_day(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def read_typed_day(text: str, field: str) -> date:
    """Read a typed day; InvalidError says how to write it."""
    try:
        return days.read_day(text)
    except days.ShortYearError:
        raise refuse(field, "short_year", SHORT_YEAR) from None
    except ValueError:
        raise refuse(field, "malformed", NO_DAY) from None
