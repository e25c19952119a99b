"""Sealing: events committed since the last checkpoint become leaves, and the tree over them gets a signed checkpoint.

Order is that of the transactions' numbers, read only up to the oldest one still running: whatever comes later has a
greater number, so that no late commit is ever skipped. Events wait for this; acts never wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from temoin.crypto.notes import NoteSigner
from temoin.journal.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from temoin.journal.leaf import LEAF, read_head
from temoin.journal.nodes import TreeBrokenError, stored_tree
from temoin.journal.tree import GrowingTree, Node, hash_leaf
from temoin.lib.clock import now

BATCH = 50_000  # events of one checkpoint at most: what a sealer that was down takes up at once
LOCK = 0x7365616C  # an advisory lock of ours: one sealer at a time

# As of one snapshot: the last checkpoint, and which transactions are surely over.
_STANDING = """
    SELECT coalesce(last.size, 0), coalesce(last.note, ''), coalesce(last.watermark, 0), coalesce(last.cluster, ''),
           (SELECT system_identifier::text FROM pg_control_system()),
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      FROM (SELECT) AS always
      LEFT JOIN (SELECT * FROM journal_checkpoint ORDER BY size DESC LIMIT 1) AS last ON true
"""
_UNSEALED = """
    SELECT event.xid::text, {leaf} FROM journal_event AS event
     WHERE {range}
       AND NOT EXISTS (SELECT FROM journal_leaf AS leaf
                        WHERE leaf.pharmacy_id = event.pharmacy_id AND leaf.event_id = event.id)
     ORDER BY event.xid, event.at, event.id
     LIMIT {limit}
"""


@dataclass(frozen=True)
class Standing:
    """How far the journal is sealed, and which transactions are over."""

    size: int
    note: str
    watermark: int
    cluster: str
    present_cluster: str
    oldest_running: int
    next_transaction: int

    @property
    def is_numbered_anew(self) -> bool:
        """Tell whether transactions no longer count on from the watermark: a first start, or a dump restored."""
        return self.cluster != self.present_cluster or self.watermark > self.oldest_running

    def range(self) -> str:
        """Return the condition on events that may be sealed now."""
        if self.is_numbered_anew:
            # No transaction of this cluster has a number from `next_transaction` on: such a row came with a dump.
            return f"(event.xid < '{self.oldest_running}' OR event.xid >= '{self.next_transaction}')"
        return f"event.xid >= '{self.watermark}' AND event.xid < '{self.oldest_running}'"


@dataclass(frozen=True)
class Sealed:
    """A checkpoint just made; `is_all` when no event that may be sealed is left."""

    checkpoint: Checkpoint
    at: datetime
    is_all: bool


def seal_events(signer: NoteSigner) -> Sealed | None:
    """Seal what waits, up to a batch; None when nothing does, or when another sealer is at work."""
    with transaction.atomic():
        if not _ask("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])[0]:
            return None
        standing = Standing(*_ask(_STANDING))
        waiting = list(_unsealed(standing))
        if not waiting:
            return None
        tree = stored_tree(standing.size)
        _check_last(signer, standing, tree)
        _add_leaves(tree, [leaf for _, leaf in waiting])
        is_all = len(waiting) < BATCH
        return _add_checkpoint(signer, tree, standing, waiting[-1][0], is_all=is_all)


def _check_last(signer: NoteSigner, standing: Standing, tree: GrowingTree) -> None:
    """Refuse to go on from a tree that is not the one last signed: what was altered must not be signed anew."""
    if not standing.size:
        return
    last = parse_checkpoint(standing.note)
    if not last.is_signed_by(signer.verifier) or (last.size, last.root) != (tree.size, tree.root()):
        raise TreeBrokenError("the stored tree is not the one last signed: run temoin journal verify")


def _ask(sql: str, values: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def copied_lines(query: str) -> Iterator[bytes]:
    """Yield each row of a query as a line of COPY's text format."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        rest = b""
        for block in copy:
            *lines, rest = (rest + bytes(block)).split(b"\n")
            yield from lines


def _unsealed(standing: Standing) -> Iterator[tuple[int, bytes]]:
    for line in copied_lines(_UNSEALED.format(leaf=LEAF, range=standing.range(), limit=BATCH)):
        xid, _, leaf = line.partition(b"\t")
        yield int(xid), leaf


def _add_leaves(tree: GrowingTree, leaves: list[bytes]) -> None:
    nodes: list[Node] = []
    with connection.cursor() as cursor:
        with cursor.copy("COPY journal_leaf (index, pharmacy_id, event_id, hash) FROM STDIN") as copy:
            for leaf in leaves:
                head, digest = read_head(leaf), hash_leaf(leaf)
                copy.write_row((tree.size, head.pharmacy_id.decode(), head.event_id.decode(), digest))
                nodes += tree.append(digest)
        if nodes:
            cursor.executemany("INSERT INTO journal_node (level, index, hash) VALUES (%s, %s, %s)", nodes)


def _add_checkpoint(
    signer: NoteSigner, tree: GrowingTree, standing: Standing, last_xid: int, *, is_all: bool
) -> Sealed:
    checkpoint, moment = sign_checkpoint(signer, tree.size, tree.root()), now()
    cluster, watermark = standing.present_cluster, standing.oldest_running
    if not is_all:
        # The last transaction read may have more events; a journal numbered anew is read whole before it counts on.
        watermark = standing.watermark if standing.is_numbered_anew else last_xid
        cluster = standing.cluster
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_checkpoint (size, at, note, cluster, watermark) VALUES (%s, %s, %s, %s, %s)",
            [checkpoint.size, moment, checkpoint.note, cluster, watermark],
        )
    return Sealed(checkpoint, moment, is_all)
