"""Reads the mailbox in which notices of delivery arrive, and tells each to its parcel.

A notice is marked as read once it is told. Any other mail is flagged and left unread, for a person. The box is read
again and again by one worker of all: a notice that was told twice is told once.
"""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from temoin.formats.mssante import DeliveryNotice, Fate, read_notice
from temoin.lib.errors import ConflictError
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.returns import note_later
from temoin.outbox.set_aside import apart
from temoin.transmission.couriers.mssante_lines import trust
from temoin.transmission.secure_mail import Inbox, SecureMail

DUTY = "secure-mail-notices"
TIMEOUT = 20.0  # seconds
LARGEST = 2_000_000  # bytes read of one mail: what a notice tells stands at its beginning


class InboxError(OSError):
    """The mailbox does not do what is asked."""


def read_inbox(mail: SecureMail, inbox: Inbox, stop: threading.Event) -> None:
    """Tell every notice that waits; OSError or IMAP4.error when the mailbox cannot be read."""
    with _opened(mail, inbox) as box:
        for number in _asked(box, "SEARCH", "UNSEEN", "UNFLAGGED")[0].split():
            if stop.is_set():
                return
            _read_one(box, number.decode())


def _read_one(box: imaplib.IMAP4, number: str) -> None:
    """Read one mail; one that cannot be taken is flagged for a person, and the next is read."""
    with apart(DUTY, f"mail {number}", passing=(OSError, imaplib.IMAP4.error)) as fate:
        _take(box, number)
    if fate.was_set_aside:
        _flag(box, number)


def _take(box: imaplib.IMAP4, number: str) -> None:
    notice = read_notice(_content(box, number))
    if notice is None:
        _flag(box, number)
    elif _tell(notice):
        _asked(box, "STORE", number, "+FLAGS", r"(\Seen)")


def _flag(box: imaplib.IMAP4, number: str) -> None:
    _asked(box, "STORE", number, "+FLAGS", r"(\Flagged)")


def _tell(notice: DeliveryNotice) -> bool:
    answer = _ANSWERS.get(notice.fate)
    if answer is None:
        return True  # the operator goes on trying: nothing is known yet
    verdict, code = answer
    told = Answer(verdict, code, detail=notice.words, receipt={"id": notice.key, "said": notice.words})
    try:
        return note_later(notice.destination, notice.key, told)
    except ConflictError:
        return False  # a worker holds it at this moment: the next look tells it


_ANSWERS = {
    Fate.DELIVERED: (Verdict.ACCEPTED, "delivered"),
    Fate.FAILED: (Verdict.REFUSED, "returned"),
    Fate.NOT_FILED: (Verdict.REFUSED, "not_filed"),
}


@contextmanager
def _opened(mail: SecureMail, inbox: Inbox) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4_SSL(inbox.host, inbox.port, ssl_context=trust(mail), timeout=TIMEOUT) as box:
        if inbox.user is None or inbox.password_file is None:
            box.authenticate("EXTERNAL", lambda _: b"")
        else:
            password = inbox.password_file.read_text(encoding="utf-8").strip()
            signed = f"\0{inbox.user}\0{password}".encode()
            box.authenticate("PLAIN", lambda _: signed)
        box.select("INBOX")
        yield box


def _content(box: imaplib.IMAP4, number: str) -> bytes:
    parts = _asked(box, "FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)")
    return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")  # b"": it is gone meanwhile


def _asked(box: imaplib.IMAP4, command: str, *words: str) -> list[Any]:
    status, answer = box.uid(command, *words)
    if status != "OK":
        raise InboxError(command)
    return [part for part in answer if part is not None] or [b""]
