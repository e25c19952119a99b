"""The reading of a mailbox to which machines write: each mail once, an odd one set aside, people's mail left to people.

What is done with is marked as read. Any other mail is flagged and left unread, for a person. The box is read again and
again by one worker of all: a mail that was taken twice must be taken once in effect.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from imaplib import IMAP4
from pathlib import Path
from typing import Any

from temoin.mail.bounded import BoundedBox
from temoin.outbox.set_aside import apart, note_aside

TIMEOUT = 20.0  # seconds
MOST_CUT = 10  # mails of one look over which the line is cut: with more of them the trouble is the server's
LARGEST = 2_000_000  # bytes read of one mail: what a notice tells stands at its beginning


class InboxError(OSError):
    """The mailbox does not do what is asked."""


class MailRefusedError(Exception):
    """The mailbox does not give one of its mails."""


class Taken(Enum):
    """What became of a mail."""

    DONE = auto()
    NOT_OURS = auto()  # a person reads it
    LATER = auto()  # its parcel is being tried at this moment


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Where mails arrive, read by IMAP over TLS; without a user the certificate says who we are."""

    host: str
    port: int
    trust: ssl.SSLContext
    user: str | None = None
    password_file: Path | None = None


def read_mailbox(mailbox: Mailbox, place: str, take: Callable[[bytes], Taken], stop: threading.Event) -> None:
    """Have every mail taken that waits; OSError or IMAP4.error when the mailbox cannot be read.

    Servers end the line over a mail that they cannot read themselves: the others are read by a new one.
    """
    look = _Look(place, take, stop)
    while not look.is_over:
        try:
            with _opened(mailbox) as box:
                look.go_on(box)
        except InboxError:
            raise
        except (IMAP4.abort, OSError):
            if not look.has_set_aside():
                raise


@dataclass
class _Look:
    """One look at a mailbox, by one line or more."""

    place: str
    take: Callable[[bytes], Taken]
    stop: threading.Event
    is_over: bool = False
    _reading: str = ""  # the mail that is being read
    _cut: set[str] = field(default_factory=set)  # mails over which a line was cut

    def go_on(self, box: BoundedBox) -> None:
        for number in _asked(box, "SEARCH", "UNSEEN", "UNFLAGGED")[0].decode().split():
            if self.stop.is_set():
                break
            if number not in self._cut:
                self._reading = number
                _read_one(box, number, self.place, self.take)
                self._reading = ""
        self.is_over = True

    def has_set_aside(self) -> bool:
        """Set aside the mail over which the line was cut; False where there is none, or too many were."""
        number, self._reading = self._reading, ""
        if not number or len(self._cut) == MOST_CUT:
            return False
        self._cut.add(number)
        note_aside(self.place, f"mail {number}", "line_cut")
        return True


def _read_one(box: BoundedBox, number: str, place: str, take: Callable[[bytes], Taken]) -> None:
    """Read one mail; one that cannot be had or taken is flagged for a person, and the next is read."""
    content, taken = None, Taken.NOT_OURS
    with apart(place, f"mail {number}", passing=(IMAP4.abort, OSError)):
        content = _content(box, number)
    if content is not None:
        with apart(place, f"mail {number}"):
            taken = take(content)
    flag = {Taken.DONE: r"(\Seen)", Taken.NOT_OURS: r"(\Flagged)"}.get(taken)
    if flag is not None:
        _asked(box, "STORE", number, "+FLAGS", flag)


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[BoundedBox]:
    with BoundedBox(mailbox.host, mailbox.port, ssl_context=mailbox.trust, timeout=TIMEOUT) as box:
        if mailbox.user is None or mailbox.password_file is None:
            box.authenticate("EXTERNAL", lambda _: b"")
        else:
            password = mailbox.password_file.read_text(encoding="utf-8").strip()
            signed = f"\0{mailbox.user}\0{password}".encode()
            box.authenticate("PLAIN", lambda _: signed)
        box.select("INBOX")
        yield box


def _content(box: BoundedBox, number: str) -> bytes:
    try:
        parts = _asked(box, "FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)")
    except InboxError:
        raise MailRefusedError from None
    return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")  # b"": it is gone meanwhile


def _asked(box: BoundedBox, command: str, *words: str) -> list[Any]:
    box.begin()
    status, answer = box.uid(command, *words)
    if status != "OK":
        raise InboxError(command)
    return [part for part in answer if part is not None] or [b""]
