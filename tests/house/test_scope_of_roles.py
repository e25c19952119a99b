"""Row security at work: what each role sees of two pharmacies that both have rows in every table."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from arriving import arrive
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from orphaned import leave_orphan
from people import COVID, NEWCOMER, House, make_lot, make_patient, make_signed, make_test, make_token, open_house
from test_grants import ROLES, TABLES
from told_programs import have_told

from temoin.arrivals.calendar import set_hours
from temoin.arrivals.hours import Hours
from temoin.intake.progress import Progress
from temoin.intake.terms import allow_laboratory
from temoin.journal.alerts import raise_alert
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import TenantModel, tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.courier import Answer, Verdict, couriers
from temoin.outbox.models import Parcel
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.pharmacies.program_calls import answered_once
from temoin.pharmacies.programs import take_program_seat
from temoin.pharmacies.team import invite_member
from temoin.retention.cases import open_case
from temoin.retention.holds import place_hold
from temoin.surveillance.counting import count_pharmacy
from temoin.surveillance.senders import note_days
from temoin.testing.groups import open_group
from temoin.testing.lists import list_tests
from temoin.transmission.models import Difference
from temoin.webhooks.actions import try_webhook

TENANT_TABLES = sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, TenantModel))
ONLY_ADDED = (
    "journal_event",
    "testing_record_version",
    "outbox_attempt",
    "outbox_sides",
    "patients_consent",
)
SEALS = ("journal_leaf", "journal_node", "journal_checkpoint", "journal_cosignature")
# The worker schedules every pharmacy's parcels and look-ups, whose bodies stay sealed, and reads what owners are told.
SCHEDULE = {
    ("temoin_worker", "journal_alert"),
    ("temoin_worker", "outbox_parcel"),
    ("temoin_worker", "pharmacies_register_check"),
    ("temoin_worker", "webhooks_notice"),
    ("temoin_worker", "webhooks_webhook"),
}


def tables_of(role: str, privilege: str) -> list[str]:
    """Return the tenant tables on which a role has a privilege."""
    return [table for table in TENANT_TABLES if privilege in TABLES[role].get(table, "").split()]


@pytest.fixture
def house(as_role) -> House:
    """Two pharmacies with at least one row in every table."""
    house = open_house()
    for seat in (house.owner, house.stranger):
        make_signed(seat, make_patient(seat), make_lot(seat))
        make_test(seat, make_patient(seat))
        invite_member(by=seat, newcomer=NEWCOMER)
        caller = take_program_seat(token=make_token(seat), certificate=b"")
        try_webhook(by=seat, program_id=have_told(seat))
        answered_once(caller, key="0" * 16, asked=b"", do=dict)
        arrive(seat)
        set_hours(by=seat, hours=Hours(), expected_version=None)
        list_tests(by=seat)
        open_case(by=seat, patient_id=make_patient(seat), kind="access", asked="Tout", received_on=today_in(HOUSE))
        place_hold(by=seat, patient_id=None, reason="Réquisition")
        allow_laboratory(by=seat, number="01D1058442", name="Laboratoire des Halles")
        open_group(by=seat, group_id=uuid4(), name="École", kind=COVID)
        leave_orphan(seat)
        Progress(seat, rows=1, is_trial=True)
        raise_alert(by=seat, kind=EventKind.SEAL_BROKEN, subject_kind="row", subject_id=uuid4())
    with as_role("temoin_worker"):
        for load in claim_parcels("email", 10):
            with tenant_scope(load.pharmacy_id):
                couriers()["email"].prepare(load)
            settle_parcels([(load, Answer(Verdict.ACCEPTED, "test", detail="taken"))])
        for pharmacy in (house.here, house.elsewhere):
            _differ(pharmacy.id)
            count_pharmacy(pharmacy)
            note_days(pharmacy)
    return house


def test_the_house_has_rows_in_every_table(house, as_role):
    seen = set()
    for role in ("temoin_app", "temoin_worker"):
        with as_role(role), tenant_scope(house.here.id):
            seen |= {table for table in tables_of(role, "SELECT") if _count(table)}

    assert sorted(set(TENANT_TABLES) - seen) == []


@pytest.mark.parametrize("role", ["temoin_app", "temoin_worker"])
@pytest.mark.usefixtures("house")
def test_without_a_pharmacy_a_role_sees_nothing(as_role, role):
    with as_role(role):
        seen = [table for table in tables_of(role, "SELECT") if _count(table)]

    assert seen == [table for who, table in sorted(SCHEDULE) if who == role]


@pytest.mark.parametrize("role", ["temoin_app", "temoin_worker"])
def test_in_a_pharmacy_a_role_sees_that_pharmacy_only(house, as_role, role):
    with as_role(role), tenant_scope(house.here.id):
        wider = [table for table in tables_of(role, "SELECT") if _count(table) != _count(table, house.here.id)]

    assert wider == [table for who, table in sorted(SCHEDULE) if who == role]


@pytest.mark.parametrize("role", ROLES)
def test_in_a_pharmacy_a_role_writes_for_no_other(house, as_role, role):
    for table in tables_of(role, "INSERT"):
        insert = f"INSERT INTO {table} (pharmacy_id, id) VALUES (%s, %s)"  # noqa: S608

        with as_role(role), tenant_scope(house.here.id), pytest.raises(ProgrammingError, match="row-level security"):
            _run(insert, house.elsewhere.id, uuid4())


@pytest.mark.parametrize("role", ROLES)
def test_in_a_pharmacy_a_role_gives_no_row_away(house, as_role, role):
    for table in tables_of(role, "UPDATE"):
        if (role, table) in SCHEDULE:
            continue
        change = f"UPDATE {table} SET pharmacy_id = %s WHERE pharmacy_id = %s"  # noqa: S608

        with as_role(role), tenant_scope(house.here.id), pytest.raises(ProgrammingError, match="row-level security"):
            _run(change, house.elsewhere.id, house.here.id)


@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_what_is_only_ever_added(house, as_role, role, verb):
    # The keeper alone deletes, at its day (test_grants.py); an event nobody does.
    ends = role == "temoin_keeper" and verb.startswith("DELETE")
    for table in ("journal_event",) if ends else ONLY_ADDED:
        with as_role(role), tenant_scope(house.here.id), pytest.raises(ProgrammingError, match="permission denied"):
            _run(verb.format(table))


@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_what_seals_the_journal(as_role, role, verb):
    for table in SEALS:
        column = "index" if table in {"journal_leaf", "journal_node"} else "size"

        with as_role(role), pytest.raises(ProgrammingError, match="permission denied"):
            _run(verb.format(table, column))


def test_the_portal_sees_the_one_letter_it_names(house, as_role):
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("SELECT lookup_hash FROM delivery_letter")
        named = bytes(cursor.fetchone()[0])

    with as_role("temoin_portal"), connection.cursor() as cursor:
        cursor.execute("SELECT count(lookup_hash) FROM delivery_letter")
        unnamed = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('temoin.letter', %s, true)", [named.hex()])
        cursor.execute("SELECT lookup_hash FROM delivery_letter")
        seen = [bytes(row[0]) for row in cursor.fetchall()]

    assert (unnamed, seen) == (0, [named])


# Each by a few of its columns (test_grants.py), and of one pharmacy.
READ_BY_PORTAL = {
    *("arrivals_arrival", "arrivals_calendar", "arrivals_key", "arrivals_poster"),
    *("delivery_letter", "journal_event"),
}


@pytest.mark.parametrize("table", sorted(set(TENANT_TABLES) - READ_BY_PORTAL))
def test_the_portal_reads_no_other_table(as_role, table):
    with as_role("temoin_portal"), pytest.raises(ProgrammingError, match="permission denied"):
        _run(f"SELECT FROM {table}")


def _differ(pharmacy_id: UUID) -> None:
    """Keep a difference that reconciliation found."""
    with tenant_scope(pharmacy_id):
        commit = Commit()
        parcel = Parcel.objects.latest("posted_at")
        known = {"destination": parcel.destination, "parcel_id": parcel.id, "key": parcel.key}
        row = Difference(
            pharmacy_id=pharmacy_id, id=uuid4(), day=today_in(HOUSE), kind="missing", found_at=now(), **known
        )
        commit.insert(row)
        commit.flush()


def _count(table: str, pharmacy_id: object = None) -> int:
    rows = "true" if pharmacy_id is None else "pharmacy_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {rows}", [pharmacy_id] if pharmacy_id else None)  # noqa: S608
        return cursor.fetchone()[0]


def _run(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values or None)
