"""A journal under test: events of two pharmacies, sealed in several checkpoints, and the superuser's hand on it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connection

from temoin.crypto.notes import NoteSigner
from temoin.journal.act import HouseActor, record_look
from temoin.journal.couriers.folder import FolderWitness
from temoin.journal.events import EventKind
from temoin.journal.evidence import folder_evidence
from temoin.journal.export import exported_lines
from temoin.journal.sealer import bring_up_to_date
from temoin.journal.sealing import seal_events
from temoin.journal.verification import verify_journal
from temoin.journal.walk import Evidence, WalkOutcome
from temoin.testing.authority import exported_authority
from temoin.testing.evidence import exported_records

sys.path.append(str(Path(__file__).parents[2] / "tools"))
import verify_journal as outsider  # the independent verifier, a script

ORIGIN = "temoin.test/journal"
HERE, ELSEWHERE = uuid4(), uuid4()


@contextmanager
def as_sealer() -> Iterator[None]:
    """Be the sealer's role, as its process is."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE temoin_sealer")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE temoin_app")


def look(pharmacy_id: UUID = HERE, detail: str = "") -> None:
    """Write one event."""
    by = HouseActor(pharmacy_id, "command")
    record_look(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_id=uuid4(), detail=detail)


@dataclass
class Journal:
    """The journal, its key, its folder, and the superuser's connection."""

    signer: NoteSigner
    folder: Path
    superuser: psycopg.Connection[Any]

    def seal(self, looks: int = 0) -> None:
        """Write some events, then seal and show them to the folder."""
        for number in range(looks):
            look(HERE if number % 2 else ELSEWHERE, str(number))
        with as_sealer():
            seal_events(self.signer)
            bring_up_to_date(FolderWitness(self.folder))

    def verify(self, evidence: Evidence | None = None) -> list[str]:
        """Return what the verification finds, with what the database alone tells unless evidence is given."""
        return [str(finding) for finding in self.outcome(evidence).findings]

    def outcome(self, evidence: Evidence | None = None) -> WalkOutcome:
        """Verify."""
        with as_sealer():
            return verify_journal(self.signer.verifier, evidence or Evidence())

    def kept(self) -> Evidence:
        """Return what the folder holds."""
        return folder_evidence(self.folder, self.signer.verifier)

    def outside(self, *, with_folder: bool = False) -> list[str]:
        """Return what the independent verifier finds in an export."""
        with as_sealer():
            export = b"".join(exported_lines(exported_authority, exported_records))
        folder = self.folder if with_folder else None
        return outsider.check_export(io.BytesIO(export), self.signer.verifier.vkey, folder)

    def event(self, index: int) -> str:
        """Return the id of the event at a place."""
        row = self.superuser.execute("SELECT event_id FROM journal_leaf WHERE index = %s", [index]).fetchone()
        assert row is not None
        return str(row[0])
