"""A person's open sessions: where each began, in coarse words, and how it is ended at its next request."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY

from temoin.lib.clock import now
from temoin.signin.models import Person, Session
from temoin.signin.sessions import read_content, row_key

# What a session's content keeps of how it began.
BEGAN = "temoin_began"
DEVICE = "temoin_device"
NETWORK = "temoin_network"
SEEN = "temoin_seen"

_SHOWN = 16  # hexadecimal characters of a row's key: 64 bits name one session of one person
_PREFIX = {4: 24, 6: 48}  # bits that a pharmacy's connection keeps
# Marks of a browser's own description; the first that is found counts (an iPhone's also says "Mac OS X").
_MARKS = ("iPhone", "iPad", "Android", "Windows", "Mac OS X", "Linux")


@dataclass(frozen=True)
class OpenSession:
    """One session; `device` is one of a closed list or empty, `network` a prefix or empty."""

    id: str
    began: datetime
    device: str
    network: str


def open_sessions(person: Person) -> list[OpenSession]:
    """Return the person's sessions that still open something, oldest first."""
    return sorted(_open_rows(person), key=lambda one: one.began)


def end_sessions(person: Person, *, only: str | None = None, but: str | None = None) -> int:
    """End the person's sessions: all, the one of this id only, or all but the one of this id; return how many."""
    rows = Session.objects.filter(person_id=person.id)
    if only is not None:
        rows = rows.filter(session_key__startswith=only) if len(only) == _SHOWN else rows.none()
    if but is not None:
        rows = rows.exclude(session_key__startswith=but)
    return rows.delete()[0]


def session_id(cookie: str | None) -> str:
    """Return the id by which a session is named on its owner's page; it opens nothing."""
    return row_key(cookie)[:_SHOWN]


def seconds_left(session: Any) -> int:
    """Return for how long a session still lives when nobody asks anything of it."""
    instant = int(now().timestamp())
    idle = session.get(SEEN, instant) + settings.SESSION_COOKIE_AGE
    return max(0, min(int(idle), int(session.get(BEGAN, instant)) + int(settings.SESSION_ABSOLUTE_AGE)) - instant)


def device_of(user_agent: str) -> str:
    """Return the kind of device, no closer than its owner needs to know it again."""
    return next((mark for mark in _MARKS if mark in user_agent), "")


def network_of(address: str) -> str:
    """Return the prefix that the devices of one connection share: all that is kept of the place."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{address}/{_PREFIX[version]}", strict=False))


def _open_rows(person: Person) -> Iterator[OpenSession]:
    for row in Session.objects.filter(person_id=person.id, expire_date__gt=now()):
        held = read_content(row.session_key, row.session_data) or {}
        if held.get(HASH_SESSION_KEY) == person.get_session_auth_hash():  # else a new password has ended it
            began = datetime.fromtimestamp(held.get(BEGAN, now().timestamp()), tz=UTC)
            yield OpenSession(row.session_key[:_SHOWN], began, held.get(DEVICE, ""), held.get(NETWORK, ""))
