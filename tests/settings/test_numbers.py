"""Numbers of the settings file: a port is one, whichever section says it."""

import pytest

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Port, read_section, section


@section
class Mail:
    port: Port
    spare: Port = 5


@pytest.mark.parametrize("port", [0, -1, 65_536, True, "25", 25.0, None])
def test_a_port_out_of_range_is_refused_by_its_section(port):
    with pytest.raises(ConfigError, match=r"port in \[mail\]"):
        read_section(Mail, "mail", {"port": port})


@pytest.mark.parametrize("port", [1, 25, 65_535])
def test_a_port_is_taken(port):
    assert read_section(Mail, "mail", {"port": port}).port == port


def test_a_number_that_nobody_says_is_the_default():
    assert read_section(Mail, "mail", {"port": 1}).spare == 5
