"""The export for outsiders: checkpoints and leaves as text, streamed; docs/auditor.md has its format."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from temoin.journal.leaf import LEAF
from temoin.journal.sealing import copied_lines

_LEAVES = """
    SELECT leaf.index, {leaf} FROM journal_leaf AS leaf
      LEFT JOIN journal_event AS event ON event.pharmacy_id = leaf.pharmacy_id AND event.id = leaf.event_id
     ORDER BY leaf.index
"""
_CHECKPOINTS = "SELECT size, encode(convert_to(note, 'UTF8'), 'hex') FROM journal_checkpoint ORDER BY size"


def exported_lines() -> Iterator[bytes]:
    """Yield the export line by line: `checkpoint`, size and note in hexadecimal; then `leaf`, index and the leaf."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield b"temoin-journal-export/1\n"
        for line in copied_lines(_CHECKPOINTS):
            yield b"checkpoint\t" + line + b"\n"
        for line in copied_lines(_LEAVES.format(leaf=LEAF)):
            yield b"leaf\t" + line + b"\n"
