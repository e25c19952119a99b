"""After a restore to an earlier moment: the journal goes on from what its folder knows, and says which events are lost.

The folder kept the hash of every leaf and each signed checkpoint. Both are put back, so that the tree only grows and no
witness sees another history; events that are here find their places again. The others are gone: an event of every
pharmacy states which places that are. Both verifiers accept exactly these, and name them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from temoin.crypto.notes import NoteSigner
from temoin.journal.checkpoint import Checkpoint
from temoin.journal.cuts import NOWHERE, LostRange, lost_of, place_of
from temoin.journal.evidence import folder_evidence
from temoin.journal.leaf import LEAF, LeafHead, read_head
from temoin.journal.nodes import stored_tree
from temoin.journal.sealing import EPOCH, add_checkpoint, add_nodes, copied_lines, seal_events, sole_sealer
from temoin.journal.tree import HASH, GrowingTree, Node, hash_leaf
from temoin.lib.errors import TemoinError

_WAITING = f"""
    SELECT {LEAF} FROM journal_event AS event
     WHERE NOT EXISTS (SELECT FROM journal_leaf AS leaf
                        WHERE leaf.pharmacy_id = event.pharmacy_id AND leaf.event_id = event.id)
"""  # noqa: S608
PATIENCE = 60.0  # seconds for transactions that were open when the loss was stated


class ResumeError(TemoinError):
    """The journal cannot go on from what the folder knows."""


@dataclass(frozen=True)
class KeptTree:
    """What the folder knows beyond the database: hashes and signed checkpoints, compared with its own beginning."""

    size: int  # of the database's tree
    leaves: bytes  # of the whole tree
    checkpoints: tuple[Checkpoint, ...]  # beyond the database's

    @property
    def end(self) -> int:
        return self.checkpoints[-1].size

    def hashes(self) -> Iterator[tuple[int, bytes]]:
        """Yield place and hash of each leaf that the database has not."""
        for index in range(self.size, self.end):
            yield index, self.leaves[index * HASH : index * HASH + HASH]


def kept_beyond(signer: NoteSigner, folder: Path) -> KeptTree | None:
    """Return what the folder knows beyond the database; None when that is nothing. ResumeError when they disagree."""
    evidence = folder_evidence(folder, signer.verifier)
    if evidence.findings:
        raise ResumeError(f"the folder cannot be gone by: {evidence.findings[0].note}")
    size, root = _own_head()
    beyond = tuple(checkpoint for _, checkpoint in evidence.seen if checkpoint.size > size)
    if not beyond:
        return None
    tree = GrowingTree()
    for index in range(size):
        tree.append(evidence.leaves[index * HASH : index * HASH + HASH])
    if tree.root() != root:
        raise ResumeError("this database was sealed anew since the restore, or is of another journal: its first "
                          f"{size} events are not those of the folder")  # fmt: skip
    return KeptTree(size, evidence.leaves, beyond)


def lost_range(kept: KeptTree) -> LostRange | None:
    """Return which places have lost their events; None when every event is still here."""
    here = _waiting()
    places = [index for index, digest in kept.hashes() if digest not in here]
    return lost_of(places, kept.end, kept.checkpoints[-1].root) if places else None


def go_on(signer: NoteSigner, kept: KeptTree) -> None:
    """Put back what the folder knows and seal what was stated, in one transaction: nothing is sealed between."""
    _await_open_transactions()
    with transaction.atomic():
        put_back(kept)
        seal_events(signer)


def _await_open_transactions() -> None:
    """Wait until no transaction is left that began before a statement: it would hold that up beyond the next seal."""
    (coming,) = _ask("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    deadline = time.monotonic() + PATIENCE
    while not _ask("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8", [coming])[0]:
        if time.monotonic() > deadline:
            raise ResumeError("a transaction has been open since before the loss was stated: end it, and resume again")
        time.sleep(0.1)


def put_back(kept: KeptTree) -> None:
    """Put leaves and checkpoints back, in one transaction; each root must be the signed one."""
    with transaction.atomic():
        if not sole_sealer() or _own_head()[0] != kept.size:
            raise ResumeError("a sealer is at work here: stop it first")
        tree, here, roots = stored_tree(kept.size), _waiting(), {one.size: one for one in kept.checkpoints}
        nodes: list[Node] = []
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY journal_leaf (index, pharmacy_id, event_id, hash) FROM STDIN") as copy,
        ):
            for index, digest in kept.hashes():
                head = here.get(digest)
                whose, which = (head.pharmacy_id, head.event_id) if head else (NOWHERE, place_of(digest))
                copy.write_row((index, whose.decode(), which.decode(), digest))
                nodes += tree.append(digest)
                _compare(tree, roots.get(tree.size))
        add_nodes(nodes)
        for checkpoint in kept.checkpoints:
            _add(checkpoint)


def _add(checkpoint: Checkpoint) -> None:
    if checkpoint.reach is None:
        raise ResumeError(f"the checkpoint of {checkpoint.size} does not say when it was made")
    add_checkpoint(checkpoint, EPOCH + timedelta(microseconds=checkpoint.reach.microseconds), checkpoint.reach)


def _compare(tree: GrowingTree, signed: Checkpoint | None) -> None:
    if signed is not None and signed.root != tree.root():
        raise ResumeError(f"the hashes in the folder are not those of its checkpoint of {signed.size}")


def _own_head() -> tuple[int, bytes]:
    (size,) = _ask("SELECT coalesce(max(size), 0) FROM journal_checkpoint")
    return size, stored_tree(size).root()


def _ask(question: str, values: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _waiting() -> dict[bytes, LeafHead]:
    """Return the events without a place, by their hashes."""
    return {hash_leaf(leaf): read_head(leaf) for leaf in copied_lines(_WAITING)}
