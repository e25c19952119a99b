"""Every tenant table as PostgreSQL itself describes it: forced row security, keys, policies, floors (law 3)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from test_floors import FLOORS

from temoin.lib.tenant import TenantModel
from temoin.testing.written import told_models

pytestmark = pytest.mark.django_db

TENANT_TABLES = sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, TenantModel))
# Names a pharmacy and belongs to none, with its reason.
OF_THE_HOUSE = {
    "journal_leaf": "places in the one tree; written and read whole by the sealer alone",
    "oversight_call_watch": "until when a pharmacy's calls were looked at for its owners; for the worker alone",
    "oversight_alarm": "who was told that results wait, the operator included; for the worker alone",
}
# Unique without the pharmacy in front, with its reason.
UNIQUE_ACROSS = {
    "arrivals_poster_token_hash_key": "a hash of 128 random bits: found before any pharmacy is known",
    "delivery_letter_lookup_hash_key": "256 derived random bits: found before any pharmacy is known",
    "outbox_parcel_once": "unique within a pharmacy; the key comes first, so that what an authority holds is found",
}
# A second policy for one role, with its reason.
SECOND_POLICY = {
    ("pharmacies_member", "app_own"): "one's own memberships, before a pharmacy is chosen; read only",
    ("pharmacies_member", "worker_own"): "where a person works whose sign-ins failed; read only",
    (
        "pharmacies_register_check",
        "worker_reads",
    ): "which numbers are due to be asked about, in any pharmacy",
    ("webhooks_notice", "worker_reads"): "what programs are to be told, in any pharmacy; read only",
    ("webhooks_webhook", "worker_reads"): "who is told, in any pharmacy; read only",
    ("journal_alert", "worker_reads"): "what owners must be told of, in any pharmacy; read only",
}
# Narrows what a role changes, with its reason.
NARROWED = {
    ("arrivals_arrival", "portal_named"): "the patients' site changes the one appointment whose secret it names",
    ("arrivals_arrival", "portal_adds"): "the patients' site puts in what waits, and nothing that was looked after",
    ("arrivals_arrival", "portal_moves"): "the patients' site changes what waits, and has nobody written to",
}


def ask(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_every_table_with_a_pharmacy_is_a_tenant_table():
    found = ask(
        "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
        "WHERE attname = 'pharmacy_id' AND relkind = 'r'"
    )

    assert sorted({name for (name,) in found} - set(OF_THE_HOUSE)) == TENANT_TABLES


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_row_security_is_forced(table):
    assert ask("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", table) == [(True, True)]


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_the_primary_key_begins_with_the_pharmacy(table):
    assert ask(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p' AND conrelid = %s::regclass", table
    ) == [("PRIMARY KEY (pharmacy_id, id)",)]


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_nothing_is_unique_across_pharmacies(table):
    indexes = ask(
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indisunique AND i.indrelid = %s::regclass",
        table,
    )

    assert {name for name, first in indexes if first != "pharmacy_id"} <= set(UNIQUE_ACROSS)


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_foreign_keys_between_tenant_tables_carry_the_pharmacy(table):
    keys = ask(
        "SELECT pg_get_constraintdef(oid), confrelid::regclass::text FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid = %s::regclass",
        table,
    )

    for definition, target in keys:
        if target in TENANT_TABLES:
            assert definition.startswith("FOREIGN KEY (pharmacy_id, ")
            assert "(pharmacy_id, id)" in definition


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_each_role_has_one_policy_with_a_check(table):
    policies = ask(
        "SELECT policyname, roles::text[], cmd, qual, with_check, permissive FROM pg_policies WHERE tablename = %s",
        table,
    )
    # The tests' own policy lets them do the worker's work: tests/conftest.py.
    others = {*SECOND_POLICY, *NARROWED}
    plain = [policy for policy in policies if (table, policy[0]) not in others and policy[0] != "tests_play"]

    assert len(plain) == len({roles[0] for _, roles, *_ in plain})
    for _name, roles, command, using, check, permissive in plain:
        assert (len(roles), command, permissive) == (1, "ALL", "PERMISSIVE")
        assert using
        # Who may write which event: test_writers_of_events.py.
        assert check == using or (table == "journal_event" and check.startswith(f"({using} AND "))


def test_the_second_policies_only_read():
    for table, name in SECOND_POLICY:
        rows = ask("SELECT cmd, with_check FROM pg_policies WHERE tablename = %s AND policyname = %s", table, name)

        assert rows == [("SELECT", None)]


def test_the_narrowing_policies_only_take_away():
    for table, name in NARROWED:
        rows = ask("SELECT permissive, roles FROM pg_policies WHERE tablename = %s AND policyname = %s", table, name)

        assert rows == [("RESTRICTIVE", ["temoin_portal"])]


def test_no_policy_is_open_but_the_workers_schedule_and_what_sealer_and_authority_read():
    rows = ask(
        "SELECT tablename, policyname FROM pg_policies "
        "WHERE permissive = 'PERMISSIVE' AND qual NOT LIKE '%%current_setting%%'"
    )

    told = {model._meta.db_table for model in told_models()}
    read = {"journal_event", "journal_listing", "outbox_attempt", "outbox_parcel", "patients_consent"}
    sealed = [(table, "sealer_rows") for table in told | read | {"testing_record_version"}]
    due = [("journal_alert", "worker_reads"), ("outbox_parcel", "worker_rows")]
    due.append(("surveillance_sender_week", "authority_rows"))
    due += [(table, "worker_reads") for table in ("pharmacies_register_check", "webhooks_notice", "webhooks_webhook")]
    assert sorted(rows) == sorted([*sealed, *due])


def test_no_foreign_key_points_upwards():
    keys = ask("SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'")
    upward = [(source, target) for source, target in keys if _floor(source) < _floor(target)]

    assert upward == []


def test_no_function_or_view_escapes_row_security():
    functions = ask(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND (prosecdef OR proleakproof)"
    )
    views = ask(
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace "
        "AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)"
    )

    assert (functions, views) == ([], [])


def _floor(table: str) -> int:
    room = table.strip('"').split("_")[0]
    return FLOORS.get(room, len(FLOORS))  # the libraries' tables stand above ours
