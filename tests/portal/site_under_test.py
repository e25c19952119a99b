"""The patient site under test, and what a test puts into its database or reads there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from temoin.crypto.letter import SealedLetter

INSERT = """
    INSERT INTO delivery_letter (pharmacy_id, id, record_id, version, state, lookup_hash, auth_hash,
                                 ciphertext, tries_left, opened_count, expires_at)
    VALUES (%s, %s, %s, 1, %s, %s, %s, %s, 5, 0, now() + %s)
"""


@dataclass(frozen=True)
class Site:
    """Address and database of the site."""

    url: str
    database: psycopg.Connection[Any]

    def post(self, sealed: SealedLetter, *, state: str = "open", lasting: timedelta = timedelta(days=7)) -> UUID:
        """Put a sealed letter where delivery puts it, and return its identifier."""
        letter_id = uuid4()
        halves = [sealed.lookup_hash, sealed.auth_hash, sealed.ciphertext]
        self.database.execute(INSERT, [uuid4(), letter_id, uuid4(), state, *halves, lasting])
        return letter_id

    def counts(self, letter_id: UUID) -> tuple[int, int]:
        """Return the tries left and the times opened."""
        row = self.database.execute(
            "SELECT tries_left, opened_count FROM delivery_letter WHERE id = %s", [letter_id]
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    def events(self, letter_id: UUID) -> list[tuple[str, str, str]]:
        """Return the journal's events of a letter of the same pharmacy: kind, origin, kind of subject."""
        return self.database.execute(
            "SELECT event.kind, event.origin, event.subject_kind FROM journal_event AS event"
            " JOIN delivery_letter AS letter ON letter.id = event.subject_id"
            " AND letter.pharmacy_id = event.pharmacy_id WHERE letter.id = %s ORDER BY event.at",
            [letter_id],
        ).fetchall()


def portal_environment(settings_file: Path) -> dict[str, str]:
    """Return the environment of a process of the patient site."""
    named = {"TEMOIN_CONFIG": str(settings_file), "TEMOIN_PROCESS": "portal"}
    return {**os.environ, **named, "DJANGO_SETTINGS_MODULE": "temoin.site.settings"}
