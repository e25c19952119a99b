"""Verification: the whole journal recomputed from its stored rows, against signatures and against witnesses.

One pass over the events in the order of their leaves. Each event's own bytes are hashed; what differs from its leaf is
named. The tree over them is compared with every checkpoint on the way; if an event and its
leaf were both altered, the hashes in a witness's folder name the event; without them only the checkpoint is known, and
its events are named.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from temoin.crypto.notes import NoteVerifier
from temoin.journal.checkpoint import Checkpoint, Reach, parse_checkpoint
from temoin.journal.cuts import SLACK
from temoin.journal.findings import Fault, JournalFinding
from temoin.journal.leaf import LEAF, NULL
from temoin.journal.nodes import TreeBrokenError, stored_tree
from temoin.journal.sealing import copied_lines
from temoin.journal.tree import GrowingTree
from temoin.journal.walk import Evidence, Row, Walk, WalkOutcome, wrong_reach

_ROWS = """
    SELECT leaf.index, encode(leaf.hash, 'hex'), leaf.pharmacy_id, leaf.event_id,
           encode(convert_to(seal.note, 'UTF8'), 'hex'), (extract(epoch FROM seal.at) * 1000000)::bigint,
           seal.cluster, seal.watermark, {leaf}
      FROM journal_leaf AS leaf
      LEFT JOIN journal_event AS event ON event.pharmacy_id = leaf.pharmacy_id AND event.id = leaf.event_id
      LEFT JOIN journal_checkpoint AS seal ON seal.size = leaf.index + 1
     WHERE leaf.index >= {start}
     ORDER BY leaf.index
"""
# An event may only lack a leaf while it waits for the next seal: its transaction is one that the last seal had not
# reached, is over in this very snapshot, and was not long ago. Whatever number or time it claims, any other was put
# there. After a dump was restored on another cluster, the numbers tell nothing until the next seal; the time does.
_SEAL = """
    (SELECT at, watermark::text::xid8 AS watermark,
            cluster = (SELECT system_identifier::text FROM pg_control_system())
            AND watermark <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS is_counted
       FROM journal_checkpoint ORDER BY size DESC LIMIT 1)
"""
_WAITS = """
    CASE WHEN seal.at IS NULL THEN pg_visible_in_snapshot(event.xid, pg_current_snapshot())
         WHEN seal.is_counted THEN event.xid >= seal.watermark
              AND pg_visible_in_snapshot(event.xid, pg_current_snapshot()) AND event.at >= seal.at - interval '{slack}'
         ELSE event.at >= seal.at - interval '{slack}' END
"""
# Each event, the last seal beside it (NULL before the first), and its leaf if it has one.
EVENTS = f"""
    journal_event AS event LEFT JOIN {_SEAL} AS seal ON true
      LEFT JOIN journal_leaf AS leaf ON leaf.pharmacy_id = event.pharmacy_id AND leaf.event_id = event.id
"""
WAITS = _WAITS.format(slack=f"{int(SLACK.total_seconds())} seconds")
_ADDED = f"SELECT event.id, event.pharmacy_id FROM {EVENTS} WHERE leaf.index IS NULL AND NOT ({WAITS})"  # noqa: S608


def verify_journal(verifier: NoteVerifier, evidence: Evidence, start: Checkpoint | None = None) -> WalkOutcome:
    """Recompute the journal, from a checkpoint on if one is given, and return what is wrong with it."""
    outcome = WalkOutcome(list(evidence.findings))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL work_mem = '256MB'")
        tree = _tree_from(verifier, start, outcome)
        walk = Walk(verifier, evidence, outcome, tree)
        for line in copied_lines(_ROWS.format(leaf=LEAF, start=tree.size)):
            walk.take(_row(line))
        walk.end()
        outcome.findings += [*_events_beyond(walk.tree.size), *_wrong_nodes(walk), *_added_events()]
    return outcome


def _tree_from(verifier: NoteVerifier, start: Checkpoint | None, outcome: WalkOutcome) -> GrowingTree:
    """Return the tree to grow from; a stored one that is not the signed one is itself a finding."""
    if start is None:
        return GrowingTree()
    fault = "" if start.is_signed_by(verifier) else f"the checkpoint of {start.size} is not signed by {verifier.name}"
    fault = fault or wrong_reach(start, _stored_reach(start.size))
    if fault:
        outcome.findings.append(JournalFinding(Fault.CHECKPOINT, start.size, note=fault))
    try:
        tree = stored_tree(start.size)
    except TreeBrokenError as error:
        outcome.findings.append(JournalFinding(Fault.LEAF_MISSING, None, note=str(error)))
        return GrowingTree()
    if tree.root() != start.root:
        note = f"the tree before {start.size} is not the one signed: verify the whole journal"
        outcome.findings.append(JournalFinding(Fault.CHECKPOINT, start.size, note=note))
    return tree


def _stored_reach(size: int) -> Reach | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (extract(epoch FROM at) * 1000000)::bigint, cluster, watermark FROM journal_checkpoint "
            "WHERE size = %s",
            [size],
        )
        row = cursor.fetchone()
    return None if row is None else Reach(*row)


def _row(line: bytes) -> Row:
    index, stored, pharmacy_id, event_id, note, sealed_at, cluster, watermark, leaf = line.split(b"\t", 8)
    text = b"" if note == NULL else bytes.fromhex(note.decode())
    return Row(
        int(index),
        bytes.fromhex(stored.decode()),
        pharmacy_id.decode(),
        event_id.decode(),
        text,
        None if sealed_at == NULL else Reach(int(sealed_at), cluster.decode(), int(watermark)),
        leaf,
    )


def _wrong_nodes(walk: Walk) -> Iterator[JournalFinding]:
    """Compare the stored nodes, from which proofs are made, with those just recomputed."""
    if walk.is_broken:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, index, hash FROM journal_node")
        stored = {(level, index): bytes(node) for level, index, node in cursor.fetchall()}
    if walk.start == 0:
        yield from (_beyond(level, index) for level, index in sorted(stored.keys() - walk.nodes.keys()))
    for (level, index), node in walk.nodes.items():
        if stored.get((level, index)) != node:
            note = f"the stored node {index} of level {level} is not that of its leaves"
            yield JournalFinding(Fault.CHECKPOINT, index << level, note=note)


def _beyond(level: int, index: int) -> JournalFinding:
    return JournalFinding(Fault.CHECKPOINT, index << level, note=f"the node {index} of level {level} is of no leaves")


def _events_beyond(size: int) -> Iterator[JournalFinding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT size FROM journal_checkpoint WHERE size > %s OR size < 1 ORDER BY size", [size])
        for (signed,) in cursor.fetchall():
            if signed < 1:
                yield JournalFinding(Fault.CHECKPOINT, signed, note=f"no sealer makes a checkpoint of {signed}")
                continue
            note = f"a checkpoint of {signed} was signed; events up to it are gone"
            yield JournalFinding(Fault.MISSING, signed - 1, note=note)


def _added_events() -> Iterator[JournalFinding]:
    for line in copied_lines(_ADDED):
        event_id, pharmacy_id = line.decode().split("\t")
        yield JournalFinding(Fault.ADDED, None, event_id, pharmacy_id)


# Not one within a cut or at its end: its statement, which comes next, is about all of its places.
_BEFORE = r"""
    SELECT note FROM journal_checkpoint WHERE at < %s AND NOT EXISTS (
        SELECT FROM journal_event WHERE kind = 'journal.resumed'
           AND size > substring(detail FROM '^from=([0-9]{1,18}) ')::bigint
           AND size <= substring(detail FROM ' to=([0-9]{1,18}) ')::bigint
    ) ORDER BY size DESC LIMIT 1
"""


def checkpoint_before(moment: datetime) -> Checkpoint | None:
    """Return the last checkpoint made before a moment."""
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [moment])
        row = cursor.fetchone()
    return None if row is None else parse_checkpoint(row[0])
