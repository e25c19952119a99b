"""Privileges that no room's migration can know: on libraries' tables, and the keeper's on what is sealed or ends."""

from __future__ import annotations

from django.apps import apps
from django.db import transaction
from django.db.backends.utils import CursorWrapper

from temoin.crypto.blind import BlindIndexField
from temoin.crypto.sealed import SealedModel
from temoin.journal.models import Event
from temoin.journal.writers import ORIGINS, Writer, kinds_of
from temoin.lib.schema import SCOPE

# Only the staff site signs anybody in.
APP_TABLES = ("account_emailaddress", "account_emailconfirmation", "mfa_authenticator")
# The keeper turns keys: it rewraps what is sealed, makes blind indexes anew, and tells the journal. The registry of
# models says which tables have sealed values and what their seals bind: a new one is in its reach from the next
# `temoin migrate`.
_OF_ACCOUNT = "email, is_active, password, enrolment, enrolment_until"
KEEPER_SHARED = {
    "pharmacies_pharmacy": "SELECT",
    "crypto_platform_key": "SELECT, INSERT, UPDATE (root_id, wrapped), DELETE",
    "mfa_authenticator": "SELECT (id, data, user_id, type), UPDATE (data), DELETE",
    "signin_person": f"SELECT (id, {_OF_ACCOUNT}), UPDATE ({_OF_ACCOUNT})",
    "account_emailaddress": "SELECT (id, user_id), DELETE",
    "account_emailconfirmation": "SELECT (email_address_id), DELETE",
}
KEEPER_SCOPED = {
    "crypto_data_key": "SELECT, INSERT, UPDATE (root_id, wrapped), DELETE",
    # What does not open is told, once a day of the same.
    "journal_alert": "SELECT (pharmacy_id, at, kind, subject_kind, subject_id), INSERT",
    # An answer or a lifting of which no event tells lets nothing go.
    "journal_event": "SELECT (pharmacy_id, at, kind, subject_id, wrote)",
}
# It alone deletes what is past its day: rows of every class that ends (`temoin.retention`), and what it asks of them.
KEEPER_ENDS = {
    "arrivals_arrival": "SELECT (pharmacy_id, id, key_id, expires_at), DELETE",
    "arrivals_key": "DELETE",
    "certificates_issued": "DELETE",
    "delivery_letter": "SELECT (pharmacy_id, id, record_id), DELETE",
    "outbox_attempt": "DELETE",
    "outbox_parcel": "SELECT (state, settled_at), DELETE",
    "outbox_sides": "DELETE",
    "patients_consent": "SELECT (pharmacy_id, id, patient_id), DELETE",
    "patients_patient": "SELECT (created_at), DELETE",
    "pharmacies_invitation": "DELETE",
    "pharmacies_register_check": "DELETE",
    "pharmacies_program_call": "DELETE",  # the columns that it asks of are bound, and granted with the seal
    "retention_case": "DELETE",
    "retention_hold": "DELETE",
    "testing_orphan_result": "DELETE",
    "testing_record": "SELECT (registered_at, state), DELETE",
    "testing_record_version": "DELETE",
    "testing_group": "DELETE",
    "testing_ticket": "DELETE",
    "transmission_difference": "SELECT (pharmacy_id, id, parcel_id), DELETE",
    "webhooks_notice": "SELECT (pharmacy_id, id, record_id, happened_at), DELETE",
}
KEEPER_ROUNDS = {
    "outbox_duty": "SELECT, INSERT, UPDATE",
    "signin_session": "SELECT (session_key, expire_date, person_id), DELETE",
    "signin_memo": "SELECT (key, expires_at), DELETE",
}
SEALER_ACCOUNTS = {
    "signin_person": "id, email, is_active, password, enrolment, enrolment_until",
    "mfa_authenticator": "id, user_id, type, data",
}
# The library looks here for accounts tied to an identity provider; the house keeps none (decision 0022).
APP_READS = ("socialaccount_socialaccount",)


def grant_library_tables(cursor: CursorWrapper) -> None:
    """Let the staff site use e-mail addresses and factors; let nobody else."""
    for table in APP_TABLES:
        cursor.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO temoin_app")
    for table in APP_READS:
        cursor.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
        cursor.execute(f"GRANT SELECT ON {table} TO temoin_app")
    # A process refuses tables that it does not know: see `site.known_schema`.
    roles = "temoin_app, temoin_worker, temoin_portal, temoin_keeper, temoin_sealer, temoin_authority"
    cursor.execute(f"GRANT SELECT (app, name) ON django_migrations TO {roles}")


def grant_keeper(cursor: CursorWrapper) -> None:
    """Let the keeper turn keys and end data, one pharmacy at a time; running it again changes nothing."""
    for table, privileges in (KEEPER_SHARED | KEEPER_SCOPED | KEEPER_ENDS | KEEPER_ROUNDS).items():
        cursor.execute(f"GRANT {privileges} ON {table} TO temoin_keeper")
    sealed = [model for model in apps.get_models() if issubclass(model, SealedModel)]
    for model in sealed:
        columns = ["sealed", *blind_columns(model)]
        seen, changed = ", ".join([*columns, *model.bound_ever()]), ", ".join(columns)
        table = model._meta.db_table
        cursor.execute(f"GRANT SELECT (pharmacy_id, id, {seen}), UPDATE ({changed}) ON {table} TO temoin_keeper")
        _keep_content(cursor, table)
    for table in dict.fromkeys((*KEEPER_SCOPED, *KEEPER_ENDS, *(model._meta.db_table for model in sealed))):
        _admit(cursor, table, "keeper", SCOPE)


def grant_sealer(cursor: CursorWrapper) -> None:
    """Let the sealer's role compare each row that events tell of, and each account, with what they tell.

    It has no key: what it reads of a sealed value is a digest's worth.
    """
    for table, columns in SEALER_ACCOUNTS.items():
        cursor.execute(f"GRANT SELECT ({columns}) ON {table} TO temoin_sealer")
    for model in apps.get_models():
        if issubclass(model, SealedModel) and model.told:
            table, columns = model._meta.db_table, ", ".join(["pharmacy_id", "id", "sealed", *model.bound_ever()])
            cursor.execute(f"GRANT SELECT ({columns}) ON {table} TO temoin_sealer")
            _admit(cursor, table, "sealer", "true")


def grant_events(cursor: CursorWrapper) -> None:
    """Let each role write its own kinds of event by its own doors, as `journal.writers` says at each `temoin migrate`.

    No role may give the number of the transaction, on which the order of sealing rests, nor the time.
    """
    columns = ", ".join(event_columns())
    with transaction.atomic():
        for writer in Writer:
            role = f"temoin_{writer.value}"
            cursor.execute(f"REVOKE INSERT ON journal_event FROM {role}")
            cursor.execute(f"GRANT INSERT ({columns}) ON journal_event TO {role}")
            cursor.execute(f"DROP POLICY IF EXISTS {writer.value}_rows ON journal_event")
            cursor.execute(
                f"CREATE POLICY {writer.value}_rows ON journal_event TO {role} "
                f"USING ({SCOPE}) WITH CHECK ({SCOPE} AND {_writes(writer)})"
            )


def event_columns() -> list[str]:
    """Return the columns of an event that its writer gives; the database fills the others."""
    return [str(field.column) for field in Event._meta.concrete_fields if field.name != "at"]


def _writes(writer: Writer) -> str:
    kinds = ", ".join(f"'{kind.value}'" for kind in kinds_of(writer))
    origins = ", ".join(f"'{origin}'" for origin in ORIGINS[writer])
    nobody = "" if writer is Writer.STAFF else " AND actor_id IS NULL"
    return f"kind IN ({kinds}) AND origin IN ({origins}){nobody}"


def blind_columns(model: type[SealedModel]) -> list[str]:
    """Return the columns of a model's blind indexes."""
    return [str(field.column) for field in model._meta.concrete_fields if isinstance(field, BlindIndexField)]


def _admit(cursor: CursorWrapper, table: str, role: str, rule: str) -> None:
    policy = f"{role}_rows"
    cursor.execute("SELECT FROM pg_policies WHERE tablename = %s AND policyname = %s", [table, policy])
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE POLICY {policy} ON {table} TO temoin_{role} USING ({rule}) WITH CHECK ({rule})")


def _keep_content(cursor: CursorWrapper, table: str) -> None:
    """Guard the content of what is only ever added: of such a row, even the keeper may change the wrap alone."""
    cursor.execute(
        "SELECT has_column_privilege('temoin_app', %s, 'sealed', 'UPDATE') "
        "OR has_column_privilege('temoin_worker', %s, 'sealed', 'UPDATE') "
        "OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = 'keep_content')",
        [table, table, table],
    )
    if cursor.fetchone() == (False,):
        cursor.execute(
            f"CREATE TRIGGER keep_content BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION crypto_keep_content()"
        )
