"""Short messages to those who run a pharmacy or the site, through the operator's mail server."""

from __future__ import annotations

import logging
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

from django.conf import settings

from temoin.delivery.couriers.email import connect

log = logging.getLogger("temoin.delivery")

BUSY = 421  # the server itself closes (RFC 5321 §4.2.3)


@dataclass(frozen=True)
class Notice:
    """A message; `key` makes its Message-ID, so that mail programs show a repeated one once."""

    key: str
    subject: str
    text: str
    html: str


class NoticeMail:
    """Sends notices over one connection, opened by the first. An OSError says that the mail server is in trouble."""

    def __init__(self) -> None:
        self._server: smtplib.SMTP | None = None

    def close(self) -> None:
        """Close the connection; what the server took stays taken."""
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()

    def send(self, notice: Notice, address: str) -> bool:
        """Hand a notice to the mail server; tell whether that is done with: False for a mailbox that is not ready.

        One that is refused for good is passed over, and logged without its name.
        """
        if self._server is None:
            self._server = connect(settings.TEMOIN.mail, ssl.create_default_context())
        try:
            self._server.send_message(_message(notice, address))
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            if code == BUSY:
                raise
            if not 500 <= code < 600:
                return False
            log.error("the mail server refuses the address of an alarm for good (%s)", code)
        return True


def _message(notice: Notice, address: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.TEMOIN.mail.sender
    message["To"] = address
    message["Subject"] = " ".join(notice.subject.split())
    message["Message-ID"] = f"<{notice.key}@{urlsplit(settings.TEMOIN.site.staff_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    message.add_alternative(notice.html, subtype="html")
    return message
