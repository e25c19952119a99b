"""What waits in a pharmacy: up to a hundred, each half of the question by one index, whatever the statistics say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from people import make_pharmacy

from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope

FILL = """
INSERT INTO outbox_parcel (pharmacy_id, id, destination, subject_id, chain_id, sequence, key, state, posted_at, due_at,
                           settled_at, attempts, answer_code, same_count)
SELECT %(place)s, gen_random_uuid(), 'fhir', gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid()::text,
       %(state)s, %(posted)s - make_interval(secs => n), now(),
       CASE WHEN %(state)s IN ('refused', 'accepted') THEN now() END, 0, '', 0
  FROM generate_series(1, %(count)s) AS n
"""
HERE, ELSEWHERE = "Marché", "Gare"
Fill = Callable[..., None]


@pytest.fixture
def places(as_role) -> dict[str, UUID]:  # noqa: ARG001 opens the database
    return {name: make_pharmacy(name).id for name in (HERE, ELSEWHERE)}


@pytest.fixture
def fill(places: dict[str, UUID]) -> Fill:
    def rows(place: str, state: str, count: int, *, hours: float = 0) -> None:
        posted = now() - timedelta(hours=hours)
        values = {"place": places[place], "state": state, "count": count, "posted": posted}
        with tenant_scope(places[place]), connection.cursor() as cursor:
            cursor.execute(FILL, values)

    return rows


def backlog(place: UUID) -> tuple[int, datetime | None]:
    with tenant_scope(place), connection.cursor() as cursor:
        cursor.execute("SELECT backlog, oldest FROM outbox_backlog(%s, %s)", [place, now() - timedelta(minutes=30)])
        return cursor.fetchone()


def test_refused_ones_and_late_ones_count_up_to_a_hundred_and_the_oldest_is_told(places, fill):
    assert backlog(places[HERE]) == (0, None)

    fill(HERE, "waiting", 40)
    fill(HERE, "accepted", 5, hours=9)
    fill(ELSEWHERE, "refused", 7)
    fill(HERE, "refused", 3)
    fill(HERE, "in_doubt", 2, hours=2)
    count, oldest = backlog(places[HERE])
    fill(HERE, "refused", 150, hours=5)
    most, older = backlog(places[HERE])

    assert (count, most) == (5, 100)
    assert (now() - oldest, now() - older) > (timedelta(hours=2), timedelta(hours=5))


@pytest.mark.usefixtures("_tampering")
@pytest.mark.parametrize("statistics", [False, True], ids=["never analysed", "analysed"])
def test_the_plan_reads_this_pharmacys_rows_alone(places, fill, statistics):
    fill(ELSEWHERE, "refused", 2_000)
    fill(ELSEWHERE, "waiting", 4_000, hours=3)
    fill(HERE, "waiting", 4_000)
    fill(HERE, "refused", 10)
    if statistics:
        analyse()

    read = list(_scans(_plan(places[HERE])))

    assert sorted(name for name, _ in read) == ["outbox_parcel_open", "outbox_parcel_refused_here"]
    assert sum(rows for _, rows in read) == 100 + 10


def analyse() -> None:
    """Take statistics as the owner of the table does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tampering.tamper('ANALYZE outbox_parcel')")


def _plan(place: UUID) -> dict[str, Any]:
    """Return the plan of the function's own text, as the staff site runs it."""
    late_before = (now() - timedelta(minutes=30)).isoformat()
    with tenant_scope(place), connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'outbox_backlog'")
        text = re.sub(r"\blate_before\b", f"'{late_before}'::timestamptz", cursor.fetchone()[0])
        text = re.sub(r"\bplace\b", f"'{place}'::uuid", text)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}")
        (plans,) = cursor.fetchone()
    return (json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"]


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    if "Index Name" in node or node["Node Type"] == "Seq Scan":
        read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield node.get("Index Name", "no index"), int(read)
    for inner in node.get("Plans", []):
        yield from _scans(inner)
