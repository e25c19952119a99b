"""The hours at which a pharmacy takes appointments, and the slots that they give on its own clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import counter_kinds
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.zones import bounds_of_day, day_of, instants_of, wall_clock

LENGTHS: Final = (5, 10, 15, 20, 30, 45, 60)  # minutes
MOST_PLACES: Final = 20  # at one hour
MOST_DAYS: Final = 60  # ahead
MOST_OPENINGS: Final = 28
MOST_CLOSED: Final = 60
DAY: Final = 24 * 60
MOVES: Final = timedelta(days=14)  # by which an appointment can be put off under its key


class Opening(NamedTuple):
    """A part of a week's day, in minutes since midnight; `kind` is "" where any test can be had."""

    weekday: int
    begins: int
    ends: int
    kind: str = ""


class Slot(NamedTuple):
    """An hour that can be taken; `month` is that of the key which its form is sealed to."""

    starts_at: datetime
    kind: str
    month: str


@dataclass(frozen=True)
class Hours:
    """What a pharmacy offers: openings by the week, how long a slot lasts, how many people it takes, until when."""

    openings: tuple[Opening, ...] = ()
    minutes: int = 15
    places: int = 1
    ahead: int = 30  # days
    closed: tuple[date, ...] = ()


def written_hours(hours: Hours) -> str:
    """Return hours as their row keeps them."""
    closed = [f"{day}" for day in hours.closed]
    whole = {"openings": [[*each] for each in hours.openings], "minutes": hours.minutes, "places": hours.places}
    return orjson.dumps({**whole, "ahead": hours.ahead, "closed": closed}).decode()


def read_hours(text: str) -> Hours:
    """Return hours as they were written here."""
    held = orjson.loads(text)
    openings = tuple(Opening(*each) for each in held["openings"])
    closed = tuple(date.fromisoformat(each) for each in held["closed"])
    return Hours(openings, held["minutes"], held["places"], held["ahead"], closed)


def check_hours(hours: Hours) -> Hours:
    """Return hours in the order of the week; InvalidError with each problem, at the field of the page that it is of."""
    problems = [*_faults_of_numbers(hours), *_faults_of_openings(hours)]
    if problems:
        raise InvalidError(problems)
    return Hours(tuple(sorted(hours.openings)), hours.minutes, hours.places, hours.ahead, tuple(sorted(hours.closed)))


def slots(hours: Hours, zone: ZoneInfo, moment: datetime) -> Iterator[Slot]:
    """Yield the slots that begin after a moment, in their order."""
    yield from (slot for slot in _from_today(hours, zone, day_of(moment, zone)) if slot.starts_at > moment)


def is_within(hours: Hours, zone: ZoneInfo, starts_at: datetime) -> bool:
    """Tell whether an appointment that was taken before begins within an opening as it is now, on a day not closed."""
    wall = wall_clock(starts_at, zone)
    minute = wall.hour * 60 + wall.minute
    is_open = any(one.weekday == wall.weekday() and one.begins <= minute < one.ends for one in hours.openings)
    return is_open and day_of(starts_at, zone) not in hours.closed


def end_of_day(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the day of an appointment is over: until then whoever is late can still be looked after."""
    return bounds_of_day(day_of(starts_at, zone), zone)[1]


def month_of(moment: datetime) -> str:
    """Return the month whose pair of keys serves at a moment, as the patients' site counts it: in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def month_of_appointment(starts_at: datetime) -> str:
    """Return the month whose pair an appointment is sealed to: it can be put off for two weeks at least."""
    return month_of(starts_at + MOVES)


@lru_cache(maxsize=32)  # strangers ask: the thousands of hours of a calendar are worked out once a day
def _from_today(hours: Hours, zone: ZoneInfo, today: date) -> tuple[Slot, ...]:
    days = [today + timedelta(days=ahead) for ahead in range(hours.ahead + 1)]
    return tuple(slot for day in days if day not in hours.closed for slot in _of_day(hours, zone, day))


def _of_day(hours: Hours, zone: ZoneInfo, day: date) -> Iterator[Slot]:
    """Yield a day's slots: what the clock does not show is none; of an hour that it shows twice, the first counts."""
    for opening in (each for each in sorted(hours.openings) if each.weekday == day.weekday()):
        for minute in range(opening.begins, opening.ends - hours.minutes + 1, hours.minutes):
            wall = datetime.combine(day, time(minute // 60, minute % 60))
            yield from (Slot(at, opening.kind, month_of_appointment(at)) for at in instants_of(wall, zone)[:1])


def _faults_of_numbers(hours: Hours) -> Iterator[Problem]:
    if hours.minutes not in LENGTHS:
        yield Problem("minutes", "unknown", _("Choose how long an appointment lasts."))
    if not 1 <= hours.places <= MOST_PLACES:
        yield Problem("places", "range", _("Between 1 and 20 people can come at one hour."))
    if not 1 <= hours.ahead <= MOST_DAYS:
        yield Problem("ahead", "range", _("Appointments can be taken between 1 and 60 days ahead."))
    if len(hours.openings) > MOST_OPENINGS or len(hours.closed) > MOST_CLOSED:
        yield Problem("", "range", _("That is more than a week needs: at most 28 openings and 60 closed days."))


def _faults_of_openings(hours: Hours) -> Iterator[Problem]:
    kinds = {"", *(kind.code for kind in counter_kinds())}
    for place, one in enumerate(hours.openings):
        if one.kind not in kinds or one.weekday not in range(7):
            yield Problem(f"kind-{place}", "unknown", _("Choose the test in the list."))
        if not 0 <= one.begins <= one.ends - hours.minutes <= DAY:
            yield Problem(f"ends-{place}", "range", _("This opening is shorter than one appointment."))
        for other in hours.openings[:place]:
            if one.weekday == other.weekday and one.begins < other.ends and other.begins < one.ends:
                yield Problem(f"begins-{place}", "overlap", _("This opening overlaps another one of the same day."))
