"""Proofs for outsiders that events are in the sealed journal: a checkpoint, and an audit path for each event."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from temoin.journal.checkpoint import Checkpoint, parse_checkpoint
from temoin.journal.leaf import LEAF, read_head
from temoin.journal.nodes import stored_nodes
from temoin.journal.sealing import copied_lines
from temoin.journal.tree import hash_leaf, prove_inclusion
from temoin.lib.tenant import current_pharmacy

# The last checkpoint that a witness has signed, or simply the last one where there is no witness yet.
_CHECKPOINT = """
    SELECT seal.note, coalesce((SELECT string_agg(line, '' ORDER BY witness) FROM journal_cosignature AS witness
                                 WHERE witness.size = seal.size), '') AS lines
      FROM journal_checkpoint AS seal
     WHERE seal.size = coalesce((SELECT max(size) FROM journal_cosignature), (SELECT max(size) FROM journal_checkpoint))
"""


# The last one of those that are that old; where a witness signs, one of those that it has signed.
_BEFORE = """
    SELECT seal.note FROM journal_checkpoint AS seal
     WHERE seal.at <= %s
       AND (NOT EXISTS (SELECT FROM journal_cosignature)
            OR EXISTS (SELECT FROM journal_cosignature AS witness WHERE witness.size = seal.size))
     ORDER BY seal.size DESC LIMIT 1
"""


@dataclass(frozen=True)
class Proof:
    """One event's exact bytes, its place, and the path from there to the root."""

    leaf: bytes
    index: int
    path: list[bytes]

    def as_json(self) -> dict[str, Any]:
        """Return it as docs/auditor.md describes it."""
        path = [b64encode(one).decode() for one in self.path]
        return {"index": self.index, "leaf": self.leaf.decode(), "path": path}


def witnessed_checkpoint() -> Checkpoint | None:
    """Return the checkpoint to prove against, with the witnesses' signatures under it; None before the first."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECKPOINT)
        row = cursor.fetchone()
    return None if row is None else parse_checkpoint(row[0] + row[1])


def checkpoint_before(moment: datetime) -> Checkpoint | None:
    """Return the last checkpoint whose signed text says that it was made by then; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [moment])
        row = cursor.fetchone()
    checkpoint = None if row is None else parse_checkpoint(row[0])
    if checkpoint is None or checkpoint.reach is None:
        return None
    return checkpoint if checkpoint.reach.microseconds <= moment.timestamp() * 1_000_000 else None


def prove_events(ids: Iterable[UUID], checkpoint: Checkpoint) -> dict[UUID, Proof]:
    """Return a proof for each event of the pharmacy in scope that the checkpoint covers; the others wait for theirs."""
    wanted = ", ".join(f"'{one}'" for one in ids)
    if not wanted:
        return {}
    where = f"event.pharmacy_id = '{current_pharmacy()}' AND event.id IN ({wanted})"
    leaves = list(copied_lines(f"SELECT {LEAF} FROM journal_event AS event WHERE {where}"))  # noqa: S608 our own ids
    places = _places([hash_leaf(leaf) for leaf in leaves])
    read, proofs = stored_nodes(), {}
    for leaf in leaves:
        index = places.get(hash_leaf(leaf))
        if index is not None and index < checkpoint.size:
            event_id = UUID(read_head(leaf).event_id.decode())
            proofs[event_id] = Proof(leaf, index, prove_inclusion(read, index, checkpoint.size))
    return proofs


def _places(hashes: list[bytes]) -> dict[bytes, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash, index FROM journal_leaf WHERE hash = ANY(%s)", [hashes])
        return {bytes(found): index for found, index in cursor.fetchall()}
