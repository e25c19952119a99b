"""Sealing: events committed since the last checkpoint become leaves, and the tree over them gets a signed checkpoint.

Order is that of the transactions' numbers, read only up to the oldest one still running: whatever comes later has a
greater number, so that no late commit is ever skipped. Events wait for this; acts never wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from temoin.crypto.notes import NoteSigner
from temoin.journal.checkpoint import Checkpoint, Reach, parse_checkpoint, sign_checkpoint
from temoin.journal.leaf import LEAF, read_head
from temoin.journal.nodes import TreeBrokenError, stored_tree
from temoin.journal.tree import GrowingTree, Node, hash_leaf
from temoin.lib.clock import now

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BATCH = 50_000  # events held in memory at once
LOCK = 0x7365616C  # an advisory lock of ours: one sealer at a time

# As of one snapshot: the last checkpoint, and which transactions are surely over.
_STANDING = """
    SELECT coalesce(last.size, 0), coalesce(last.note, ''),
           coalesce((extract(epoch FROM last.at) * 1000000)::bigint, 0),
           coalesce(last.watermark, 0), coalesce(last.cluster, ''),
           (SELECT system_identifier::text FROM pg_control_system()),
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      FROM (SELECT) AS always
      LEFT JOIN (SELECT * FROM journal_checkpoint ORDER BY size DESC LIMIT 1) AS last ON true
"""
_UNSEALED = """
    SELECT event.xid::text, {leaf} FROM journal_event AS event
     WHERE {condition}
       AND NOT EXISTS (SELECT FROM journal_leaf AS leaf
                        WHERE leaf.pharmacy_id = event.pharmacy_id AND leaf.event_id = event.id)
     ORDER BY event.xid, event.at, event.id
     LIMIT {limit}
"""


@dataclass(frozen=True)
class SealerStanding:
    """How far the journal is sealed, and which transactions are over."""

    size: int
    note: str
    sealed_at: int
    watermark: int
    cluster: str
    present_cluster: str
    oldest_running: int
    next_transaction: int

    @property
    def is_numbered_anew(self) -> bool:
        """Tell whether transactions no longer count on from the watermark: a first start, or a dump restored."""
        return self.cluster != self.present_cluster or self.watermark > self.oldest_running

    def condition(self) -> str:
        """Return which events may be sealed now; `reached` is the number of a transaction to go on from."""
        over = f"event.xid < '{self.oldest_running}'"
        if self.is_numbered_anew:
            # No transaction of this cluster has a number from `next_transaction` on: such a row came with a dump.
            over = f"({over} OR event.xid >= '{self.next_transaction}')"
        return f"event.xid >= '%s' AND {over}"

    @property
    def reached(self) -> int:
        """Return the number of the first transaction that may have an event without a leaf."""
        return 0 if self.is_numbered_anew else self.watermark


def seal_events(signer: NoteSigner) -> Checkpoint | None:
    """Seal all that waits under one checkpoint; None when nothing does, or when another sealer is at work."""
    with transaction.atomic():
        if not sole_sealer():
            return None
        standing = SealerStanding(*_ask(_STANDING))
        tree = stored_tree(standing.size)
        _check_last(signer, standing, tree)
        reached = standing.reached
        while waiting := list(_unsealed(standing, reached)):
            _add_leaves(tree, [leaf for _, leaf in waiting])
            reached = waiting[-1][0]
            if len(waiting) < BATCH:
                break
        if tree.size == standing.size:
            return None
        return _sign(signer, tree, standing)


def _sign(signer: NoteSigner, tree: GrowingTree, standing: SealerStanding) -> Checkpoint:
    moment = now()
    reach = Reach(microseconds_of(moment), standing.present_cluster, standing.oldest_running)
    checkpoint = sign_checkpoint(signer, tree.size, tree.root(), reach)
    add_checkpoint(checkpoint, moment, reach)
    return checkpoint


def microseconds_of(moment: datetime) -> int:
    """Return an instant as leaves and checkpoints say it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _check_last(signer: NoteSigner, standing: SealerStanding, tree: GrowingTree) -> None:
    """Refuse to go on from a tree that is not the one last signed: what was altered must not be signed anew."""
    if not standing.size:
        return
    last = parse_checkpoint(standing.note)
    if not last.is_signed_by(signer.verifier) or (last.size, last.root) != (tree.size, tree.root()):
        raise TreeBrokenError("the stored tree is not the one last signed: run temoin journal verify")
    if last.reach != Reach(standing.sealed_at, standing.cluster, standing.watermark):
        raise TreeBrokenError("the last checkpoint is not as it was signed: run temoin journal verify")


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


def _unsealed(standing: SealerStanding, reached: int) -> Iterator[tuple[int, bytes]]:
    """Yield transaction number and leaf of events that wait, a batch at most."""
    question = _UNSEALED.format(leaf=LEAF, condition=standing.condition() % reached, limit=BATCH)
    for line in copied_lines(question):
        xid, _, leaf = line.partition(b"\t")
        yield int(xid), leaf


def sole_sealer() -> bool:
    """Take the seal for the rest of the transaction; False while somebody else has it."""
    return bool(_ask("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])[0])


def add_nodes(nodes: list[Node]) -> None:
    """Keep the nodes that leaves completed."""
    with connection.cursor() as cursor:
        if nodes:
            cursor.executemany("INSERT INTO journal_node (level, index, hash) VALUES (%s, %s, %s)", nodes)


def _add_leaves(tree: GrowingTree, leaves: list[bytes]) -> None:
    nodes: list[Node] = []
    add = "COPY journal_leaf (index, pharmacy_id, event_id, hash) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(add) as copy:
        for leaf in leaves:
            head, digest = read_head(leaf), hash_leaf(leaf)
            copy.write_row((tree.size, head.pharmacy_id.decode(), head.event_id.decode(), digest))
            nodes += tree.append(digest)
    add_nodes(nodes)


def add_checkpoint(checkpoint: Checkpoint, moment: datetime, reach: Reach) -> None:
    """Keep a signed checkpoint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_checkpoint (size, at, note, cluster, watermark) VALUES (%s, %s, %s, %s, %s)",
            [checkpoint.size, moment, checkpoint.note, reach.cluster, reach.watermark],
        )
