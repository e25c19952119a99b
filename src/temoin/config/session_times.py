"""The section [sessions]: after how many minutes without a request, and after how many hours in all, a session ends."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.config.section import Section

IDLE = range(5, 61)  # minutes: less leaves no time to read a strip, more leaves names on a screen that nobody watches
IN_ALL = range(1, 17)  # hours: the longest day of a pharmacy


@dataclass(frozen=True, kw_only=True)
class SessionTimes:
    """Both limits, as the settings file says them."""

    idle_minutes: int = 15
    absolute_hours: int = 12


def read_session_times(section: Section) -> SessionTimes:
    """Read the section; all of it is optional."""
    idle, in_all = section.optional("idle_minutes", int), section.optional("absolute_hours", int)
    times = SessionTimes(
        idle_minutes=SessionTimes.idle_minutes if idle is None else idle,
        absolute_hours=SessionTimes.absolute_hours if in_all is None else in_all,
    )
    section.end()
    if times.idle_minutes not in IDLE:
        raise section.wrong("idle_minutes", f"must be between {IDLE[0]} and {IDLE[-1]}")
    if times.absolute_hours not in IN_ALL:
        raise section.wrong("absolute_hours", f"must be between {IN_ALL[0]} and {IN_ALL[-1]}")
    return times
