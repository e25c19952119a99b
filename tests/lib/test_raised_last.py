"""Parts of a round hold no other: each that raises is in the log, and the first is raised once all were done."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from temoin.lib.raised_last import raised_last


def go(errors: list[Exception | None]) -> list[int]:
    done: list[int] = []
    with raised_last() as part:
        for number, error in enumerate(errors):
            with part():
                fail(error)
                done.append(number)
    return done


def fail(error: Exception | None) -> None:
    if error is not None:
        raise error


def test_each_part_is_done_and_each_error_is_told_by_its_kind(caplog: pytest.LogCaptureFixture):
    assert go([None, None]) == [0, 1]

    with pytest.raises(KeyError, match="first"):
        go([KeyError("first"), None, ValueError("a name")])

    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == ["KeyError", "ValueError"]
    assert "a name" not in caplog.text


def test_a_database_that_is_away_ends_the_round_at_once(caplog: pytest.LogCaptureFixture):
    with pytest.raises(OperationalError):
        go([OperationalError("away"), KeyError("never met")])

    assert caplog.records == []
