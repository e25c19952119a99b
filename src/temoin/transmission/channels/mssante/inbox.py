"""Reads the mailbox in which notices of delivery of the secure messaging arrive, and tells each to its parcel."""

from __future__ import annotations

import threading

from temoin.formats.mssante import DeliveryNotice, NoticeFate, read_notice
from temoin.lib.errors import ConflictError
from temoin.mail.imap import Mailbox, Taken, read_mailbox
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.returns import note_later
from temoin.transmission.channels.mssante.lines import trust
from temoin.transmission.channels.mssante.settings import Inbox, MssanteSettings

DUTY = "secure-mail-notices"


def read_inbox(mail: MssanteSettings, inbox: Inbox, stop: threading.Event) -> None:
    """Tell every notice that waits; OSError or IMAP4.error when the mailbox cannot be read."""
    mailbox = Mailbox(
        host=inbox.host, port=inbox.port, trust=trust(mail), user=inbox.user, password_file=inbox.password_file
    )
    read_mailbox(mailbox, DUTY, _take, stop)


def _take(content: bytes) -> Taken:
    notice = read_notice(content)
    if notice is None:
        return Taken.NOT_OURS
    return Taken.DONE if _tell(notice) else Taken.LATER


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
    NoticeFate.DELIVERED: (Verdict.ACCEPTED, "delivered"),
    NoticeFate.FAILED: (Verdict.REFUSED, "returned"),
    NoticeFate.NOT_FILED: (Verdict.REFUSED, "not_filed"),
}
