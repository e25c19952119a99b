"""The letter box: hands a sealed letter to whoever proves both halves, counts the tries, and holds no key.

Plain SQL, because the portal's database role sees one row only: the one whose `lookup_hash` it has named in
the setting `temoin.letter`. Whoever does not hold the link cannot name a row, nor learn that one exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind

TRIES = 5
MARK_BYTES = 8

_LOOK = """
    SELECT wrong = ''::bytea FROM delivery_letter
     WHERE lookup_hash = %(lookup)s AND state = 'open' AND tries_left > 0 AND expires_at > now()
"""

# One statement counts the try and answers it: two requests at once wait for each other on the row's lock and
# then see the other's count, so a sixth try never passes. A right code gives the tries back: its holder may
# read as often as wanted, and a code mistyped today does not shorten tomorrow. A wrong code that was tried already
# uses up nothing: it tells whoever repeats it nothing new.
_TRY = """
    UPDATE delivery_letter
       SET tries_left = CASE WHEN auth_hash = %(auth)s THEN %(tries)s
                             WHEN position(%(mark)s::bytea IN wrong) > 0 THEN tries_left
                             ELSE tries_left - 1 END,
           wrong = CASE WHEN auth_hash = %(auth)s THEN ''::bytea
                        WHEN position(%(mark)s::bytea IN wrong) > 0 THEN wrong
                        ELSE wrong || %(mark)s::bytea END,
           opened_count = opened_count + CASE WHEN auth_hash = %(auth)s THEN 1 ELSE 0 END
     WHERE lookup_hash = %(lookup)s AND state = 'open' AND tries_left > 0 AND expires_at > now()
 RETURNING pharmacy_id, id, CASE WHEN auth_hash = %(auth)s THEN ciphertext END
"""


class LetterStanding(StrEnum):
    """What a caller's link leads to."""

    NONE = "none"  # unknown, expired, withdrawn or locked
    UNTRIED = "untried"  # open, and nobody tried a wrong code since it was posted or last opened
    TRIED = "tried"


@dataclass(frozen=True, slots=True)
class _Tried:
    """An open letter that was tried; the ciphertext only if the code was right."""

    pharmacy_id: UUID
    letter_id: UUID
    ciphertext: bytes | None


def look_up(lookup: bytes) -> LetterStanding:
    """Tell what the link leads to, which only whoever holds it can ask; nothing is counted."""
    lookup_hash = sha256(lookup).digest()
    with transaction.atomic(), connection.cursor() as cursor:
        _name_letter(cursor, lookup_hash)
        cursor.execute(_LOOK, {"lookup": lookup_hash})
        row = cursor.fetchone()
    if row is None:
        return LetterStanding.NONE
    return LetterStanding.UNTRIED if row[0] else LetterStanding.TRIED


def open_letter_box(lookup: bytes, auth: bytes) -> bytes | None:
    """Return the sealed letter, or None alike for unknown, expired, withdrawn, locked and wrong code.

    The try, its count and its event are one transaction (no log, no look): a try whose event cannot be
    written is answered by an error, never by the letter.
    """
    with transaction.atomic():
        tried = _try(sha256(lookup).digest(), sha256(auth).digest())
        if tried is None:
            return None
        record_look(
            by=HouseActor(tried.pharmacy_id, "portal"),
            kind=EventKind.LETTER_REFUSED if tried.ciphertext is None else EventKind.LETTER_OPENED,
            subject_kind="letter",
            subject_id=tried.letter_id,
        )
    return tried.ciphertext


def _try(lookup_hash: bytes, auth_hash: bytes) -> _Tried | None:
    with connection.cursor() as cursor:
        _name_letter(cursor, lookup_hash)
        cursor.execute(_TRY, {"lookup": lookup_hash, "auth": auth_hash, "mark": auth_hash[:MARK_BYTES], "tries": TRIES})
        row = cursor.fetchone()
    if row is None:
        return None
    pharmacy_id, letter_id, ciphertext = row
    return _Tried(pharmacy_id, letter_id, None if ciphertext is None else bytes(ciphertext))


def _name_letter(cursor: CursorWrapper, lookup_hash: bytes) -> None:
    cursor.execute("SELECT set_config('temoin.letter', %s, true)", [lookup_hash.hex()])
