"""Sessions, bound to a person and a pharmacy: one read brings session, person and membership, as each request needs.

Django's engine keeps the cookie's key in clear; here the row's key is its SHA-256, so that a dump opens no session. The
signed content names its row, its person and its pharmacy: a row that somebody copied or pointed elsewhere opens
nothing, and a copy is told as a broken seal is (law 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import OperationalError, connection
from django.utils.crypto import constant_time_compare

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.alerts import note_broken_seal
from temoin.lib.asking import ask
from temoin.lib.away import is_away
from temoin.lib.clock import now
from temoin.lib.handed import Handed
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Member
from temoin.signin.models import Person, Session
from temoin.signin.own_secrets import broken_rows

LATE_AFTER: Handed[timedelta] = Handed("time after which a parcel is late")

COUNTED = 100  # as in the database's function
PHARMACY = "pharmacy_id"  # the session's key for the pharmacy that it is bound to
_ROW = "temoin_row"  # in the signed content: the key of the row that it was written for

# Not the time of the last sign-in: no page asks for it, and reading a time is dear for the driver.
_PERSON = [field.attname for field in Person._meta.concrete_fields if field.attname != "last_login"]
_MEMBER = [field.attname for field in Member._meta.concrete_fields]
_READ = f"""
SELECT content, {", ".join(f"(person).{name}" for name in _PERSON)}, {", ".join(f"(member).{name}" for name in _MEMBER)}
       , backlog, oldest
FROM signin_read_session(%s, %s, %s)
"""  # noqa: S608 column names of ours

_BACKLOG = "SELECT backlog, oldest FROM outbox_backlog(%s, %s)"


@dataclass(frozen=True)
class Backlog:
    """How many parcels of the pharmacy are refused or late, counted up to COUNTED, and since when the oldest waits."""

    count: int = 0
    oldest: datetime | None = None

    @property
    def count_words(self) -> str:
        return f"{COUNTED}+" if self.count >= COUNTED else str(self.count)

    @property
    def is_late(self) -> bool:
        """Tell whether one of them waits for longer than the settings allow: the band on every page."""
        return self.oldest is not None and self.oldest < _late_before()


@dataclass(frozen=True)
class Owner:
    """Whose a session, or what was typed in it, is: a person at work in one pharmacy."""

    person_id: UUID
    pharmacy_id: UUID


class SessionStore(DatabaseSessionStore):
    """Django's database sessions, with `person` and `member` read along (None where there is none).

    The backlog is read along too where a page is asked for; a form's answer is a redirect, which shows none.
    """

    person: Person | None = None
    member: Member | None = None
    asks_backlog = True
    _backlog: Backlog | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        """Return the session's content; a connection that died since the last request is opened again, once."""
        try:
            found = self._read()
        except OperationalError as error:
            if connection.in_atomic_block or not is_away(error):
                raise
            connection.close()
            found = self._read()
        if found is None:
            self._session_key = None
            return {}
        content, person, member = found[0], found[1 : 1 + len(_PERSON)], found[1 + len(_PERSON) : -2]
        held = read_content(row_key(self.session_key), content)
        place = str(member[_MEMBER.index("pharmacy_id")]) if member[0] is not None else None
        if held is None or place not in {None, held.get(PHARMACY)}:
            self._session_key = None
            return {}
        self.person = Person.from_db("default", _PERSON, person) if person[0] is not None else None
        self.member = Member.from_db("default", _MEMBER, member) if place is not None else None
        self._backlog = Backlog(found[-2] or 0, found[-1]) if self.asks_backlog else None
        return held

    @property
    def backlog(self) -> Backlog:
        """Return what waits in the pharmacy; asked now where it did not come with the session."""
        if self._backlog is None:
            self._backlog = _backlog_of(self.member)
        return self._backlog

    def signed_in(self) -> Person | None:
        """Return whose session this is. A suspended account or a changed password ends it, as in Django's own."""
        named = self.get(SESSION_KEY)
        if named is None:
            return None
        person = self.person
        if person is None or not person.is_active or str(person.pk) != named or not self._has_password_of_today(person):
            self.flush()
            return None
        return person

    def _has_password_of_today(self, person: Person) -> bool:
        return constant_time_compare(self.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())

    def _read(self) -> tuple[Any, ...] | None:
        late_before = _late_before() if self.asks_backlog else None
        rows = ask(_READ, [row_key(self.session_key), now(), late_before])
        return rows[0] if rows else None

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row of this content, with whom and where in columns."""
        key = row_key(self._get_or_create_session_key())  # type: ignore[attr-defined] # missing in the stubs
        return Session(
            session_key=key,
            session_data=self.encode({**data, _ROW: key}),
            expire_date=self.get_expiry_date(modification=now()),
            person_id=data.get(SESSION_KEY),
            bound_to=data.get(PHARMACY),
        )

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """End a session, this one unless another cookie's key is given."""
        named = session_key or self.session_key
        if named is not None:
            super().delete(row_key(named))


def _backlog_of(member: Member | None) -> Backlog:
    if member is None:
        return Backlog()
    with tenant_scope(member.pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_BACKLOG, [member.pharmacy_id, _late_before()])
        return Backlog(*cursor.fetchone())


def _late_before() -> datetime:
    return now() - LATE_AFTER()


def row_key(cookie: str | None) -> str:
    """Return what the database keeps of a cookie's key."""
    return sha256((cookie or "").encode()).hexdigest()


def read_content(key: str, content: str) -> dict[str, Any] | None:
    """Return what was written for the row of this key; None, told where its person works, for another row's content."""
    held: dict[str, Any] = orjson.loads(_decoded(content))
    written_for = held.pop(_ROW, None)
    if held and written_for != key:
        _tell_copied(held)
        return None
    return held


@lru_cache(maxsize=1024)
def _decoded(content: str) -> bytes:
    """Check the signature of a session's content, and unpack it: once in a process, as each request brings it again."""
    return orjson.dumps(SessionStore().decode(content))


def _tell_copied(held: Mapping[str, Any]) -> None:
    error = SealBrokenError("the content of a session was copied to another row")
    person = held.get(SESSION_KEY)
    error.told_in = broken_rows(UUID(person), "signin_session") if person else ()
    note_broken_seal(error, origin="page")


def owner_of(session: Any) -> Owner | None:
    """Return whose this session is; None before somebody is signed in and at work in a pharmacy."""
    person, pharmacy = session.get(SESSION_KEY), session.get(PHARMACY)
    return Owner(UUID(person), UUID(pharmacy)) if person and pharmacy else None


def owner_of_ended(cookie: str) -> Owner | None:
    """Return whose session a cookie opened that opens nothing any more, while its row is there."""
    row = Session.objects.filter(session_key=row_key(cookie)).first()
    held = read_content(row.session_key, row.session_data) if row is not None else None
    return owner_of(held) if held else None
