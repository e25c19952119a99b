"""Numbers of the settings file: a port is one, whichever section says it."""

import pytest

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section


@pytest.mark.parametrize("port", [0, -1, 65_536, True, "25"])
def test_a_port_out_of_range_is_refused_by_its_section(port):
    with pytest.raises(ConfigError, match=r"port in \[mail\]"):
        Section("temoin.toml", "mail", {"port": port}).port()


@pytest.mark.parametrize("port", [1, 25, 65_535])
def test_a_port_is_taken(port):
    assert Section("temoin.toml", "mail", {"port": port}).port() == port


def test_a_number_that_nobody_says_is_the_default():
    assert Section("temoin.toml", "alarms", {}).number("minutes", range(1, 10), 5) == 5
