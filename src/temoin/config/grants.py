"""Privileges on the tables that libraries create: their migrations cannot know our roles."""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

# Only the staff site signs anybody in.
APP_TABLES = ("account_emailaddress", "account_emailconfirmation", "mfa_authenticator")


def grant_library_tables(cursor: CursorWrapper) -> None:
    """Let the staff site use e-mail addresses and second factors; let nobody else."""
    for table in APP_TABLES:
        cursor.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO temoin_app")
