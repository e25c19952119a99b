"""What each database role may do, exactly: a privilege more or less fails here until someone decides."""

from __future__ import annotations

import pytest
from django.db import connection

from temoin.patients.starts import NAMES, PHONE
from temoin.retention.classes import load_classes
from temoin.site.grants import event_columns

pytestmark = pytest.mark.django_db

ROLES = ("temoin_app", "temoin_worker", "temoin_portal", "temoin_keeper", "temoin_sealer", "temoin_authority")
EVERYTHING = "DELETE INSERT SELECT UPDATE"
LIBRARIES = ("account_emailaddress", "account_emailconfirmation", "mfa_authenticator")

TABLES = {
    "temoin_app": {
        **dict.fromkeys(LIBRARIES, EVERYTHING),
        "catalogue_lot": "INSERT SELECT",
        "crypto_data_key": "INSERT SELECT",
        "crypto_platform_key": "INSERT SELECT",
        "arrivals_arrival": "SELECT",
        "arrivals_calendar": "INSERT SELECT",
        "arrivals_key": "INSERT SELECT",
        "arrivals_poster": "INSERT SELECT",
        "certificates_issued": "SELECT",
        "delivery_letter": "SELECT",
        "intake_file_progress": "INSERT SELECT UPDATE",
        "intake_file_terms": "INSERT SELECT UPDATE",
        "journal_alert": "INSERT SELECT",
        "journal_checkpoint": "SELECT",
        "journal_cosignature": "SELECT",
        "journal_event": "SELECT",
        "journal_listing": "INSERT SELECT",
        "journal_node": "SELECT",
        "outbox_attempt": "SELECT",
        "outbox_sides": "SELECT",
        "outbox_parcel": "INSERT SELECT UPDATE",
        "patients_consent": "INSERT SELECT",
        "patients_patient": "INSERT SELECT UPDATE",
        "signin_failed_try": "INSERT SELECT",
        "pharmacies_invitation": "INSERT SELECT UPDATE",
        "pharmacies_member": "INSERT SELECT UPDATE",
        "signin_memo": EVERYTHING,
        "signin_person": "INSERT SELECT UPDATE",
        "pharmacies_pharmacy": "INSERT SELECT",
        "pharmacies_program": "INSERT SELECT",
        "pharmacies_program_token": "DELETE INSERT SELECT",
        "pharmacies_program_call": "INSERT SELECT",
        "pharmacies_register_check": EVERYTHING,
        "retention_case": "INSERT SELECT",
        "retention_hold": "INSERT SELECT",
        "signin_session": EVERYTHING,
        "pharmacies_staff_notice": "INSERT",
        "socialaccount_socialaccount": "SELECT",
        "testing_record": "INSERT SELECT UPDATE",
        "testing_record_version": "INSERT SELECT",
        "testing_group": "INSERT SELECT",
        "testing_orphan_result": "INSERT SELECT",
        "testing_ticket": EVERYTHING,
        "transmission_difference": "SELECT",
        "transmission_reconciliation": "SELECT",
        "webhooks_notice": "INSERT SELECT",
        "webhooks_webhook": "INSERT SELECT",
    },
    "temoin_worker": {
        "arrivals_key": "SELECT",
        "arrivals_poster": "SELECT",
        "crypto_data_key": "INSERT SELECT",
        "oversight_alarm": EVERYTHING,
        "oversight_call_watch": "INSERT SELECT UPDATE",
        "certificates_issued": "INSERT SELECT",
        "certificates_revocation_list": "INSERT SELECT",
        "certificates_revoked_mark": "DELETE INSERT SELECT",
        "delivery_letter": "INSERT SELECT",
        "journal_alert": "INSERT SELECT",
        "outbox_attempt": "INSERT SELECT",
        "outbox_duty": "INSERT SELECT UPDATE",
        "outbox_sides": "INSERT",
        "outbox_lane": "INSERT SELECT UPDATE",
        "outbox_parcel": "SELECT UPDATE",
        "outbox_set_aside": EVERYTHING,
        "patients_patient": "SELECT",
        "signin_failed_try": "DELETE SELECT",
        "surveillance_counted_day": "DELETE INSERT SELECT",
        "surveillance_release": "INSERT SELECT",
        "surveillance_sender_week": "DELETE INSERT SELECT",
        "pharmacies_pharmacy": "SELECT",
        "pharmacies_register_check": "SELECT",
        "pharmacies_staff_notice": "DELETE INSERT SELECT",
        "testing_record": "SELECT",
        "testing_record_version": "SELECT",
        "testing_ticket": "SELECT",
        "transmission_difference": "INSERT SELECT",
        "transmission_reconciliation": "INSERT SELECT",
        "webhooks_notice": "INSERT SELECT",
        "webhooks_webhook": "SELECT",
    },
    "temoin_portal": {
        "arrivals_arrival": "INSERT",
        "arrivals_calendar": "SELECT",
        "certificates_revocation_list": "SELECT",
        "delivery_pace": EVERYTHING,
    },
    "temoin_authority": {
        "officers_officer": "INSERT SELECT",
        "officers_session": "DELETE INSERT SELECT",
        "surveillance_release": "SELECT",
        "surveillance_sender_week": "SELECT",
    },
    "temoin_sealer": {
        "journal_checkpoint": "INSERT SELECT",
        "journal_cosignature": "INSERT SELECT",
        "journal_event": "SELECT",
        "journal_leaf": "INSERT SELECT",
        "journal_node": "INSERT SELECT",
        "journal_witness": "INSERT SELECT UPDATE",
    },
    "temoin_keeper": {
        "crypto_data_key": "DELETE INSERT SELECT",
        "crypto_platform_key": "DELETE INSERT SELECT",
        **dict.fromkeys(LIBRARIES, "DELETE"),
        "journal_alert": "INSERT",
        "outbox_duty": "INSERT SELECT UPDATE",
        "pharmacies_pharmacy": "SELECT",
        "signin_session": "DELETE",
        "signin_memo": "DELETE",
        **dict.fromkeys(
            (
                *("delivery_letter", "outbox_attempt", "outbox_parcel", "outbox_sides", "patients_consent"),
                *("patients_patient", "retention_case", "retention_hold", "testing_record", "testing_record_version"),
                *("testing_ticket", "transmission_difference", "certificates_issued"),
                *("pharmacies_invitation", "pharmacies_register_check", "pharmacies_program_call"),
                *("arrivals_arrival", "arrivals_key", "testing_group", "testing_orphan_result", "webhooks_notice"),
            ),
            "DELETE",
        ),
    },
}
# What the clock decides of each row that ends, and what hangs on what: for the keeper to see besides.
ACCOUNT = {"email", "is_active", "password", "enrolment", "enrolment_until"}
ENDS = {
    "outbox_parcel": {"state", "settled_at"},
    "patients_patient": {"created_at"},
    "testing_record": {"registered_at", "state"},
}
# What the keeper may change of what is sealed: the sealed value and its indexes. It sees what a seal binds besides.
SEALED = {
    "arrivals_key": {"sealed"},
    "arrivals_poster": {"sealed"},
    "certificates_issued": {"sealed"},
    "intake_file_terms": {"sealed"},
    "outbox_attempt": {"sealed"},
    "outbox_sides": {"sealed"},
    "outbox_parcel": {"sealed"},
    "patients_patient": {"sealed", *(f"{name}_index" for name in ("nir", "name", "born", "names")), *NAMES, PHONE},
    "pharmacies_invitation": {"sealed"},
    "pharmacies_member": {"sealed"},
    "pharmacies_program": {"sealed"},
    "pharmacies_program_token": {"sealed"},
    "pharmacies_program_call": {"sealed"},
    "pharmacies_register_check": {"sealed"},
    "retention_case": {"sealed"},
    "retention_hold": {"sealed"},
    "surveillance_counted_day": {"sealed"},
    "testing_record": {"sealed", "source_index", "number_index"},
    "testing_record_version": {"sealed"},
    "testing_group": {"sealed"},
    "testing_orphan_result": {"sealed"},
    "testing_ticket": {"sealed", "code_index"},
    "webhooks_webhook": {"sealed"},
}
BOUND = {
    "arrivals_key": {"month", "ends_at", "public"},
    "arrivals_poster": {"state", "made_at", "token_hash", "place"},
    "certificates_issued": {"record_id", "version", "state", "expires_on"},
    "intake_file_terms": {"version"},
    "outbox_attempt": {"parcel_id", "number", "at", "verdict"},
    "outbox_sides": {"parcel_id", "at"},
    "outbox_parcel": {"destination", "subject_id", "chain_id", "sequence", "key"},
    "patients_patient": {"merged_into"},
    "pharmacies_invitation": {"state", "profession", "code_hash", "expires_at"},
    "pharmacies_member": {"person_id", "profession", "is_active", "last_day"},
    "pharmacies_program": {"state", "name", "scopes", "vouched_by"},
    "pharmacies_program_call": {"program_id", "key_hash", "answered_at"},
    "pharmacies_program_token": {"program_id", "token_hash", "jti_hash", "certificate", "expires_at"},
    "pharmacies_register_check": {"state", "subject_kind", "subject_id", "profession", "differs", "checked_at"},
    "retention_case": {"patient_id", "kind", "state", "received_on", "due_on", "answered_at"},
    "retention_hold": {"patient_id", "placed_at", "lifted_at"},
    "surveillance_counted_day": {"day", "mark"},
    "testing_record": {"patient_id", "lot_id"},
    "testing_record_version": {"record_id", "number", "signed_by", "signed_at"},
    "testing_group": {"state", "opened_at", "ends_at"},
    "testing_orphan_result": {"state", "kept_at", "ends_at"},
    "testing_ticket": {"record_id", "has_code", "drawn_at"},
    "webhooks_webhook": {"program_id", "state", "started_at"},
}
EVENT = set(event_columns())  # but the time, which no role may give
COLUMNS = {
    **{
        (role, "django_migrations", "SELECT"): {"app", "name"} for role in ROLES
    },  # each refuses tables it does not know
    **{(role, "journal_event", "INSERT"): EVENT for role in ROLES if role != "temoin_sealer"},
    ("temoin_app", "catalogue_lot", "UPDATE"): {
        *("state", "tests", "opened_at", "opened_where", "closed_at", "recalled_at", "recall_reference"),
        *("controls", "positive_ok_on", "negative_ok_on", "control_failed"),
    },
    ("temoin_app", "arrivals_arrival", "UPDATE"): {
        *("state", "ciphertext", "called_at", "starts_at", "seat", "expires_at", "remind_at", "link_hash"),
        *("former_at", "call_since"),
    },
    ("temoin_app", "arrivals_calendar", "UPDATE"): {"hours"},
    ("temoin_worker", "arrivals_arrival", "SELECT"): {
        *("pharmacy_id", "id", "key_id", "state", "starts_at", "expires_at", "remind_at", "link_hash", "ciphertext"),
        *("former_at", "call_since"),
    },
    ("temoin_worker", "arrivals_arrival", "UPDATE"): {
        *("link_hash", "remind_at", "ciphertext", "former_at", "call_since"),
    },
    ("temoin_portal", "arrivals_arrival", "SELECT"): {
        *("pharmacy_id", "id", "key_id", "state", "starts_at", "seat", "expires_at", "remind_at"),
    },
    # Of the one appointment whose secret it names: test_tables.py.
    ("temoin_portal", "arrivals_arrival", "UPDATE"): {
        *("state", "ciphertext", "starts_at", "seat", "expires_at", "remind_at", "called_at", "link_hash"),
        *("former_at", "call_since"),
    },
    ("temoin_portal", "pharmacies_pharmacy", "SELECT"): {"id", "time_zone"},
    ("temoin_authority", "pharmacies_pharmacy", "SELECT"): {
        *("id", "finess", "name", "postcode", "city", "time_zone", "is_demo", "closed_on"),
    },
    ("temoin_worker", "surveillance_sender_week", "UPDATE"): {"days"},
    ("temoin_authority", "officers_officer", "UPDATE"): {
        *("code_hash", "code_ends_at", "credential_id", "credential", "ended_at", "seal"),
    },
    ("temoin_authority", "officers_session", "UPDATE"): {"seen_at"},
    ("temoin_app", "arrivals_poster", "UPDATE"): {"state", "sealed"},
    ("temoin_app", "delivery_letter", "UPDATE"): {"state"},
    ("temoin_app", "patients_consent", "UPDATE"): {"patient_id"},
    ("temoin_app", "pharmacies_pharmacy", "UPDATE"): {"closed_on", "time_zone"},
    ("temoin_app", "pharmacies_program", "UPDATE"): {"state", "vouched_by", "sealed"},
    ("temoin_app", "testing_group", "UPDATE"): {"state", "sealed"},
    ("temoin_app", "testing_orphan_result", "UPDATE"): {"state", "sealed"},
    ("temoin_app", "retention_case", "UPDATE"): {"state", "due_on", "answered_at", "sealed"},
    ("temoin_app", "retention_hold", "UPDATE"): {"lifted_at", "sealed"},
    ("temoin_worker", "catalogue_lot", "SELECT"): {"pharmacy_id", "id", "kit", "number"},
    ("temoin_worker", "certificates_issued", "UPDATE"): {"state", "sealed"},
    ("temoin_worker", "certificates_revocation_list", "UPDATE"): {"content"},
    ("temoin_worker", "delivery_letter", "UPDATE"): {"state"},
    ("temoin_worker", "journal_alert", "UPDATE"): {"told_at"},
    ("temoin_worker", "journal_checkpoint", "SELECT"): {"size", "at"},
    ("temoin_worker", "journal_event", "SELECT"): {"pharmacy_id", "id", "at", "kind", "subject_id", "detail", "digest"},
    ("temoin_app", "pharmacies_program_call", "UPDATE"): {"sealed"},
    ("temoin_worker", "testing_ticket", "UPDATE"): {"sealed", "has_code", "code_index"},
    ("temoin_worker", "transmission_difference", "UPDATE"): {"mended_at"},
    ("temoin_app", "webhooks_webhook", "UPDATE"): {"state", "sealed"},
    ("temoin_worker", "webhooks_webhook", "UPDATE"): {"gathered_to", "matter_since"},
    ("temoin_worker", "webhooks_notice", "UPDATE"): {"attempts", "due_at", "tried_at", "answer_code", "told_at"},
    ("temoin_worker", "pharmacies_program", "SELECT"): {"pharmacy_id", "id", "state", "vouched_by"},
    ("temoin_keeper", "webhooks_notice", "SELECT"): {"pharmacy_id", "id", "record_id", "happened_at"},
    ("temoin_app", "signin_failed_try", "UPDATE"): {"is_told"},
    ("temoin_worker", "signin_failed_try", "UPDATE"): {"is_noted", "is_mailed"},
    ("temoin_worker", "pharmacies_member", "SELECT"): {
        "pharmacy_id",
        "id",
        "person_id",
        "profession",
        "is_active",
        "last_day",
    },
    ("temoin_worker", "pharmacies_register_check", "UPDATE"): {
        "state",
        "differs",
        "due_at",
        "tried_at",
        "checked_at",
        "trouble",
        "sealed",
    },
    ("temoin_worker", "signin_person", "SELECT"): {"id", "email", "is_active"},
    ("temoin_app", "journal_leaf", "SELECT"): {"index", "hash"},
    # What events tell of: the sealed value and what its seal binds; of a record, how it stands besides.
    **{
        ("temoin_sealer", table, "SELECT"): {"pharmacy_id", "id", "sealed", *bound}
        for table, bound in BOUND.items()
        if table
        not in {
            *("certificates_issued", "surveillance_counted_day"),
            *("outbox_attempt", "outbox_sides", "outbox_parcel", "testing_record"),
            *("pharmacies_program_call", "pharmacies_program_token", "arrivals_key"),
        }
    },
    ("temoin_sealer", "testing_record", "SELECT"): {
        "pharmacy_id",
        "id",
        "sealed",
        "patient_id",
        "lot_id",
        "version",
        "state",
    },
    ("temoin_sealer", "signin_person", "SELECT"): {
        "id",
        "email",
        "is_active",
        "password",
        "enrolment",
        "enrolment_until",
    },
    ("temoin_sealer", "mfa_authenticator", "SELECT"): {"id", "user_id", "type", "data"},
    ("temoin_sealer", "patients_consent", "SELECT"): {"pharmacy_id", "id", "patient_id"},
    ("temoin_sealer", "outbox_parcel", "SELECT"): {
        "pharmacy_id",
        "id",
        "state",
        "chain_id",
        "destination",
        "sequence",
    },
    ("temoin_sealer", "outbox_attempt", "SELECT"): {"pharmacy_id", "id", "parcel_id", "number", "at", "verdict"},
    ("temoin_portal", "arrivals_poster", "SELECT"): {"pharmacy_id", "id", "state", "token_hash", "place"},
    ("temoin_portal", "arrivals_key", "SELECT"): {"pharmacy_id", "id", "month", "public"},
    ("temoin_keeper", "arrivals_arrival", "SELECT"): {"pharmacy_id", "id", "key_id", "expires_at"},
    ("temoin_portal", "delivery_letter", "UPDATE"): {"tries_left", "wrong", "opened_count"},
    ("temoin_portal", "delivery_letter", "SELECT"): {
        "pharmacy_id",
        "id",
        "lookup_hash",
        "auth_hash",
        "ciphertext",
        "state",
        "tries_left",
        "wrong",
        "opened_count",
        "expires_at",
    },
    ("temoin_keeper", "crypto_data_key", "UPDATE"): {"root_id", "wrapped"},
    ("temoin_keeper", "crypto_platform_key", "UPDATE"): {"root_id", "wrapped"},
    ("temoin_keeper", "mfa_authenticator", "SELECT"): {"id", "data", "user_id", "type"},
    ("temoin_keeper", "journal_alert", "SELECT"): {"pharmacy_id", "at", "kind", "subject_kind", "subject_id"},
    ("temoin_keeper", "journal_event", "SELECT"): {"pharmacy_id", "at", "kind", "subject_id", "wrote"},
    ("temoin_app", "outbox_lane", "SELECT"): {"destination", "asleep"},
    ("temoin_sealer", "journal_listing", "SELECT"): {"pharmacy_id", "id", "subjects"},
    ("temoin_keeper", "mfa_authenticator", "UPDATE"): {"data"},
    ("temoin_keeper", "signin_person", "SELECT"): {"id", *ACCOUNT},
    ("temoin_keeper", "signin_person", "UPDATE"): ACCOUNT,
    ("temoin_keeper", "account_emailaddress", "SELECT"): {"id", "user_id"},
    ("temoin_keeper", "account_emailconfirmation", "SELECT"): {"email_address_id"},
    ("temoin_keeper", "delivery_letter", "SELECT"): {"pharmacy_id", "id", "record_id"},
    ("temoin_keeper", "patients_consent", "SELECT"): {"pharmacy_id", "id", "patient_id"},
    ("temoin_keeper", "signin_session", "SELECT"): {"session_key", "expire_date", "person_id"},
    ("temoin_keeper", "signin_memo", "SELECT"): {"key", "expires_at"},
    ("temoin_keeper", "transmission_difference", "SELECT"): {"pharmacy_id", "id", "parcel_id"},
    **{("temoin_keeper", table, "UPDATE"): columns for table, columns in SEALED.items()},
    **{
        ("temoin_keeper", table, "SELECT"): columns | BOUND[table] | ENDS.get(table, set()) | {"pharmacy_id", "id"}
        for table, columns in SEALED.items()
    },
}
_ACL = (
    "SELECT r.rolname, c.relname, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x "
    "LEFT JOIN pg_roles r ON r.oid = x.grantee "
    "WHERE c.relnamespace = 'public'::regnamespace AND x.grantee <> c.relowner"
)


def ask(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()


def test_table_privileges_are_exactly_those_written_here():
    found: dict[str, dict[str, set[str]]] = {}
    for role, table, privilege in ask(_ACL):
        found.setdefault(role, {}).setdefault(table, set()).add(privilege)

    assert {
        role: {table: " ".join(sorted(names)) for table, names in tables.items()} for role, tables in found.items()
    } == TABLES


def test_column_privileges_are_exactly_those_written_here():
    found: dict[tuple[str, str, str], set[str]] = {}
    for role, table, privilege, column in ask(
        "SELECT r.rolname, c.relname, x.privilege_type, a.attname FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee "
        "WHERE c.relnamespace = 'public'::regnamespace"
    ):
        found.setdefault((role, table, privilege), set()).add(column)

    assert found == COLUMNS


def test_only_the_keeper_may_delete_what_is_past_its_day():
    # Besides, three tables whose rows people or pages end by themselves.
    others = {"testing_ticket", "pharmacies_program_token", "pharmacies_register_check"}
    ends = {
        one
        for code in (
            *("results", "identities", "exchanges", "letters", "certificates", "holds", "cases", "invitations"),
            *("program-calls", "arrivals", "webhook-notices"),
        )
        for one in _tables_of(code)
    }

    may = {role: {table for table, names in TABLES[role].items() if "DELETE" in names} for role in TABLES}

    assert ends <= may["temoin_keeper"]
    assert {table for role in ROLES if role != "temoin_keeper" for table in may[role] & ends} <= others


def _tables_of(code: str) -> tuple[str, ...]:
    return load_classes().classes[code].tables


def test_everybody_else_has_no_privilege():
    tables = ask(
        "SELECT c.relname FROM pg_class c, aclexplode(c.relacl) x "
        "WHERE x.grantee = 0 AND c.relnamespace = 'public'::regnamespace"
    )
    places = ask("SELECT nspname FROM pg_namespace, aclexplode(nspacl) x WHERE x.grantee = 0 AND nspname = 'public'")
    places += ask(
        "SELECT datname FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) x "
        "WHERE x.grantee = 0 AND datname = current_database()"
    )

    assert (tables, places) == ([], [])


def test_no_role_may_make_anything_in_the_schema():
    rows = ask(
        "SELECT r.rolname, x.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) x "
        "JOIN pg_roles r ON r.oid = x.grantee WHERE nspname = 'public' AND x.grantee <> n.nspowner"
    )

    assert sorted(rows) == sorted((role, "USAGE") for role in ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_power_of_its_own(role):
    rows = ask(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s",
        role,
    )

    assert rows == [(False,) * 5]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_owns_nothing_and_is_no_other(role):
    owned = ask("SELECT relname FROM pg_class WHERE relowner = %s::regrole", role)
    owned += ask("SELECT proname FROM pg_proc WHERE proowner = %s::regrole", role)
    owned += ask("SELECT nspname FROM pg_namespace WHERE nspowner = %s::regrole", role)
    owned += ask("SELECT datname FROM pg_database WHERE datdba = %s::regrole", role)
    memberships = ask("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole", role)

    assert (owned, memberships) == ([], [])
