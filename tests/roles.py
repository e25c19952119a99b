"""Database roles that a test takes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def take_role(role: str) -> Iterator[None]:
    """Become another role for the rest of the block, then what we were."""
    from django.db import connection, transaction

    # The savepoint gives the role back when an error leaves the block.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role')")
        before = cursor.fetchone()[0]
        cursor.execute(f"SET LOCAL ROLE {role}")
        yield
        cursor.execute(f"SET LOCAL ROLE {before}")
