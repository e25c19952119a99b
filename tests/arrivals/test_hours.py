"""The slots that a pharmacy's hours give, on its own clock: also where the clock is put forward or back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from temoin.arrivals.ending import AFTER
from temoin.arrivals.hours import (
    LENGTHS,
    MOST_DAYS,
    MOVES,
    Hours,
    Opening,
    check_hours,
    end_of_day,
    read_hours,
    slots,
    written_hours,
)
from temoin.arrivals.pairs import end_of_pair

PARIS = ZoneInfo("Europe/Paris")
ZONES = ("Europe/Paris", "America/Cayenne", "Pacific/Noumea", "America/Miquelon", "America/New_York")


@st.composite
def weeks(draw: st.DrawFn) -> Hours:
    """Return hours of some days of the week, one opening each."""
    begins, lasts = draw(st.integers(0, 23 * 60)), draw(st.integers(60, 600))
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    openings = tuple(Opening(day, begins, min(begins + lasts, 24 * 60)) for day in sorted(days))
    return Hours(openings, draw(st.sampled_from(LENGTHS)), 1, draw(st.integers(1, 8)))


@examples(40)
@given(weeks(), st.sampled_from(ZONES), st.sampled_from([(2026, 3, 26), (2026, 10, 22), (2026, 3, 6), (2026, 10, 30)]))
def test_each_slot_is_at_an_hour_that_the_clock_shows_within_an_opening(
    hours: Hours, name: str, first: tuple[int, int, int]
):
    zone, moment = ZoneInfo(name), datetime(*first, 12, tzinfo=UTC)
    found = [slot.starts_at for slot in slots(check_hours(hours), zone, moment)]

    for at in found:
        wall = at.astimezone(zone)
        minute = wall.hour * 60 + wall.minute
        assert at > moment
        assert any(
            one.weekday == wall.weekday() and one.begins <= minute <= one.ends - hours.minutes for one in hours.openings
        )
        assert at < end_of_day(at, zone)
    # In real time no two people are received by one slot's length less than apart, whatever the clock does.
    assert all(later - earlier >= timedelta(minutes=hours.minutes) for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2026, 3, 29), ["01:30", "03:00", "03:30"]),  # two o'clock does not come
        (date(2026, 10, 25), ["01:30", "02:00", "02:30", "03:00", "03:30"]),  # it comes twice
    ],
)
def test_the_hour_that_spring_skips_is_no_slot_and_that_of_autumn_is_one(day: date, shown: list[str]):
    hours = Hours((Opening(6, 90, 240),), minutes=30, ahead=1)
    moment = datetime(day.year, day.month, day.day, tzinfo=PARIS)

    assert [f"{slot.starts_at.astimezone(PARIS):%H:%M}" for slot in slots(hours, PARIS, moment)] == shown


def test_a_closed_day_has_no_slot_and_hours_are_read_as_they_were_written():
    hours = Hours((Opening(0, 540, 600, "covid19-ag"),), 30, 2, 14, (date(2026, 12, 7),))
    moment = datetime(2026, 12, 1, tzinfo=UTC)

    found = list(slots(read_hours(written_hours(hours)), PARIS, moment))

    assert read_hours(written_hours(hours)) == hours
    assert [f"{slot.starts_at:%d %H:%M}" for slot in found] == ["14 08:00", "14 08:30"]
    assert {slot.kind for slot in found} == {"covid19-ag"}


def test_a_form_ends_with_its_key_within_three_and_a_half_months_of_being_taken():
    late = Hours(tuple(Opening(day, 23 * 60, 24 * 60) for day in range(7)), max(LENGTHS), 1, MOST_DAYS)
    begins = [datetime(2027, month, 1, 12, tzinfo=UTC) for month in range(1, 13)]  # of the months of the keys
    taken = [month - timedelta(days=MOST_DAYS + MOVES.days + more) for month in begins for more in (-1, 0, 1)]
    lasts = [end_of_pair(list(slots(late, PARIS, moment))[-1].month) + AFTER - moment for moment in taken]

    assert timedelta(days=105) < max(lasts) <= timedelta(days=106)  # as docs/pharmacist.md and decision 0180 say
