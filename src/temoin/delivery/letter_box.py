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
REPLACED = "replaced"  # the detail of an event: the right code, of a letter that was not handed out

_LOOK = """
    SELECT expires_at <= now(), tries_left = 0, wrong = ''::bytea FROM delivery_letter
     WHERE lookup_hash = %(lookup)s
"""

# One statement counts the try and answers it: two requests at once wait for each other on the row's lock and
# then see the other's count, so a sixth try never passes. A right code gives the tries back: its holder may
# read as often as wanted, and a code mistyped today does not shorten tomorrow. A wrong code that was tried already
# uses up nothing: it tells whoever repeats it nothing new. A letter that a newer one replaced is tried alike, and
# never handed out.
_TRY = """
    UPDATE delivery_letter
       SET tries_left = CASE WHEN auth_hash = %(auth)s THEN %(tries)s
                             WHEN position(%(mark)s::bytea IN wrong) > 0 THEN tries_left
                             ELSE tries_left - 1 END,
           wrong = CASE WHEN auth_hash = %(auth)s THEN ''::bytea
                        WHEN position(%(mark)s::bytea IN wrong) > 0 THEN wrong
                        ELSE wrong || %(mark)s::bytea END,
           opened_count = opened_count + CASE WHEN auth_hash = %(auth)s AND state = 'open' THEN 1 ELSE 0 END
     WHERE lookup_hash = %(lookup)s AND tries_left > 0 AND expires_at > now()
 RETURNING pharmacy_id, id, auth_hash = %(auth)s, tries_left,
           CASE WHEN auth_hash = %(auth)s AND state = 'open' THEN ciphertext END
"""


class LetterStanding(StrEnum):
    """What a caller's link leads to, which only whoever holds it learns."""

    NONE = "none"  # no letter has this link
    EXPIRED = "expired"
    LOCKED = "locked"  # its tries are used up
    UNTRIED = "untried"  # nobody tried a wrong code since it was posted or last opened
    TRIED = "tried"


class LetterAnswer(StrEnum):
    """What a try brings."""

    OPENED = "opened"
    REPLACED = "replaced"  # the right code, of a letter that a newer one replaced
    WRONG = "wrong"
    LOCKED = "locked"
    EXPIRED = "expired"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try brought: the sealed letter, or how many tries are left."""

    answer: LetterAnswer
    ciphertext: bytes = b""
    tries_left: int = 0


def look_up(lookup: bytes) -> LetterStanding:
    """Tell what the link leads to, which only whoever holds it can ask; nothing is counted."""
    lookup_hash = sha256(lookup).digest()
    with transaction.atomic(), connection.cursor() as cursor:
        return _standing(cursor, lookup_hash)


def open_letter_box(lookup: bytes, auth: bytes) -> Tried:
    """Try a code on the letter of a link.

    The try, its count and its event are one transaction (no log, no look): a try whose event cannot be
    written is answered by an error, never by the letter.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lookup_hash = sha256(lookup).digest()
        row = _try(cursor, lookup_hash, sha256(auth).digest())
        if row is None:
            return Tried(_WITHOUT_TRY.get(_standing(cursor, lookup_hash), LetterAnswer.NONE))
        pharmacy_id, letter_id, is_right, tries_left, ciphertext = row
        record_look(
            by=HouseActor(pharmacy_id, "portal"),
            kind=EventKind.LETTER_OPENED if is_right else EventKind.LETTER_REFUSED,
            subject_kind="letter",
            subject_id=letter_id,
            detail=REPLACED if is_right and ciphertext is None else "",
        )
    if not is_right:
        return Tried(LetterAnswer.WRONG if tries_left else LetterAnswer.LOCKED, tries_left=tries_left)
    return Tried(LetterAnswer.REPLACED) if ciphertext is None else Tried(LetterAnswer.OPENED, bytes(ciphertext))


_WITHOUT_TRY = {LetterStanding.LOCKED: LetterAnswer.LOCKED, LetterStanding.EXPIRED: LetterAnswer.EXPIRED}


def _standing(cursor: CursorWrapper, lookup_hash: bytes) -> LetterStanding:
    _name_letter(cursor, lookup_hash)
    cursor.execute(_LOOK, {"lookup": lookup_hash})
    match cursor.fetchone():
        case None:
            return LetterStanding.NONE
        case (True, _, _):
            return LetterStanding.EXPIRED
        case (_, True, _):
            return LetterStanding.LOCKED
        case (_, _, True):
            return LetterStanding.UNTRIED
    return LetterStanding.TRIED


def _try(
    cursor: CursorWrapper, lookup_hash: bytes, auth_hash: bytes
) -> tuple[UUID, UUID, bool, int, bytes | None] | None:
    _name_letter(cursor, lookup_hash)
    cursor.execute(_TRY, {"lookup": lookup_hash, "auth": auth_hash, "mark": auth_hash[:MARK_BYTES], "tries": TRIES})
    row: tuple[UUID, UUID, bool, int, bytes | None] | None = cursor.fetchone()
    return row


def _name_letter(cursor: CursorWrapper, lookup_hash: bytes) -> None:
    cursor.execute("SELECT set_config('temoin.letter', %s, true)", [lookup_hash.hex()])
