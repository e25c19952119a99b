"""Short messages to those who run a pharmacy or the site, through the operator's mail server."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from enum import StrEnum
from urllib.parse import urlsplit

from temoin.delivery.channels.email.server import server_of
from temoin.delivery.channels.email.settings import EmailSettings
from temoin.lib.mail_address import AddressError, wire_address
from temoin.lib.mail_headers import POLICY
from temoin.lib.site import Site
from temoin.mail.replies import OPENED, Fate, MailStage, MailTroubleError
from temoin.mail.smtp import Envelope, Exchange

log = logging.getLogger("temoin.delivery")

# Where a line was cut over a letter it may be for that letter, so that the next is tried; no more of them in a row.
_OF_LETTER = OPENED | {MailStage.MAIL}
CUT_IN_A_ROW = 3
_POLICY = POLICY.clone(cte_type="7bit")


@dataclass(frozen=True)
class PatientNotice:
    """A message; `key` makes its Message-ID, so that mail programs show a repeated one once."""

    key: str
    subject: str
    text: str
    html: str


class HandedNotice(StrEnum):
    """What a mail server made of a notice."""

    TAKEN = "taken"
    LATER = "later"  # the mailbox is not ready
    REFUSED = "refused"  # for good


class NoticeMail:
    """Sends notices over one connection, opened by the first. An OSError says that the mail server is in trouble."""

    def __init__(self, email: EmailSettings, site: Site) -> None:
        self._sender = email.sender
        self._host = urlsplit(site.staff_url).hostname
        self._exchange = Exchange(server_of(email, ssl.create_default_context()))
        self._cut = 0  # letters in a row
        self._has_taken = False
        self._trouble: MailTroubleError | None = None  # until a letter is taken

    def close(self) -> None:
        """Close the connection; an OSError where each letter that it was asked to take was cut off."""
        self._exchange.close()
        if self._trouble is not None:
            raise self._trouble

    def send(self, notice: PatientNotice, address: str) -> bool:
        """Hand a notice to the mail server; tell whether that is done with: False for a mailbox that is not ready."""
        return self.hand_over(notice, address) is not HandedNotice.LATER

    def hand_over(self, notice: PatientNotice, address: str) -> HandedNotice:
        """Hand a notice to the mail server. One that is refused for good is logged without its name."""
        try:
            recipient = wire_address(address)
        except AddressError as error:
            log.error("the address of an alarm cannot be written to (%s)", error.fault.value)
            return HandedNotice.REFUSED
        sender = parseaddr(self._sender)[1]
        try:
            content = self._message(notice, recipient)
            self._exchange.send(Envelope(sender=sender, recipient=recipient, content=content))
        except MailTroubleError as trouble:
            if trouble.fate is Fate.MESSAGE_LATER or self._may_be_of_letter(trouble):
                return HandedNotice.LATER
            if trouble.fate is not Fate.MESSAGE_REFUSED:
                raise
            log.error("the mail server refuses the address of an alarm for good (%s)", trouble.code)
            return HandedNotice.REFUSED
        self._cut, self._trouble, self._has_taken = 0, None, True
        return HandedNotice.TAKEN

    def _may_be_of_letter(self, trouble: MailTroubleError) -> bool:
        if trouble.stage not in _OF_LETTER or trouble.fate not in {Fate.UNCLEAR, Fate.SERVER_LATER}:
            return False
        self._cut += 1
        self._trouble = None if self._has_taken else trouble
        return self._cut < CUT_IN_A_ROW

    def _message(self, notice: PatientNotice, address: str) -> bytes:
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._sender
        message["To"] = address
        message["Subject"] = " ".join(notice.subject.split())
        message["Message-ID"] = f"<{notice.key}@{self._host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.text)
        message.add_alternative(notice.html, subtype="html")
        return message.as_bytes()
