"""The box that forms are put into: the patients' site adds to it, reads nothing of it, and holds no key.

Plain SQL, because the database role of the patients' site sees one poster only, the one whose `token_hash` it has named
in the setting `temoin.poster`, and the public halves of its pharmacy's keys. Its answers are the same whoever hands a
form in: nobody learns here whether a person is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.stirring import stir_after_commit
from temoin.lib.tenant import tenant_scope

LIFE: Final = timedelta(hours=12)  # of a form that nobody reads
_POSTER = "SELECT pharmacy_id, id, place FROM arrivals_poster WHERE token_hash = %s AND state = 'standing'"
_KEY = "SELECT id, public FROM arrivals_key WHERE pharmacy_id = %s AND month = %s"
_PUT = """
    INSERT INTO arrivals_arrival (pharmacy_id, id, poster_id, key_id, state, number, expires_at, ciphertext)
    VALUES (%s, %s, %s, %s, 'waiting', %s, %s, %s)
"""
# Whoever keeps a month's key goes on sealing to it: a form that outlived the key would hold up the key's end.
_TAKES = "SELECT FROM arrivals_key WHERE pharmacy_id = %s AND id = %s AND month = ANY(%s)"


@dataclass(frozen=True, slots=True)
class StandingPoster:
    """Whose form a poster leads to."""

    pharmacy_id: UUID
    poster_id: UUID
    place: str


@dataclass(frozen=True, slots=True)
class MonthKey:
    """What a form is sealed to."""

    key_id: UUID
    public: bytes


@dataclass(frozen=True, slots=True)
class HandedForm:
    """A form as it arrives; all of it but the content was drawn by the browser."""

    arrival_id: UUID
    key_id: UUID
    number: int
    sealed: bytes


class BoxAnswer(StrEnum):
    """What becomes of a form that is handed in."""

    WAITING = "waiting"  # it waits at the counter
    AGAIN = "again"  # it was there already, as it was written then
    NUMBER = "number"  # somebody who waits has this number: another is to be drawn
    GONE = "gone"  # its key has ended


def find_poster(token: bytes) -> StandingPoster | None:
    """Return the poster of this code; None when none stands, or none any more."""
    token_hash = sha256(token).digest()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('temoin.poster', %s, true)", [token_hash.hex()])
        cursor.execute(_POSTER, [token_hash])
        row = cursor.fetchone()
    return None if row is None else StandingPoster(*row)


def key_of_month(poster: StandingPoster, month: str) -> MonthKey | None:
    """Return the pharmacy's key of a month; None when nobody has made it."""
    with tenant_scope(poster.pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_KEY, [poster.pharmacy_id, month])
        row = cursor.fetchone()
    return None if row is None else MonthKey(row[0], bytes(row[1]))


def hand_in(poster: StandingPoster, form: HandedForm) -> BoxAnswer:
    """Put a sealed form into the box, once however often it is sent; its event is of the same transaction."""
    by, kind = HouseActor(poster.pharmacy_id, "portal"), EventKind.ARRIVAL_HANDED_IN
    by_browser = [form.arrival_id, poster.poster_id, form.key_id, form.number]
    values: list[Any] = [poster.pharmacy_id, *by_browser, now() + LIFE, form.sealed]
    try:
        with tenant_scope(poster.pharmacy_id):
            if not _takes(poster, form.key_id):
                return BoxAnswer.GONE
            with (
                act(by=by, kind=kind, subject_kind="arrival", subject_id=form.arrival_id),
                connection.cursor() as cursor,
            ):
                cursor.execute(_PUT, values)
                stir_after_commit(poster.pharmacy_id)
    except IntegrityError as error:
        return _COLLIDED[_constraint(error)]
    return BoxAnswer.WAITING


def _takes(poster: StandingPoster, key_id: UUID) -> bool:
    """Tell whether a key serves: of this month, or of the one in which a page was opened before midnight."""
    months = [f"{moment:%Y-%m}" for moment in (now(), now() - LIFE)]
    with connection.cursor() as cursor:
        cursor.execute(_TAKES, [poster.pharmacy_id, key_id, months])
        return cursor.fetchone() is not None


_COLLIDED: Final = {
    "arrivals_arrival_pkey": BoxAnswer.AGAIN,
    "arrivals_arrival_number": BoxAnswer.NUMBER,
    "arrivals_arrival_key_id_fk": BoxAnswer.GONE,
}


def _constraint(error: IntegrityError) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))
