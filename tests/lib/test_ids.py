"""Identifiers that begin with a time tell it as coarsely as the column beside them, and the rest is random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from temoin.lib.clock import frozen_at
from temoin.lib.ids import hourly_id, new_id, timed_id

AT = datetime(2026, 11, 29, 11, 52, 13, 123000, tzinfo=UTC)


def time_of(identifier) -> datetime:
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


@pytest.mark.parametrize(("draw", "told"), [(timed_id, AT), (hourly_id, AT.replace(minute=0, second=0, microsecond=0))])
def test_an_identifier_tells_its_time_and_no_more(draw, told):
    with frozen_at(AT):
        drawn = [draw() for _ in range(200)]

    assert {time_of(one) for one in drawn} == {told}
    assert {(one.version, one.variant) for one in drawn} == {(7, "specified in RFC 4122")}
    assert len({one.int & (1 << 62) - 1 for one in drawn}) == 200


def test_later_ones_come_after():
    moments = [AT + timedelta(milliseconds=count) for count in range(50)]
    drawn = []
    for moment in moments:
        with frozen_at(moment):
            drawn.append(timed_id())

    assert drawn == sorted(drawn)


def test_what_leaves_the_house_as_a_key_is_random():
    assert {new_id().version for _ in range(20)} == {4}
