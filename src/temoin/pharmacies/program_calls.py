"""A call of a program is done once, however often it is sent: its answer is kept for a day under the program's key.

After the header field `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from temoin.lib.clock import coarse, now
from temoin.lib.commit import Commit
from temoin.lib.errors import TemoinError, refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import ProgramCall
from temoin.pharmacies.programs import ProgramSeat

Answer = dict[str, Any]

KEPT = timedelta(days=1)
_CLEARED_AT_ONCE = 20
_KEY = re.compile(r"[\x21-\x7e]{16,128}")


class KeyReusedError(TemoinError):
    """The program used a key again for another request: neither is done in the place of the other."""


def answered_once(seat: ProgramSeat, *, key: str, asked: bytes, do: Callable[[], Answer]) -> Answer:
    """Do what is asked and keep the answer, in one transaction; return the kept answer where it was done before.

    InvalidError for a key of another shape; KeyReusedError when it was used for something else. What `do` raises undoes
    all of it, and the key may be used again.
    """
    if not _KEY.fullmatch(key):
        message = _("Send a key of 16 to 128 visible ASCII characters, drawn at random for each request.")
        raise refuse("Idempotency-Key", "required" if not key else "malformed", message)
    key_hash, asked_for = sha256(key.encode()).digest(), sha256(asked).hexdigest()
    with tenant_scope(seat.pharmacy_id):
        _wait_for_the_same(seat, key_hash)
        former = ProgramCall.objects.filter(program_id=seat.program_id, key_hash=key_hash).first()
        if former is not None:
            return _former_answer(former, asked_for)
        answer = do()
        call = ProgramCall(pharmacy_id=seat.pharmacy_id, id=new_id(), program_id=seat.program_id, key_hash=key_hash)
        call.answered_at = coarse(now())
        call.seal({"asked": asked_for, "answer": answer})
        commit = Commit()
        _clear_old(commit, seat)
        commit.insert(call)
        commit.flush()
        return answer


def _former_answer(former: ProgramCall, asked_for: str) -> Answer:
    held = former.unseal()
    if held["asked"] != asked_for:
        raise KeyReusedError
    answer: Answer = held["answer"]
    return answer


def _wait_for_the_same(seat: ProgramSeat, key_hash: bytes) -> None:
    """Make two calls with one key wait for each other until their commits."""
    with connection.cursor() as cursor:
        name = f"call|{seat.program_id}|{key_hash.hex()}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [name])


def _clear_old(commit: Commit, seat: ProgramSeat) -> None:
    old = ProgramCall.objects.filter(program_id=seat.program_id, answered_at__lt=now() - KEPT)
    for call_id in old.values_list("id", flat=True)[:_CLEARED_AT_ONCE]:
        commit.remove(ProgramCall, call_id)
