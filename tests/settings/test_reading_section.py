"""The section [reading]: its limits, with bounds that neither stop a counter nor leave no pace."""

import pytest

from temoin.lib.config_error import ConfigError
from temoin.lib.section import read_section
from temoin.oversight.reading_settings import ReadingPace


def read(**content: object) -> ReadingPace:
    return read_section(ReadingPace, "reading", content)


def test_what_is_not_said_leaves_a_busy_counter_in_peace():
    assert read() == ReadingPace(
        opened_per_hour=100, shown_per_hour=500, pages_per_minute=40, vain_searches_per_hour=200
    )


@pytest.mark.parametrize(("opened", "shown"), [(20, 100), (1000, 10000)])
def test_the_bounds_themselves_are_taken(opened: int, shown: int):
    pace = ReadingPace(opened_per_hour=opened, shown_per_hour=shown)

    assert read(opened_per_hour=opened, shown_per_hour=shown) == pace


@pytest.mark.parametrize("limit", [0, -1, 19, 1001, True, "100", 50.5])
def test_an_absurd_limit_of_opened_patients_is_refused(limit: object):
    with pytest.raises(ConfigError, match="opened_per_hour"):
        read(opened_per_hour=limit)


@pytest.mark.parametrize("limit", [0, 99, 10001])
def test_an_absurd_limit_of_shown_patients_is_refused(limit: int):
    with pytest.raises(ConfigError, match="shown_per_hour"):
        read(shown_per_hour=limit)


@pytest.mark.parametrize("limit", [0, 19, 301])
def test_an_absurd_limit_of_pages_is_refused(limit: int):
    with pytest.raises(ConfigError, match="pages_per_minute"):
        read(pages_per_minute=limit)


@pytest.mark.parametrize("limit", [0, 49, 10001])
def test_an_absurd_limit_of_vain_searches_is_refused(limit: int):
    with pytest.raises(ConfigError, match="vain_searches_per_hour"):
        read(vain_searches_per_hour=limit)


def test_an_unknown_setting_is_named():
    with pytest.raises(ConfigError, match="is not a setting"):
        read(patients=15)
