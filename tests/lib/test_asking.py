"""Statements asked without a cursor: the same rows, scope, transaction and errors as Django's cursor gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from people import open_house

from temoin.lib.asking import TOGETHER, ask, ask_later
from temoin.lib.away import DATABASE_AWAY
from temoin.lib.tenant import scopes_together, tenant_scope

ID = UUID("01a22764-1480-79ab-94d2-18ea4807646b")
TWICE = "INSERT INTO signin_session (session_key, session_data, expire_date) VALUES (%s, '', now()), (%s, '', now())"
VALUES = [ID, None, b"\0\xff", datetime(2026, 11, 29, 12, tzinfo=UTC), ["a", 'b"'], 7, 2**40, True, "100 %", ""]


@pytest.mark.django_db
def test_values_come_back_as_from_a_cursor():
    kinds = ("uuid", "int", "bytea", "timestamptz", "text[]", "int", "bigint", "boolean", "text", "text")
    sql = f"SELECT {', '.join(f'%s::{kind}' for kind in kinds)}, '%%'"
    with connection.cursor() as cursor:
        cursor.execute(sql, VALUES)
        by_cursor = cursor.fetchall()

    assert ask(sql, VALUES) == by_cursor == [(*VALUES, "%")]


@pytest.mark.django_db
def test_the_scope_is_told_before_the_first_question():
    house = open_house()

    with tenant_scope(house.here.id):
        ((told,),) = ask("SELECT current_setting('temoin.pharmacy', true)", [])

    assert UUID(told) == house.here.id


@pytest.mark.django_db(transaction=True)
def test_a_question_opens_the_transaction_that_its_block_asks_for():
    with transaction.atomic():
        ask("SELECT set_config('temoin.pharmacy', 'one', true)", [])

        assert ask("SELECT current_setting('temoin.pharmacy', true)", []) == [("one",)]


@pytest.mark.django_db(transaction=True)
def test_an_error_is_djangos_and_spoils_the_transaction():
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        ask(TWICE, ["twice"] * 2)

    assert raised.value.__cause__.diag.constraint_name == "signin_session_pkey"
    assert ask("SELECT count(*) FROM signin_session WHERE session_key = %s", ["twice"]) == [(0,)]


@pytest.mark.django_db
def test_what_is_asked_later_brings_the_same_rows_each_its_own():
    house = open_house()
    kinds = ("uuid", "int", "bytea", "timestamptz", "text[]", "int", "bigint", "boolean", "text", "text")
    sql = f"SELECT {', '.join(f'%s::{kind}' for kind in kinds)}, '%%'"

    with scopes_together(), tenant_scope(house.here.id):
        all_kinds = ask_later(sql, VALUES)
        scope = ask_later("SELECT current_setting('temoin.pharmacy')", [])
        numbers = [ask_later("SELECT %s::int", [number]) for number in range(2 * TOGETHER)]
        told = [rows() for rows in numbers]
        assert (scope(), all_kinds()) == ([(str(house.here.id),)], [(*VALUES, "%")])

    assert told == [[(number,)] for number in range(2 * TOGETHER)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_waited_for", [True, False])
def test_an_error_of_what_is_asked_later_is_djangos_and_undoes_all(is_waited_for):
    house = open_house()

    def act() -> None:
        with scopes_together(), tenant_scope(house.here.id):
            ask_later("SELECT 1", [])
            rows = ask_later(TWICE, ["twice"] * 2)
            ask_later("SELECT 1", [])
            if is_waited_for:
                rows()

    with pytest.raises(IntegrityError) as raised:
        act()

    assert raised.value.__cause__.diag.constraint_name == "signin_session_pkey"
    assert ask("SELECT count(*) FROM signin_session WHERE session_key = %s", ["twice"]) == [(0,)]


@pytest.fixture
def planning(transactional_db: None) -> Iterator[None]:  # noqa: ARG001 opens the database
    """Plan what comes back, as a site without a pooler does; the tests' connection may pass through one."""
    connection.ensure_connection()
    driver = connection.connection
    before, driver.prepare_threshold = driver.prepare_threshold, 5
    yield
    driver.prepare_threshold = before


@pytest.mark.usefixtures("planning")
def test_what_comes_back_is_planned_once_and_again_after_a_rollback():
    planned = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%\"comes back\"%%'"
    counts = []
    for _ in range(2):
        for number in range(8):
            assert ask('SELECT %s::int + 1 AS "comes back"', [number]) == [(number + 1,)]
        counts.append(ask(planned, [])[0][0])
        with transaction.atomic():
            ask("SELECT 1", [])
            transaction.set_rollback(True)  # the driver forgets what it has prepared, and tells the server
        counts.append(ask(planned, [])[0][0])

    assert counts == [1, 0, 1, 0]


@pytest.mark.usefixtures("planning")
def test_what_is_asked_later_again_and_again_is_planned_once():
    house = open_house()
    planned = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%\"comes later\"%%'"
    with scopes_together(), tenant_scope(house.here.id):
        answers = [ask_later('SELECT %s::int + 1 AS "comes later"', [number]) for number in range(8)]
        assert [rows() for rows in answers] == [[(number + 1,)] for number in range(8)]

    assert ask(planned, []) == [(1,)]


def ask_over_what_is_gone(end: str) -> None:
    ask("SELECT 1", [])
    driver = connection.connection
    driver.close() if end == "close" else driver.pgconn.finish()
    ask("SELECT 1", [])


@pytest.mark.parametrize("end", ["close", "finish"])
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_gone_is_told_as_the_database_being_away(end: str):
    with pytest.raises(DATABASE_AWAY), transaction.atomic():
        ask_over_what_is_gone(end)
