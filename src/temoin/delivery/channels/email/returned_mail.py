"""Reads the mailbox in which patients' mail comes back, and tells each return to its parcel.

Only a notice that bears the token of the very mail is believed: whoever else writes to that box changes nothing. A
machine's notice of failure (RFC 3464) alone counts; absences and other mail are left to a person.
"""

from __future__ import annotations

import ssl
import threading
from datetime import timedelta
from functools import partial

from django.db import connection

from temoin.crypto.blind import is_mail_token
from temoin.delivery.channels.email.courier import DESTINATION
from temoin.delivery.channels.email.envelopes import named_in
from temoin.delivery.channels.email.settings import Returned
from temoin.formats.mail_notices import NoticeFate, ToldNotice, read_told
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.mail.imap import Mailbox, Taken, read_mailbox
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.duties import Duty
from temoin.outbox.reconciling import booked_under
from temoin.outbox.returns import note_later

DUTY = "returned-mail"
EVERY = timedelta(minutes=2)
# Mail servers give up after five days at most (RFC 5321 §4.5.4.1); until then the link may have to go again.
COMES_BACK_WITHIN = timedelta(days=7)
_FORGET = """
UPDATE outbox_parcel SET sealed = NULL
WHERE destination = %s AND state = 'accepted' AND sealed IS NOT NULL AND settled_at < %s
"""


def returned_mail_duties(returned: Returned) -> list[Duty]:
    """Return the duties to announce where a mailbox is named."""
    return [
        Duty(DUTY, EVERY, partial(read_returned_mail, returned)),
        Duty("forget-sent-links", timedelta(hours=1), forget_sent_links),
    ]


def read_returned_mail(returned: Returned, stop: threading.Event) -> None:
    """Tell every return that waits; OSError or IMAP4.error when the mailbox cannot be read."""
    mailbox = Mailbox(
        host=returned.host,
        port=returned.port,
        trust=ssl.create_default_context(cafile=returned.authorities),
        user=returned.user,
        password_file=returned.password_file,
    )
    read_mailbox(mailbox, DUTY, _take, stop)


def forget_sent_links(_stop: threading.Event) -> None:
    """Destroy the links of mails that will not come back any more."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [DESTINATION, now() - COMES_BACK_WITHIN])


def _take(content: bytes) -> Taken:
    told = read_told(content)
    if told is None or told.fate is NoticeFate.NOT_FILED:
        return Taken.NOT_OURS
    key = _believed(told)
    if key is None:
        return Taken.NOT_OURS
    if told.fate is not NoticeFate.FAILED:
        return Taken.DONE  # on its way, or delivered: the mail server's word has settled it already
    return Taken.DONE if _note(key, told.words) else Taken.LATER


def _believed(told: ToldNotice) -> str | None:
    """Return the key of the mail that the notice bears the token of."""
    named = filter(None, map(named_in, told.names))
    return next((key for key, token in named if _is_ours(key, token)), None)


def _is_ours(key: str, token: str) -> bool:
    for parcel in booked_under(DESTINATION, [key]):
        with tenant_scope(parcel.pharmacy_id):
            return is_mail_token(key, token)
    return False


def _note(key: str, words: str) -> bool:
    answer = Answer(Verdict.REFUSED, "mail_returned", detail=words, receipt={"said": words})
    try:
        return note_later(DESTINATION, key, answer)
    except ConflictError:
        return False  # a worker holds it at this moment: the next look tells it
