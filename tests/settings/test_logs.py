"""The log says where and what kind, never what was given."""

import logging

import pytest

from temoin.settings.channels import all_channels
from temoin.site.logs import ValuelessFormatter, logging_settings


def record_of(error: BaseException) -> logging.LogRecord:
    return logging.LogRecord(
        "temoin", logging.ERROR, __file__, 1, "it failed", (), (type(error), error, error.__traceback__)
    )


def raised() -> ValueError:
    try:
        try:
            raise KeyError("Martin, Claire")
        except KeyError as error:
            raise ValueError("NIR 2840975056073") from error
    except ValueError as error:
        return error


def test_an_error_is_written_as_types_and_places():
    line = ValuelessFormatter("%(message)s").format(record_of(raised()))

    assert "builtins.KeyError at raised" in line
    assert "builtins.ValueError at raised" in line
    assert "Martin" not in line
    assert "284" not in line


def test_text_left_by_another_handler_is_not_repeated():
    record = record_of(raised())
    logging.Formatter("%(message)s").format(record)

    assert "Martin" not in ValuelessFormatter("%(message)s").format(record)


@pytest.mark.parametrize("name", ["django.security.DisallowedHost", "django.db.backends", "django.server"])
def test_loggers_that_repeat_values_are_silent(name):
    settings = logging_settings("staff")

    parents = [parent for parent in settings["loggers"] if name == parent or name.startswith(parent + ".")]
    closest = settings["loggers"][max(parents, key=len)]

    assert closest == {"handlers": ["nowhere"], "propagate": False}


@pytest.mark.parametrize(("name", "level"), [("fontTools", "WARNING"), ("fido2", "WARNING"), ("asyncssh", "WARNING")])
def test_libraries_that_tell_what_they_work_on_are_quiet(name, level):
    assert logging_settings("worker", all_channels())["loggers"][name]["level"] == level
