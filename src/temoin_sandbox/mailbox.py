"""The mailbox of the sandbox: a real SMTP server that takes all mail, keeps the newest and sends none on."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import blake2b
from time import time
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from temoin_sandbox.faults import FaultDesk

KEPT = 5000
MAX_MESSAGE_BYTES = 1_000_000
REFUSED_LOCAL_PART = "refuse"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One message received; `number` never changes, however many have been dropped before it."""

    number: int
    to: tuple[str, ...]
    subject: str
    text: str
    message_id: str
    received: datetime

    def to_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "to": list(self.to),
            "subject": self.subject,
            "text": self.text,
            "message_id": self.message_id,
            "received": self.received.isoformat(timespec="milliseconds"),
        }


@dataclass(slots=True)
class SandboxMailbox:
    """The newest messages, in memory only."""

    mails: deque[ReceivedMail] = field(default_factory=lambda: deque(maxlen=KEPT))
    received: int = 0
    # By Message-ID, how often each text came: counted for every message, also for those no longer kept.
    copies: dict[str, Counter[bytes]] = field(default_factory=dict)

    def keep(self, recipients: Iterable[str], content: bytes) -> ReceivedMail:
        message = message_from_bytes(content, policy=policy.default)
        self.received += 1
        mail = ReceivedMail(
            number=self.received,
            to=tuple(recipients),
            subject=_header(message, "Subject"),
            text=_text(message),
            message_id=_header(message, "Message-ID"),
            received=datetime.fromtimestamp(time(), UTC),
        )
        self.mails.append(mail)
        digest = blake2b(mail.text.encode("utf-8", "replace"), digest_size=16).digest()
        self.copies.setdefault(mail.message_id, Counter())[digest] += 1
        return mail

    def get(self, number: int) -> ReceivedMail | None:
        """Return one message, unless it was never received or has been dropped."""
        return next((mail for mail in self.mails if mail.number == number), None)


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, "")).strip()


def _text(message: EmailMessage) -> str:
    """Return the plain text; a message in an unknown charset or without text is shown empty, never lost."""
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, KeyError):
        return ""


class MailHandler:
    """Answers the SMTP commands, in the signatures aiosmtpd calls."""

    def __init__(self, mailbox: SandboxMailbox, desk: FaultDesk) -> None:
        self.mailbox, self.desk = mailbox, desk

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str) -> str:
        """Greet, or be down."""
        session.host_name = hostname
        return self._down() or f"250 {server.hostname}"

    async def handle_EHLO(  # noqa: PLR0917 - the signature is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, or be down."""
        session.host_name = hostname
        down = self._down()
        return [down] if down else responses

    async def handle_MAIL(  # noqa: PLR0917 - the signature is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, unless the mailbox went down on an open connection."""
        down = self._down()
        if down:
            return down
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: PLR0917 - the signature is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse those that drills name to be refused."""
        if self.desk.faults.mail_reject_recipient and address.lower().startswith(REFUSED_LOCAL_PART):
            self.desk.record("mail_reject_recipient")
            return "550 5.1.1 Simulated fault: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        self.mailbox.keep(envelope.rcpt_tos, content if isinstance(content, bytes) else b"")
        return "250 2.0.0 Kept"

    def _down(self) -> str:
        if not self.desk.faults.mail_down:
            return ""
        self.desk.record("mail_down")
        return "421 4.3.2 Simulated fault: service not available"


async def start_mailbox(host: str, port: int, mailbox: SandboxMailbox, desk: FaultDesk) -> asyncio.Server:
    """Listen for mail inside the running loop."""
    loop = asyncio.get_running_loop()
    handler = MailHandler(mailbox, desk)

    def connection() -> SMTP:
        # The host name is given because aiosmtpd would look it up in DNS for every connection.
        return SMTP(handler, hostname="sandbox", ident="sandbox", data_size_limit=MAX_MESSAGE_BYTES, loop=loop)

    return await loop.create_server(connection, host, port)
