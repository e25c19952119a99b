"""From instants to days and wall clocks, and back: in each zone of France, and at the two ends of summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.lib.zones import bounds_of_day, day_of, instants_of, utc_offset, wall_clock, zone_named
from temoin.pharmacies.zones import load_zones

ZONES = sorted(set(load_zones().values()))
INSTANTS = st.datetimes(datetime(1950, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 bounds
PARIS = ZoneInfo("Europe/Paris")


@given(INSTANTS, st.sampled_from(ZONES))
def test_an_instant_is_among_those_of_its_wall_clock(instant: datetime, name: str):
    zone = zone_named(name)

    shown = wall_clock(instant, zone)

    assert shown == instant
    assert instant in instants_of(shown.replace(tzinfo=None), zone)
    assert shown.date() == day_of(instant, zone)


@given(INSTANTS, st.sampled_from(ZONES))
def test_an_instant_lies_within_its_day(instant: datetime, name: str):
    zone = zone_named(name)

    begins, ends = bounds_of_day(day_of(instant, zone), zone)

    assert begins <= instant < ends
    assert timedelta(hours=22) <= ends - begins <= timedelta(hours=26)


def test_the_hour_that_spring_skips_never_is():
    assert instants_of(datetime.fromisoformat("2027-03-28T02:30"), PARIS) == ()


def test_the_hour_of_autumn_comes_twice():
    assert instants_of(datetime.fromisoformat("2026-10-25T02:30"), PARIS) == (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("day", [date.min, date(1, 1, 2), date(1899, 12, 31), date(9000, 1, 1), date.max])
@pytest.mark.parametrize("name", ZONES)
def test_nothing_lies_within_an_unthinkable_day(day: date, name: str):
    begins, ends = bounds_of_day(day, zone_named(name))

    assert begins >= ends


@pytest.mark.parametrize("wall", ["0001-01-01T00:00", "1899-12-31T23:59", "9000-01-01T00:00", "9999-12-31T23:59"])
@pytest.mark.parametrize("name", ZONES)
def test_an_unthinkable_clock_never_is(wall: str, name: str):
    assert instants_of(datetime.fromisoformat(wall), zone_named(name)) == ()


@pytest.mark.parametrize("name", ["", "Paris", "Europe/Pari", "../etc/passwd", "posixrules", "UTC", "EST", "/"])
def test_what_names_no_place_is_no_zone(name: str):
    with pytest.raises(ValueError, match="not a time zone"):
        zone_named(name)


@pytest.mark.parametrize(
    ("zone", "told"), [("Europe/Paris", "UTC+1"), ("America/Cayenne", "UTC-3"), ("Pacific/Marquesas", "UTC-9:30")]
)
def test_an_offset_names_the_clock_that_is_shown(zone: str, told: str):
    assert utc_offset(wall_clock(datetime(2026, 1, 1, tzinfo=UTC), zone_named(zone))) == told
