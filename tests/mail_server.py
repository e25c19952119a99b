"""A real mail server for the tests, that refuses, stammers or hangs up as told."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOGIN = ("temoin", "mot de passe du serveur")
OK = "250 OK"


@dataclass
class Behaviour:
    """What the server answers at each step; "cut" hangs up instead."""

    mail: str = OK
    rcpt: str = OK
    data: str = OK
    full: str = ""  # a mailbox that takes nothing now
    hangs_up: str = ""  # a mailbox over which the line is cut
    messages: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    attempts: int = 0
    port: int = 0

    async def handle_MAIL(self, server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        self.attempts += 1
        self.senders.append(address)
        envelope.mail_from = address
        return _answer(server, self.mail)

    async def handle_RCPT(self, server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address == self.full:
            return "452 full"
        if address == self.hangs_up:
            return _answer(server, "cut")
        envelope.rcpt_tos.append(address)
        return _answer(server, self.rcpt)

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        if self.data == "cut after keeping":
            self._keep(envelope)
            return _answer(server, "cut")
        if self.data == OK:
            self._keep(envelope)
        return _answer(server, self.data)

    def _keep(self, envelope: Any) -> None:
        message = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)


def _answer(server: SMTP, answer: str) -> str:
    if answer == "cut":
        server.transport.abort()
    return answer


@contextmanager
def running_mail_server(
    behaviour: Behaviour, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Behaviour]:
    """Serve on a free port; over TLS, LOGIN may sign in."""
    options: dict[str, Any] = {"hostname": "courrier.example", "tls_context": starttls}
    if starttls or tls:
        # The library does not see that a connection wrapped in TLS is safe: there, it may only offer the sign-in.
        options |= {"auth_required": starttls is not None, "auth_require_tls": starttls is not None}
        options["authenticator"] = _authenticate
    is_ready, stop, loops = threading.Event(), asyncio.Event(), []

    async def live() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(behaviour, **options), "127.0.0.1", 0, ssl=tls)
        behaviour.port = server.sockets[0].getsockname()[1]
        loops.append(loop)
        is_ready.set()
        await stop.wait()
        server.close()
        await server.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    assert is_ready.wait(10)
    try:
        yield behaviour
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)
    assert not thread.is_alive()


def _authenticate(_server: SMTP, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
    is_right = (given.login.decode(), given.password.decode()) == LOGIN
    return AuthResult(success=is_right, handled=False)


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's context with a new certificate for 127.0.0.1, and the file that a client must trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "courrier.example")])
    today = datetime.datetime.now(datetime.UTC)  # noqa: TID251 certificates live in the machine's time
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "server.pem", folder / "server.key"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, private)
    return context, chain
