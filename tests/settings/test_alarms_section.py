"""The section [alarms]."""

from __future__ import annotations

import pytest

from temoin.lib.config_error import ConfigError
from temoin.lib.section import read_section
from temoin.outbox.lateness import Alarms


def read(**content: object) -> Alarms:
    return read_section(Alarms, "alarms", content)


def test_all_of_it_is_optional():
    assert read() == Alarms(minutes=30, operator=None, pharmacies=False)


def test_everything_may_be_said():
    told = read(minutes=10, operator="exploitant@hote.example", pharmacies=True)

    assert told == Alarms(minutes=10, operator="exploitant@hote.example", pharmacies=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"minutes": 0}, "between 1 and 1440"),
        ({"minutes": 1441}, "between 1 and 1440"),
        ({"minutes": "10"}, "whole number"),
        ({"operator": "exploitant"}, "e-mail address"),
        ({"operator": "a@b.example, c@d.example"}, "e-mail address"),
        ({"operator": "a@b.example\nBcc: x@y.example"}, "e-mail address"),
        ({"pharmacies": "yes"}, "true or false"),
        ({"minute": 10}, "not a setting"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(content, words):
    with pytest.raises(ConfigError, match=words):
        read(**content)
