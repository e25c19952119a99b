"""A mail server that goes on and on is left, and holds neither time nor memory."""

from __future__ import annotations

import imaplib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server
from time import monotonic, sleep
from typing import Any

import pytest
from certificates import make_identity
from patience import PATIENCE

from temoin.mail.imap import Mailbox, read_mailbox
from temoin.mail.replies import MailStage, MailTroubleError
from temoin.mail.smtp import Encryption, Exchange, MailServer


@contextmanager
def serving(talk: Callable[[Any], object], wrap: Callable[[Any], Any] = lambda sock: sock) -> Iterator[int]:
    """Serve one caller."""
    with create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError), wrap(listener.accept()[0]) as sock:
                talk(sock)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE)


def lines(sock: Any) -> None:
    for _ in range(1_000_000):
        sock.sendall(b"220-and so on\r\n" * 100)


def drops(sock: Any) -> None:
    for _ in range(300):
        sock.sendall(b"2")
        sleep(0.05)


@pytest.mark.parametrize("talk", [lines, drops])
def test_an_endless_reply_by_smtp_is_no_reply(talk: Callable[[Any], None]):
    began = monotonic()
    with serving(talk) as port:
        server = MailServer(
            host="127.0.0.1", port=port, encryption=Encryption.NONE, trust=ssl.create_default_context(), timeout=0.5
        )
        with pytest.raises(MailTroubleError) as trouble:
            Exchange(server).open()

    assert trouble.value.stage is MailStage.CONNECT
    assert monotonic() - began < PATIENCE


def test_an_endless_answer_by_imap_is_no_answer(tmp_path: Path):
    identity = make_identity(tmp_path, "mail")
    trust = ssl.create_default_context(cafile=identity.certificate)
    trust.check_hostname = False

    def talk(sock: Any) -> None:
        sock.sendall(b"* OK here\r\n")
        for _ in range(1_000_000):
            sock.sendall(b"* OK and so on\r\n" * 1_000)

    with serving(talk, lambda sock: identity.server().wrap_socket(sock, server_side=True)) as port:
        box = Mailbox(host="127.0.0.1", port=port, trust=trust)
        with pytest.raises(imaplib.IMAP4.error):
            read_mailbox(box, "mail", lambda _mail: pytest.fail("none came"), threading.Event())
