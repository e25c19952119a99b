"""The section [sessions]: after how many minutes without a request, and after how many hours in all, a session ends."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.lib.section import Section

IDLE = range(5, 61)  # minutes: less leaves no time to read a strip, more leaves names on a screen that nobody watches
IN_ALL = range(1, 17)  # hours: the longest day of a pharmacy


@dataclass(frozen=True, kw_only=True)
class SessionTimes:
    """Both limits, as the settings file says them."""

    idle_minutes: int = 15
    absolute_hours: int = 12


def read_session_times(section: Section) -> SessionTimes:
    """Read the section; all of it is optional."""
    times = SessionTimes(
        idle_minutes=section.number("idle_minutes", IDLE, SessionTimes.idle_minutes),
        absolute_hours=section.number("absolute_hours", IN_ALL, SessionTimes.absolute_hours),
    )
    section.end()
    return times
