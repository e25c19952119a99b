"""The work of a page of tests does not grow with its depth: PostgreSQL itself counts the rows that it goes through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from people import House, make_patient, make_test, open_house

from temoin.lib.clock import frozen_at
from temoin.lib.tenant import tenant_scope
from temoin.testing import paged
from temoin.testing.actions import abandon_test
from temoin.testing.paged import ListPlace, some_tests

TESTS, LIMIT = 40, 4
BEGAN = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    house = open_house()
    patient_id = make_patient(house.owner)
    for hour in range(TESTS):
        with frozen_at(BEGAN + timedelta(hours=hour)):
            record_id = make_test(house.owner, patient_id)
            if hour % 10:  # some are under way among those that are done
                abandon_test(by=house.owner, record_id=record_id, seen="")
    return house


def rows_gone_through(house: House, wanted: paged.TestsWanted, after: ListPlace | None) -> tuple[int, ListPlace | None]:
    """Ask for a page, and how many rows of tests were looked at for it; the place reached."""
    with CaptureQueriesContext(connection) as asked:
        page = some_tests(by=house.owner, wanted=wanted, limit=LIMIT, after=after)
    selects = [one["sql"] for one in asked if one["sql"].startswith("SELECT") and '"testing_record"' in one["sql"]]
    assert selects
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        # So few rows are gone through whole, or sorted: the plan of many is asked for.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        return sum(_rows(cursor, sql) for sql in selects), page.reached


def _rows(cursor: Any, sql: str) -> int:
    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
    (told,) = cursor.fetchone()
    plan = told if isinstance(told, list) else json.loads(told)
    return sum(
        int(node["Actual Loops"]) * int(node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in _nodes(plan[0]["Plan"])
        if node.get("Relation Name") == "testing_record"
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


@pytest.mark.parametrize("wanted", [paged.TestsWanted(), paged.TestsWanted(is_under_way=False)], ids=["all", "done"])
def test_a_deep_page_goes_through_no_more_tests_than_the_first(house: House, wanted: paged.TestsWanted):
    counts, after, goes_on = [], None, True
    while goes_on:
        count, after = rows_gone_through(house, wanted, after)
        counts.append(count)
        goes_on = after is not None

    assert len(counts) >= TESTS * 9 // 10 // LIMIT
    assert max(counts) <= 3 * LIMIT < TESTS // 2
