"""The section [counter]: two spans, with bounds, and what each leaves out."""

from datetime import timedelta

import pytest

from temoin.lib.config_error import ConfigError
from temoin.lib.section import read_section
from temoin.testing.settings import Counter


def read(**content: object) -> Counter:
    return read_section(Counter, "counter", content)


def test_what_is_not_said_is_half_an_hour_and_five_minutes():
    assert (read().before_registration, read().late_entry) == (timedelta(minutes=30), timedelta(minutes=5))


@pytest.mark.parametrize(("before", "late"), [(0, 0), (240, 60)])
def test_the_bounds_themselves_are_taken(before: int, late: int):
    taken = Counter(before_registration_minutes=before, late_entry_minutes=late)

    assert read(before_registration_minutes=before, late_entry_minutes=late) == taken


@pytest.mark.parametrize("name", ["before_registration_minutes", "late_entry_minutes"])
@pytest.mark.parametrize("value", [-1, 241, True])
def test_an_absurd_span_is_refused(name: str, value: object):
    with pytest.raises(ConfigError, match=name):
        read(**{name: value})


def test_an_unknown_setting_is_named():
    with pytest.raises(ConfigError, match="is not a setting"):
        read(minutes=30)
