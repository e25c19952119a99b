"""The section [sessions]: after how many minutes without a request, and after how many hours in all, a session ends."""

from __future__ import annotations

from typing import Annotated

from temoin.lib.section import Number, section, within

IDLE = range(5, 61)  # minutes: less leaves no time to read a strip, more leaves names on a screen that nobody watches
IN_ALL = range(1, 17)  # hours: the longest day of a pharmacy


@section
class SessionTimes:
    """Both limits, as the settings file says them."""

    idle_minutes: Annotated[Number, within(IDLE)] = 15
    absolute_hours: Annotated[Number, within(IN_ALL)] = 12
