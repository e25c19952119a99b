"""The export for outsiders: all that a verdict on the journal rests on, as text; docs/auditor.md has its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection, transaction

from temoin.journal.leaf import LEAF
from temoin.journal.sealing import copied_lines

HEADER = b"temoin-journal-export/3"
_SNAPSHOT = """
    SELECT (SELECT system_identifier FROM pg_control_system()), pg_snapshot_xmin(pg_current_snapshot()),
           pg_snapshot_xmax(pg_current_snapshot()),
           coalesce((SELECT string_agg(xip::text, ' ') FROM pg_snapshot_xip(pg_current_snapshot()) AS xip), '')
"""
_CHECKPOINTS = """
    SELECT size, encode(convert_to(note, 'UTF8'), 'hex'), (extract(epoch FROM at) * 1000000)::bigint, cluster, watermark
      FROM journal_checkpoint ORDER BY size
"""
_NODES = "SELECT level, index, encode(hash, 'hex') FROM journal_node ORDER BY level, index"
_LEAVES = f"""
    SELECT leaf.index, encode(leaf.hash, 'hex'), {LEAF} FROM journal_leaf AS leaf
      LEFT JOIN journal_event AS event ON event.pharmacy_id = leaf.pharmacy_id AND event.id = leaf.event_id
     ORDER BY leaf.index
"""  # noqa: S608
_UNSEALED = f"""
    SELECT event.xid, {LEAF} FROM journal_event AS event
     WHERE NOT EXISTS (SELECT FROM journal_leaf AS leaf
                        WHERE leaf.pharmacy_id = event.pharmacy_id AND leaf.event_id = event.id)
     ORDER BY event.xid, event.at, event.id
"""  # noqa: S608
_LISTINGS = """
    SELECT pharmacy_id, id, encode(sha256((SELECT string_agg(uuid_send(one), ''::bytea ORDER BY one)
                                             FROM unnest(subjects) AS one)), 'hex')
      FROM journal_listing ORDER BY pharmacy_id, id
"""
# In this order: whoever reads them in one pass knows the snapshot and the checkpoints before the first leaf.
PARTS = {
    "snapshot": _SNAPSHOT,
    "checkpoint": _CHECKPOINTS,
    "node": _NODES,
    "leaf": _LEAVES,
    "unsealed": _UNSEALED,
    "listing": _LISTINGS,
}


def exported_lines(*others: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the export line by line, each with its word first; `others` add lines of the rooms above.

    All are as of one snapshot. The last line is `end` and the number of lines before it, so that a cut is noticed.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        count = 0
        for line in _lines(others):
            count += 1
            yield line + b"\n"
        yield b"end\t%d\n" % count


def _lines(others: tuple[Callable[[], Iterator[bytes]], ...]) -> Iterator[bytes]:
    yield HEADER
    for word, query in PARTS.items():
        yield from worded_lines(word, query)
    for more in others:
        yield from more()


def worded_lines(word: str, query: str) -> Iterator[bytes]:
    """Yield each row of a query as a line of COPY's text format, after its word."""
    for line in copied_lines(query):
        yield word.encode() + b"\t" + line
