"""The exchange with a mail server, a step at a time, so that each outcome is known by its stage."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temoin.mail.bounded import BoundedSmtp, BoundedSmtpTls
from temoin.mail.replies import Fate, MailStage, MailTroubleError, judge_error, judge_reply

_LINE_END = re.compile(rb"\r\n|\r|\n")


class Encryption(StrEnum):
    """How a connection is encrypted: not (to this very machine), from its start, or on demand just after."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Whom to hand messages to, and how."""

    host: str
    port: int
    encryption: Encryption
    trust: ssl.SSLContext
    timeout: float  # seconds for each answer, the whole of it
    user: str | None = None
    password_file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One message to one recipient, both addresses as mail servers take them (`lib.mail_address`)."""

    sender: str
    recipient: str
    content: bytes
    name: str = ""  # ENVID: a notice of delivery repeats it, where the server gives notices (RFC 3461)
    notify: str = "FAILURE,DELAY"


class Exchange:
    """One connection. A MailTroubleError says how far it came and whose fault it was."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, encrypt and sign in."""
        smtp = self._connected()
        try:
            self._prepare(smtp)
        except BaseException:
            smtp.close()
            raise
        self._smtp = smtp

    def send(self, envelope: Envelope) -> bytes:
        """Hand one message over and return what the server says of it."""
        if self._smtp is None:
            self.open()
        smtp = self._smtp
        if smtp is None:
            raise MailTroubleError(MailStage.CONNECT, Fate.SERVER_LATER)
        try:
            return _hand_over(smtp, envelope)
        except MailTroubleError as trouble:
            self._after(smtp, trouble)
            raise

    def close(self) -> None:
        """Say goodbye; what the server took stays taken."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _after(self, smtp: smtplib.SMTP, trouble: MailTroubleError) -> None:
        """Make ready for the next message; a line that is out of step is closed."""
        if trouble.fate in {Fate.MESSAGE_LATER, Fate.MESSAGE_REFUSED}:
            with suppress(smtplib.SMTPException, OSError):
                smtp.rset()
                return
        self._smtp = None
        smtp.close()

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        with _at(MailStage.CONNECT):
            if server.encryption is Encryption.TLS:
                return BoundedSmtpTls(server.host, server.port, timeout=server.timeout, context=server.trust)
            return BoundedSmtp(server.host, server.port, timeout=server.timeout)

    def _prepare(self, smtp: smtplib.SMTP) -> None:
        server = self._server
        if server.encryption is Encryption.STARTTLS:
            with _at(MailStage.HELLO):
                _greet(smtp)
            with _at(MailStage.STARTTLS):
                smtp.starttls(context=server.trust)
        with _at(MailStage.HELLO):
            _greet(smtp)  # a server that will not have our certificate says so here under TLS 1.3
        if server.user and server.password_file is not None:
            with _at(MailStage.AUTH):
                smtp.login(server.user, server.password_file.read_text(encoding="utf-8").strip())


def _greet(smtp: smtplib.SMTP) -> None:
    """Say EHLO, and HELO to a server too old to know it (RFC 5321 §3.2).

    The library says HELO after any refusal, also after 421: a server that was closing was then handed a message.
    """
    if smtp.does_esmtp:
        return
    code, words = smtp.ehlo()
    if 500 <= code <= 504:
        code, words = smtp.helo()
    _check(MailStage.HELLO, code, words)


def _hand_over(smtp: smtplib.SMTP, envelope: Envelope) -> bytes:
    gives_notices = smtp.has_extn("dsn")
    # RET=HDRS: a notice of failure brings the headers back, not the message.
    about_message = ["RET=HDRS", f"ENVID={envelope.name}"] if gives_notices and envelope.name else []
    about_recipient = [f"NOTIFY={envelope.notify}"] if gives_notices and envelope.name else []
    with _at(MailStage.MAIL):
        _check(MailStage.MAIL, *smtp.mail(envelope.sender, about_message))
    with _at(MailStage.RCPT):
        _check(MailStage.RCPT, *smtp.rcpt(envelope.recipient, about_recipient))
    with _at(MailStage.DATA):
        _check(MailStage.DATA, *smtp.docmd("DATA"))
    with _at(MailStage.CONTENT):
        smtp.send(_on_the_wire(envelope.content))
        return _check(MailStage.CONTENT, *smtp.getreply())


def _on_the_wire(content: bytes) -> bytes:
    """Return a message as DATA takes it (RFC 5321 §4.5.2): lines end with CRLF, a dot before a dot, one at the end."""
    lines = _LINE_END.split(content.rstrip(b"\r\n"))
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"


def _check(stage: MailStage, code: int, words: bytes) -> bytes:
    fate = judge_reply(stage, code, words)
    if fate is not Fate.TAKEN:
        raise MailTroubleError(stage, fate, code=code, words=words)
    return words


@contextmanager
def _at(stage: MailStage) -> Iterator[None]:
    """Say whose fault it is when the stage goes wrong."""
    try:
        yield
    except MailTroubleError:
        raise
    except smtplib.SMTPResponseException as error:
        words = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        fate = judge_reply(stage, error.smtp_code, words)
        raise MailTroubleError(stage, fate, code=error.smtp_code, words=words, cause=type(error).__name__) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        cause = "certificate" if isinstance(error, ssl.SSLError) else type(error).__name__
        raise MailTroubleError(stage, judge_error(stage, error), cause=cause) from None
