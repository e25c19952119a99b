"""What a destination tells later, unasked: that what it took was delivered after all, or came back."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.tenant import tenant_scope
from temoin.outbox.attempts import add_attempt
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.models import Parcel
from temoin.outbox.states import ParcelState
from temoin.outbox.waking import wake_later

_FIND = """
SELECT pharmacy_id, id, state, attempts, answer_code FROM outbox_parcel WHERE destination = %s AND key = %s
"""
# Of a parcel that is taken only a return changes the state; one in doubt is settled by either.
_VERBS = {
    (ParcelState.ACCEPTED, Verdict.ACCEPTED): None,
    (ParcelState.ACCEPTED, Verdict.REFUSED): "return",
    (ParcelState.IN_DOUBT, Verdict.ACCEPTED): "accept",
    (ParcelState.IN_DOUBT, Verdict.REFUSED): "refuse",
}


class _Found(NamedTuple):
    """A parcel, wherever it is."""

    pharmacy_id: UUID
    id: UUID
    state: ParcelState
    attempts: int
    answer_code: str


def note_later(destination: str, key: str, answer: Answer) -> bool:
    """Write down what came later about a parcel; False, or ConflictError, when a worker holds it now: look again.

    ACCEPTED of a parcel already taken keeps its state and tells more: the code of the answer. The same twice is one,
    and what comes about a parcel that is settled otherwise, or that nobody knows any more, changes nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FIND, [destination, key])
        found = cursor.fetchone()
    if found is None:
        return True
    parcel = _Found(*found)._replace(state=ParcelState(found[2]))
    if parcel.state in {ParcelState.WAITING, ParcelState.SENDING}:
        return False
    if parcel.answer_code == answer.code or (parcel.state, answer.verdict) not in _VERBS:
        return True
    with tenant_scope(parcel.pharmacy_id):
        _write(parcel, answer)
    return True


def _write(parcel: _Found, answer: Answer) -> None:
    commit, moment = Commit(), now()
    verb = _VERBS[parcel.state, answer.verdict]
    if verb is None:
        commit.change(Parcel, parcel.id, answer_code=answer.code)
    else:
        told = {"answer_code": answer.code, "settled_at": moment, "lease_until": None, "matter_since": None}
        commit.move(Parcel, parcel.id, verb, only_if={"attempts": parcel.attempts}, **told)
        wake_later(commit, parcel.id)
    place = {"pharmacy_id": parcel.pharmacy_id, "parcel_id": parcel.id}
    add_attempt(commit, **place, number=parcel.attempts, at=moment, answer=answer)
    commit.flush()
