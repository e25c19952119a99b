"""The list of revoked certificates as the patients' site reads it: signed text, and no key to sign it."""

from __future__ import annotations

from django.db import connection


def published_revocations() -> str:
    """Return the list; "" where no worker with a key has made one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM certificates_revocation_list")
        row = cursor.fetchone()
    return "" if row is None else str(row[0])
