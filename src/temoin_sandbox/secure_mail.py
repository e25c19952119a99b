"""The operator of secure health messaging: SMTP over TLS for clients with a certificate, strict about what it takes."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP as MAIL
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from temoin_sandbox.faults import Down, FaultDesk
from temoin_sandbox.mailbox import MAX_MESSAGE_BYTES, REFUSED_LOCAL_PART
from temoin_sandbox.secure_message import SeenMail, look_at
from temoin_sandbox.shelf import KeptItem, Shelf

HOST = "operateur.mssante.fr"
_ENVID = re.compile(r"\s+ENVID=([!-~]+)", re.IGNORECASE)
_NOTICES = re.compile(r"\s+(?:RET|ENVID|NOTIFY|ORCPT)=[!-~]+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """The operator's certificate, and who may have signed those of its clients."""

    certificate: Path
    key: Path
    authorities: Path

    def context(self) -> ssl.SSLContext:
        """Return the context of a server that asks who its clients are."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.certificate, self.key)
        return context


def certificates_of(folder: Path) -> Certificates:
    """Return the certificates in a folder, under their usual names."""
    return Certificates(
        certificate=folder / "server.pem", key=folder / "server.key", authorities=folder / "authorities.pem"
    )


@dataclass(slots=True, kw_only=True)
class HeldMail(KeptItem):
    message_id: str
    recipient: str  # of a patient's box the domain only
    document: str  # CDA identifier
    version: str


@dataclass(slots=True)
class SecureStore(Shelf[HeldMail]):
    """The messages by Message-ID, and what came of them."""

    notices: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # of the last message refused
    received: int = 0

    def keep(self, seen: SeenMail, recipient: str, content: bytes) -> None:
        """Keep a message, or count another copy of one that is kept."""
        document = seen.document
        self.put(
            seen.message_id,
            content,
            lambda moment, digest: HeldMail(
                received=moment,
                digest=digest,
                message_id=seen.message_id,
                recipient=recipient if "@patient." not in recipient else recipient.partition("@")[2],
                document=document.identifier if document else "",
                version=document.version if document else "",
            ),
        )


class NoticedSmtp(SMTP):
    """SMTP with the extension for delivery notices (RFC 3461), of which the library knows nothing."""

    notice_name = ""
    wants_notices = False

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take the sender, and the name under which notices shall come."""
        found = _ENVID.search(arg or "")
        self.notice_name = found[1] if found else ""
        await super().smtp_MAIL(_NOTICES.sub("", arg) if arg else arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take the recipient, and whether notices are wanted at all."""
        self.wants_notices = "NOTIFY=" in (arg or "").upper()
        await super().smtp_RCPT(_NOTICES.sub("", arg) if arg else arg)


class SecureDoor:
    """Answers the SMTP commands, in the signatures aiosmtpd calls."""

    def __init__(self, desk: FaultDesk) -> None:
        self.desk, self.store = desk, SecureStore()

    async def handle_EHLO(  # noqa: PLR0917 - the signature is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, offer notices, or be down."""
        session.host_name = hostname
        faults = self.desk.faults
        if faults.slow:
            self.desk.record("slow")
            await asyncio.sleep(faults.slow)
        if faults.down is not Down.OFF:
            self.desk.record("down")
            if faults.down is Down.CLOSE:
                _cut(server)
            return ["421 4.3.2 Simulated fault: service not available"]
        return [responses[0], "250-DSN", *responses[1:]]

    async def handle_RCPT(  # noqa: PLR0917 - the signature is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, refuse those that drills name to be refused, or be too busy."""
        if self.desk.faults.mail_reject_recipient and address.lower().startswith(REFUSED_LOCAL_PART):
            self.desk.record("mail_reject_recipient")
            return "550 5.1.1 Simulated fault: no such mailbox"
        if self.desk.strikes("throttle"):
            return "451 4.7.1 Simulated fault: too many messages"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Check a message and keep it, unless a fault strikes before or after."""
        content = envelope.original_content or b""
        self.store.received += 1
        seen = look_at(content, envelope.mail_from or "", envelope.rcpt_tos)
        if seen.faults or self.desk.rejects():
            self.store.refused += 1
            self.store.faults = list(seen.faults)
            return f"554 5.6.0 Refused: {', '.join(seen.faults) or 'simulated fault'}"
        self.store.keep(seen, envelope.rcpt_tos[0], content)
        if isinstance(server, NoticedSmtp) and server.wants_notices:
            failed = self.desk.strikes("bounce")
            self.store.notices.append(delivery_notice(seen.message_id, envelope, server.notice_name, failed=failed))
        if self.desk.strikes("drop_answer"):
            _cut(server)
        if self.desk.strikes("error_after_store"):
            return "451 4.3.0 Simulated fault: error after storing"
        return f"250 2.0.0 Kept as {len(self.store.held)}"


def delivery_notice(message_id: str, envelope: Envelope, name: str, *, failed: bool) -> bytes:
    """Return a delivery notice as RFC 3464 has it, with the headers of the message (RET=HDRS)."""
    about_all, about_one = Message(), Message()
    about_all["Reporting-MTA"] = f"dns; {HOST}"
    if name:
        about_all["Original-Envelope-Id"] = name
    about_one["Final-Recipient"] = f"rfc822; {envelope.rcpt_tos[0]}"
    about_one["Action"] = "failed" if failed else "delivered"
    about_one["Status"] = "5.1.1" if failed else "2.0.0"
    about_one["Diagnostic-Code"] = "smtp; 550 5.1.1 Simulated fault" if failed else "smtp; 250 2.0.0 Kept"
    status = MIMEBase("message", "delivery-status")
    status.set_payload([about_all, about_one])
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = f"MAILER-DAEMON@{HOST}"
    report["To"] = envelope.mail_from or ""
    report["Subject"] = "Undelivered Mail Returned to Sender" if failed else "Successful Mail Delivery Report"
    report["Auto-Submitted"] = "auto-replied"
    for part in (
        MIMEText("Notification de remise.\n"),
        status,
        MIMEText(f"Message-ID: {message_id}\n", "rfc822-headers"),
    ):
        report.attach(part)
    return report.as_bytes(policy=MAIL)


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


@asynccontextmanager
async def secure_mail_listening(
    host: str, port: int, door: SecureDoor, certificates: Certificates
) -> AsyncIterator[int]:
    """Listen for messages inside the running loop, and tell the port."""
    loop = asyncio.get_running_loop()

    def connection() -> SMTP:
        return NoticedSmtp(door, hostname=HOST, ident="sandbox", data_size_limit=MAX_MESSAGE_BYTES, loop=loop)

    server = await loop.create_server(connection, host, port, ssl=certificates.context())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
