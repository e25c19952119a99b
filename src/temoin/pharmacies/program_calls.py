"""A call of a program is done once, however often it is sent: its answer is kept under the program's key, for a day at
least (`retention`).

After the header field `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from temoin.lib.clock import coarse, now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, TemoinError, refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import ProgramCall
from temoin.pharmacies.programs import ProgramSeat

Answer = dict[str, Any]

_KEY = re.compile(r"[\x21-\x7e]{16,128}")


class InProgressError(ConflictError):
    """The same call is being done: its answer is not there yet."""


class KeyReusedError(TemoinError):
    """The program used a key again for another request: neither is done in the place of the other."""


def answered_once(seat: ProgramSeat, *, key: str, asked: bytes, do: Callable[[], Answer]) -> Answer:
    """Do what is asked and keep the answer, in one transaction; return the kept answer where it was done before.

    KeyReusedError when the key was used for something else; InProgressError while it is being done. What `do` raises
    undoes all of it, and the key may be used again.
    """
    key_hash, asked_for = sha256(key.encode()).digest(), sha256(asked).hexdigest()
    with tenant_scope(seat.pharmacy_id):
        if not _try_to_hold(f"call|{seat.program_id}|{key_hash.hex()}"):
            raise InProgressError
        former = ProgramCall.objects.filter(program_id=seat.program_id, key_hash=key_hash).first()
        if former is not None:
            return _told_again(former, asked_for)
        answer = do()
        call = ProgramCall(pharmacy_id=seat.pharmacy_id, id=new_id(), program_id=seat.program_id, key_hash=key_hash)
        call.answered_at = coarse(now())
        call.seal({"asked": asked_for, "answer": answer})
        commit = Commit()
        commit.insert(call)
        commit.flush()
        return answer


def check_key(key: str) -> None:
    """Refuse a key of another shape, or none."""
    if not _KEY.fullmatch(key):
        message = _("Send a key of 16 to 128 visible ASCII characters, drawn at random for each request.")
        raise refuse("Idempotency-Key", "required" if not key else "malformed", message)


def _told_again(former: ProgramCall, asked_for: str) -> Answer:
    """Return the kept answer; it is sealed anew, for a commit that writes nothing waits for no second server.

    The first one may have been lost between the two: the program has no answer that only one server knows.
    """
    held = former.unseal()
    if held["asked"] != asked_for:
        raise KeyReusedError
    commit = Commit()
    commit.reseal(former, held)
    commit.flush()
    answer: Answer = held["answer"]
    return answer


def _try_to_hold(name: str) -> bool:
    """Take a lock until the end of the transaction, if nobody has it: nobody waits here with a thread in hand."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 2))", [name])
        return bool(cursor.fetchone()[0])
