"""The section [sessions]: two limits, with bounds, and what each leaves out."""

import pytest

from temoin.lib.config_error import ConfigError
from temoin.lib.section import read_section
from temoin.settings.session_times import SessionTimes


def read(**content: object) -> SessionTimes:
    return read_section(SessionTimes, "sessions", content)


def test_what_is_not_said_is_a_quarter_of_an_hour_and_half_a_day():
    assert read() == SessionTimes(idle_minutes=15, absolute_hours=12)


@pytest.mark.parametrize(("idle", "in_all"), [(5, 1), (60, 16)])
def test_the_bounds_themselves_are_taken(idle: int, in_all: int):
    assert read(idle_minutes=idle, absolute_hours=in_all) == SessionTimes(idle_minutes=idle, absolute_hours=in_all)


@pytest.mark.parametrize(
    "content", [{"idle_minutes": 4}, {"idle_minutes": 61}, {"idle_minutes": 0}, {"idle_minutes": True}]
)
def test_an_absurd_idle_limit_is_refused(content: dict[str, object]):
    with pytest.raises(ConfigError, match="idle_minutes"):
        read(**content)


@pytest.mark.parametrize("content", [{"absolute_hours": 0}, {"absolute_hours": 17}, {"absolute_hours": -1}])
def test_an_absurd_absolute_limit_is_refused(content: dict[str, object]):
    with pytest.raises(ConfigError, match="absolute_hours"):
        read(**content)


def test_an_unknown_setting_is_named():
    with pytest.raises(ConfigError, match="is not a setting"):
        read(minutes=15)
