"""Columns written as arrays: what comes back is what was given, whichever way the column went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from strategies import examples

from temoin.lib.arrays import BoundArray, bound_array
from temoin.lib.asking import ask

INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COLUMNS = {
    "uuid": st.uuids(),
    "text": st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
    "bytea": st.binary(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "timestamp with time zone": INSTANTS,
}


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.django_db
def test_an_array_comes_back_as_it_was_given(kind):
    @examples(20, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.none() | COLUMNS[kind], min_size=1, max_size=6))
    def comes_back(values):
        bound = bound_array(kind, values)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT unnest(%s::{kind}[])", [bound])
            by_cursor = [row[0] for row in cursor.fetchall()]

        assert by_cursor == values == [row[0] for row in ask(f"SELECT unnest(%s::{kind}[])", [bound])]
        assert isinstance(bound, BoundArray)

    comes_back()


def test_two_clocks_that_show_one_instant_are_bound_alike():
    there = datetime(2026, 11, 24, 10, 30, 0, 7, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))

    assert bound_array("timestamp with time zone", [there]) == bound_array(
        "timestamp with time zone", [there.astimezone(UTC)]
    )


@pytest.mark.parametrize(
    ("kind", "values"), [("date", [datetime(2026, 1, 1, tzinfo=UTC).date()]), ("integer", [True]), ("uuid", [])]
)
def test_what_is_not_of_a_known_type_goes_the_drivers_way(kind, values):
    assert bound_array(kind, values) == values


def test_a_bound_array_does_not_show_what_it_holds():
    given = UUID(int=7), uuid4()

    assert "BoundArray object" in repr(bound_array("uuid", given))
