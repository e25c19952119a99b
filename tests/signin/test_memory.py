"""What sign-in remembers, in the table that all server processes share."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from temoin.lib.clock import shifted_by
from temoin.signin import memory
from temoin.signin.memory import SharedMemory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared() -> SharedMemory:
    return SharedMemory("", {})


def test_what_is_kept_is_there_until_it_expires(shared: SharedMemory):
    shared.set("tries", [1.5, 2], timeout=60)

    assert shared.get("tries") == [1.5, 2]
    with shifted_by(timedelta(seconds=61)):
        assert shared.get("tries", "none") == "none"


def test_a_code_is_marked_as_used_once(shared: SharedMemory):
    assert shared.add("code", "y", timeout=30)
    assert not SharedMemory("", {}).add("code", "y", timeout=30)

    with shifted_by(timedelta(seconds=31)):
        assert shared.add("code", "y", timeout=30)


def test_what_is_deleted_or_cleared_is_gone(shared: SharedMemory):
    shared.set("one", 1)
    shared.set("two", 2, timeout=None)

    assert (shared.delete("one"), shared.delete("one")) == (True, False)
    shared.clear()
    assert shared.get("two") is None


def test_the_table_names_nobody(shared: SharedMemory):
    shared.set("claire@officine.example 123456", True)

    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM signin_memo")
        [(key,)] = cursor.fetchall()
    assert len(key) == 64
    assert "claire" not in key


def test_what_has_expired_is_swept_away(shared: SharedMemory, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "SWEEP", 1)
    shared.set("old", 1, timeout=1)

    with shifted_by(timedelta(seconds=2)):
        shared.set("new", 1)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM signin_memo")
        assert cursor.fetchone() == (1,)


def test_a_bucket_takes_what_it_holds_and_empties_by_one_a_second(shared: SharedMemory):
    left = [shared.pour("writes", 20.0, 60.0) for _ in range(4)]

    assert [round(one) for one in left] == [40, 20, 0, -20]
    with shifted_by(timedelta(seconds=21)):
        assert round(shared.pour("writes", 20.0, 60.0)) == 1
    with shifted_by(timedelta(hours=1)):
        assert round(shared.pour("writes", 60.0, 60.0)) == 0


def test_what_a_clock_that_ran_ahead_left_turns_nobody_away(shared: SharedMemory):
    with shifted_by(timedelta(hours=1)):
        assert round(shared.pour("writes", 60.0, 60.0)) == 0
        assert [shared.count("tokens", 60) for _ in range(2)] == [1, 2]

    assert round(shared.pour("writes", 20.0, 60.0)) == 40
    assert [shared.count("tokens", 60) for _ in range(2)] == [1, 2]
    with shifted_by(timedelta(seconds=-50)):  # another server's, a little behind
        assert (shared.pour("writes", 60.0, 60.0) < 0.0, shared.count("tokens", 60)) == (True, 3)


@given(costs=st.lists(st.tuples(st.floats(0.01, 60.0), st.floats(0.0, 30.0)), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_history_lets_more_through_than_was_saved_up_or_blocks_for_longer_than_it_says(costs):
    shared, key, clock, poured = SharedMemory("", {}), uuid4().hex, 0.0, 0.0
    for cost, pause in costs:
        clock += pause
        with shifted_by(timedelta(seconds=clock)):
            room = shared.pour(key, cost, 60.0)
        poured += cost if room >= 0.0 else 0.0
        assert poured <= 60.0 + clock + 1.0  # the clock itself goes on meanwhile
        if room < 0.0:
            clock += -room
            with shifted_by(timedelta(seconds=clock)):
                assert shared.pour(key, cost, 60.0) >= 0.0
            poured += cost
