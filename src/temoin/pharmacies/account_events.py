"""What changes of an account is told in each pharmacy where its person has a place: password, code, factors (law 12).

An account belongs to no pharmacy, so that no act of one writes it. An old password or factor put back opens, as an old
row does: the events tell how each was left (`crypto.told`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from temoin.crypto.envelope import CONTENT
from temoin.crypto.told import digest_sql
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.commit import Commit

# Tables of the room above and of the library, which this one knows by their names alone.
PERSON, FACTOR = "signin_person", "mfa_authenticator"
UNUSABLE = "!"  # with which Django begins what opens nothing
TOLD_OF_PERSON = frozenset({"email", "is_active", "password", "enrolment", "enrolment_until"})


def _secret_sql(column: str) -> str:
    """Return what of a secret counts: the content that turning keys never changes, or all of what opens nothing."""
    whole = f"{column} = '' OR {column} LIKE '{UNUSABLE}%%'"
    return f"CASE WHEN {whole} THEN {column} ELSE substr({column}, {2 * CONTENT + 1}) END"


_UNTIL = "((extract(epoch FROM enrolment_until) * 1000000)::bigint)::text"
_FLAGS = ("id::text", "is_active::int::text", "encode(convert_to(email, 'UTF8'), 'hex')", _UNTIL)
# For a query with values; a literal per cent sign is doubled.
DIGESTS = {
    PERSON: digest_sql(*_FLAGS, _secret_sql("password"), _secret_sql("enrolment")),
    FACTOR: digest_sql("id::text", "user_id::text", "type", _secret_sql("coalesce(data->>'sealed', '')")),
}
_ACCOUNT = " UNION ALL ".join(
    f"SELECT '{table}', id::text, {DIGESTS[table]} FROM {table} WHERE {owner} = %s"  # noqa: S608
    for table, owner in ((PERSON, "id"), (FACTOR, "user_id"))
)
_PLACES = "SELECT pharmacy_id, id, profession FROM pharmacies_member WHERE person_id = %s ORDER BY pharmacy_id"
_teller: ContextVar[Commit | None] = ContextVar("temoin_account_teller", default=None)


@dataclass(frozen=True)
class _Own:
    """A person who changes what is their own, at one of their places."""

    pharmacy_id: UUID
    actor_id: UUID
    profession: str
    origin: str = "page"


@contextmanager
def told_by(commit: Commit) -> Iterator[None]:
    """Have an act of one pharmacy tell what the block changes of an account, and no event of its own."""
    token = _teller.set(commit)
    try:
        yield
    finally:
        _teller.reset(token)


def tell_change(
    person_id: UUID, kind: EventKind, *, table: str, row_id: UUID | int, former: str, detail: str = ""
) -> None:
    """Tell how a row of an account is left, in the transaction that wrote it; nothing when it is as it was."""
    now = digest_now(table, row_id)
    if now and now == former:
        return
    commit = _teller.get()
    if commit is not None:
        commit.tell(table, row_id, former=former, now=now)
        return
    for place in _places(person_id):
        with act(by=place, kind=kind, subject_kind="member", subject_id=place.actor_id, detail=detail) as own:
            own.tell(table, row_id, former=former, now=now)


def tell_account(commit: Commit, person_id: UUID) -> None:
    """Add to the act that gives a person their place how their account is left."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, [person_id, person_id])
        for table, row_id, digest in cursor.fetchall():
            commit.tell(table, row_id, now=digest)


def remove_factors(person_id: UUID) -> None:
    """Remove every factor of a person, those that do not open too."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {FACTOR} WHERE user_id = %s RETURNING id, type", [person_id])  # noqa: S608
        removed = cursor.fetchall()
    for row_id, kind in removed:
        tell_change(person_id, EventKind.FACTOR_REMOVED, table=FACTOR, row_id=row_id, former="", detail=kind)


def has_account(person_id: UUID) -> bool:
    """Tell whether a person has an account still: it ends a year after their last day in every pharmacy."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT is_active FROM {PERSON} WHERE id = %s", [person_id])  # noqa: S608
        return bool(cursor.fetchone() == (True,))


def digest_now(table: str, row_id: UUID | int) -> str:
    """Return what events tell of a row of an account, which is locked until the transaction ends; "" without one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {DIGESTS[table]} FROM {table} WHERE id = %s FOR UPDATE", [row_id])  # noqa: S608
        found = cursor.fetchone()
    return "" if found is None else str(found[0])


def _places(person_id: UUID) -> list[_Own]:
    """Return every place of a person, closed ones too: an account changes in all of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('temoin.person', %s, true)", [str(person_id)])
        cursor.execute(_PLACES, [person_id])
        places = [_Own(*row) for row in cursor.fetchall()]
        cursor.execute("SELECT set_config('temoin.person', '', true)")
    return places
