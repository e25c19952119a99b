"""The sealed journal as couriers and proofs read it: checkpoints and hashes, nothing of an event."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from temoin.journal.checkpoint import Checkpoint, parse_checkpoint
from temoin.journal.models import SealedTree
from temoin.journal.nodes import stored_nodes
from temoin.journal.tree import prove_consistency

STRIDE = 500  # checkpoints read at once


class StoredBook:
    """Reads the journal's tables, each question by itself: no transaction stays open while a witness is waited for."""

    def latest(self) -> Checkpoint | None:
        note = SealedTree.objects.order_by("-size").values_list("note", flat=True).first()
        return None if note is None else parse_checkpoint(note)

    def after(self, size: int) -> Iterator[Checkpoint]:
        while notes := list(
            SealedTree.objects.filter(size__gt=size).order_by("size").values_list("note", flat=True)[:STRIDE]
        ):
            for note in notes:
                checkpoint = parse_checkpoint(note)
                size = checkpoint.size
                yield checkpoint

    def at(self, size: int) -> Checkpoint | None:
        note = SealedTree.objects.filter(size=size).values_list("note", flat=True).first()
        return None if note is None else parse_checkpoint(note)

    def leaves(self, start: int, end: int) -> bytes:
        """Return the hashes of leaves start..end-1, one after the other."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(string_agg(hash, ''::bytea ORDER BY index), ''::bytea) FROM journal_leaf "
                "WHERE index >= %s AND index < %s",
                [start, end],
            )
            return bytes(cursor.fetchone()[0])

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of size `new` begins with that of size `old`."""
        return prove_consistency(stored_nodes(), old, new)
