"""What a signature writes into indexes: as many entries as the page says, each for a query that needs it.

A row that matches an index's condition has an entry there. The record's change of state adds one to each of its
indexes again, as one of them depends on the state.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from people import House, make_lot, make_patient, make_signed, open_house
from planning import plan_if_large

from temoin.journal.models import Event
from temoin.journal.sealing import _UNSEALED
from temoin.lib.clock import now
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.outbox.models import Parcel
from temoin.outbox.queue import _DUE
from temoin.oversight.statement import _VERSIONS
from temoin.testing.models import Record, RecordVersion
from temoin.testing.states import UNDER_WAY

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
TABLES = {
    "testing_record": "id = %(record)s",
    "testing_record_version": "record_id = %(record)s",
    "journal_event": "subject_id = %(record)s AND kind = 'result.signed'",
    "outbox_parcel": "chain_id = %(record)s",
}
INDEXES = """
SELECT tablename, indexname, coalesce(pg_get_expr(indpred, indrelid), 'true')
  FROM pg_indexes JOIN pg_index ON indexrelid = indexname::regclass
 WHERE tablename = ANY(%(tables)s) AND indexdef !~ 'USING brin'
"""
# The query that each of them is for, as the product asks it.
ASKED: dict[str, Callable[[], tuple[str, object]]] = {
    "testing_record_pkey": lambda: Record.objects.filter(id=uuid4()),
    "testing_record_recent": lambda: Record.objects.exclude(state__in=UNDER_WAY).order_by("-registered_at", "id")[:101],
    "testing_record_patient": lambda: Record.objects.filter(patient_id=uuid4()),
    "testing_record_lot": lambda: Record.objects.filter(lot_id=uuid4()),
    "testing_record_version_pkey": lambda: RecordVersion.objects.filter(id=uuid4()),
    "testing_version_once": lambda: RecordVersion.objects.filter(record_id=uuid4()).order_by("number"),
    "testing_version_day": lambda: (
        _VERSIONS,
        {"pharmacy": current_pharmacy(), "since": now() - timedelta(days=1), "until": now()},
    ),
    "journal_event_pkey": lambda: Event.objects.filter(id=uuid4()),
    "journal_event_subject": lambda: Event.objects.filter(subject_id=uuid4()).order_by("at", "id"),
    "journal_event_day": lambda: Event.objects.filter(at__gte=now() - timedelta(days=1), at__lt=now()).order_by("at"),
    "journal_event_order": lambda: (
        _UNSEALED.format(leaf="event.id", condition="event.xid >= '7'::xid8 AND event.xid < '9'::xid8", limit="10"),
        None,
    ),
    "outbox_parcel_pkey": lambda: Parcel.objects.filter(id=uuid4()),
    "outbox_parcel_once": lambda: Parcel.objects.filter(key=str(uuid4()), destination="fhir"),
    "outbox_parcel_chain": lambda: Parcel.objects.filter(chain_id=uuid4(), destination="fhir").order_by("sequence"),
    "outbox_parcel_due": lambda: (_DUE, ["fhir", now()]),
    "outbox_parcel_open": lambda: Parcel.objects.filter(
        state__in=["waiting", "sending", "in_doubt"], posted_at__lt=now()
    ).order_by("posted_at")[:100],
}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def entries_of_a_signature(house: House) -> dict[str, int]:
    record = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute(INDEXES, {"tables": list(TABLES)})
        found = {}
        for table, index, condition in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE {TABLES[table]} AND ({condition})",  # noqa: S608 ours
                {"record": record},
            )
            found[index] = cursor.fetchone()[0]
    return {index: count for index, count in found.items() if count}


def test_a_signature_writes_as_many_index_entries_as_the_page_says(house: House):
    told = re.search(r"\*\*([0-9]+) index entries\*\*", PAGE.read_text("utf-8"))

    assert told is not None
    assert sum(entries_of_a_signature(house).values()) == int(told[1])


def test_every_index_that_a_signature_writes_serves_a_query(house: House):
    assert set(entries_of_a_signature(house)) == set(ASKED)


@pytest.mark.parametrize("index", ASKED)
def test_the_query_of_an_index_is_answered_by_it(house: House, embedded_server, index: str):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))  # a table without a page has no size
    with tenant_scope(house.here.id):
        asked = ASKED[index]()
        sql, values = asked if isinstance(asked, tuple) else asked.query.sql_with_params()
    plan = plan_if_large(embedded_server, TABLES, sql, values)

    assert re.search(rf"(using|on) {index}\b", plan), plan


def test_a_test_of_the_counter_has_no_entry_for_results_of_files(house: House):
    assert "testing_record_source" not in entries_of_a_signature(house)


def test_what_was_signed_stands_in_its_row(house: House):
    """Moved out, it would take two more rows and two more index entries a signature, which the count does not see."""
    record = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT octet_length(sealed), pg_column_toast_chunk_id(sealed) FROM testing_record_version "
            "WHERE record_id = %s",
            [record],
        )
        size, moved_out = cursor.fetchone()

    assert size > 2000
    assert moved_out is None
