"""The journal's checkpoints of a pack, each with the proof that it begins with the one before.

The sizes of earlier packs are events of the journal itself: their checkpoints are among these, so that whoever has an
earlier pack sees that this one extends it.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable

from django.db import connection

from temoin.crypto.notes import NoteVerifier
from temoin.journal.checkpoint import Checkpoint, parse_checkpoint
from temoin.journal.events import EventKind
from temoin.journal.nodes import stored_nodes
from temoin.journal.tree import prove_consistency

CHAIN, CHAIN_FORMAT = "checkpoints.json", "temoin-evidence-chain/1"
_PACKED = re.compile("size=([1-9][0-9]{0,17})")
_EARLIER = "SELECT DISTINCT detail FROM journal_event WHERE kind = %s"
# With the witnesses' lines under each: those of earlier packs, the last of each month, the last that each witness
# has countersigned, and the last.
_CHAIN = """
    SELECT seal.note || coalesce((SELECT string_agg(line, '' ORDER BY witness) FROM journal_cosignature AS witness
                                   WHERE witness.size = seal.size), '')
      FROM journal_checkpoint AS seal
     WHERE seal.size > 0
       AND (seal.size = ANY(%s)
            OR seal.size IN (SELECT max(size) FROM journal_checkpoint
                              GROUP BY date_trunc('month', at AT TIME ZONE 'UTC'))
            OR seal.size IN (SELECT max(size) FROM journal_cosignature GROUP BY witness))
     ORDER BY seal.size
"""


def earlier_sizes() -> set[int]:
    """Return how many events the journal had in each pack that was made, as its events say."""
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [EventKind.EVIDENCE_PACKED.value])
        found = (_PACKED.fullmatch(detail) for (detail,) in cursor.fetchall())
        return {int(one[1]) for one in found if one is not None}


def checkpoints_of(sizes: Iterable[int]) -> list[Checkpoint]:
    """Return the checkpoints of a pack, in order; those of earlier packs too, if the journal still has them."""
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, [sorted(sizes)])
        return [parse_checkpoint(note) for (note,) in cursor.fetchall()]


def chain_file(checkpoints: Iterable[Checkpoint]) -> bytes:
    """Return the file of checkpoints, with their proofs."""
    read, before, told = stored_nodes(), 0, []
    for one in checkpoints:
        proof = [b64encode(each).decode() for each in prove_consistency(read, before, one.size)]
        told.append({"note": one.note, "proof": proof})
        before = one.size
    return json.dumps({"format": CHAIN_FORMAT, "checkpoints": told}, indent=1).encode() + b"\n"


def countersigned(checkpoints: Iterable[Checkpoint], key: NoteVerifier) -> int:
    """Return the size of the last of these that a witness has countersigned, 0 for none."""
    return max((one.size for one in checkpoints if one.is_signed_by(key)), default=0)
