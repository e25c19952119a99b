"""The section [serving]."""

from __future__ import annotations

import pytest

from temoin.lib.config_error import ConfigError
from temoin.lib.section import read_section
from temoin.settings.serving import BOUNDS, Serving


def read(**content: object) -> Serving:
    return read_section(Serving, "serving", content)


def test_all_of_it_is_optional():
    assert read() == Serving()


@pytest.mark.parametrize("name", BOUNDS)
def test_each_number_has_its_bounds(name):
    least, most = BOUNDS[name][0], BOUNDS[name][-1]

    assert getattr(read(**{name: least}), name) == least
    for wrong in (least - 1, most + 1, str(least)):
        with pytest.raises(ConfigError):
            read(**{name: wrong})
