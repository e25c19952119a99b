"""What an operator may answer, or be, that the sandbox never is: none of it is taken for more than it says."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mail_server import Behaviour, running_mail_server
from secure_mail import Signed, Trust

from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.channels.mssante import lines as mssante_lines
from temoin.transmission.channels.mssante.courier import MssanteDoctorCourier
from temoin.transmission.channels.mssante.settings import AlwaysEncrypted, MssanteSettings

KEY = "11111111-2222-4333-8444-555555555555"
BODY = f"Message-ID: <{KEY}.mssante-doctor@x.mssante.fr>\r\n\r\nBonjour\r\n".encode()
PARCEL = Consignment(key=KEY, body=BODY, address="a@medecin.mssante.fr")


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return Trust(tmp_path_factory.mktemp("trust"))


def told(mail: MssanteSettings) -> tuple[Verdict, str]:
    answer = carried(mail)
    return answer.verdict, answer.code


def carried(mail: MssanteSettings) -> Answer:
    return asyncio.run(MssanteDoctorCourier(mail, demo=True).carry(PARCEL))


def answered(trust: Trust, **said: str) -> Answer:
    with running_mail_server(Behaviour(**said), tls=trust.certificates.context()) as server:
        return carried(trust.mail(server.port))


@pytest.mark.parametrize(
    ("said", "verdict", "code"),
    [
        ({}, Verdict.ACCEPTED, "taken_by_operator"),
        ({"data": "250 Queued"}, Verdict.ACCEPTED, "taken_by_operator"),
        ({"mail": "550 5.7.1 not your box"}, Verdict.POSTPONED, "mail_server_refused"),
        ({"mail": "421 later"}, Verdict.POSTPONED, "mail_server_refused"),
        ({"mail": "cut"}, Verdict.POSTPONED, "unreachable"),
        ({"rcpt": "550 5.1.1 unknown"}, Verdict.REFUSED, "secure_mailbox_refused"),
        ({"rcpt": "450 busy"}, Verdict.POSTPONED, "secure_mailbox_refused"),
        ({"rcpt": "cut"}, Verdict.POSTPONED, "unreachable"),
        ({"data": "554 5.6.0 refused"}, Verdict.REFUSED, "message_refused"),
        ({"data": "452 full"}, Verdict.POSTPONED, "mail_server_refused"),
        ({"data": "452 4.2.2 full"}, Verdict.POSTPONED, "message_refused"),
        ({"data": "354 go on"}, Verdict.DOUBTFUL, "unclear_answer"),
        ({"data": "cut"}, Verdict.DOUBTFUL, "cut_off"),
        ({"data": "cut after keeping"}, Verdict.DOUBTFUL, "cut_off"),
    ],
)
def test_only_the_operators_250_is_an_acknowledgement(trust, said, verdict, code):
    answer = answered(trust, **said)

    assert (answer.verdict, answer.code) == (verdict, code)


def test_the_answer_is_kept_as_it_came(trust):
    answer = answered(trust, data="250 Queued as 42")

    assert answer.came == b"250 Queued as 42"
    assert answer.receipt == {"id": f"<{KEY}.mssante-doctor@x.mssante.fr>", "said": "Queued as 42"}


def test_the_message_may_be_encrypted_on_demand(trust):
    with running_mail_server(Behaviour(), starttls=trust.certificates.context()) as server:
        open_door = replace(trust.mail(server.port), encryption=AlwaysEncrypted.STARTTLS)
        # The library asks for a sign-in over STARTTLS, which our certificate is: what it refuses then is our sender.
        assert told(open_door) == (Verdict.POSTPONED, "mail_server_refused")


def test_an_operator_without_encryption_gets_nothing(trust):
    with running_mail_server(Behaviour()) as server:
        for encryption in AlwaysEncrypted:
            assert told(replace(trust.mail(server.port), encryption=encryption))[0] is Verdict.POSTPONED

    assert server.messages == []


def shown(signed: Signed) -> dict[str, Any]:
    return {"certificate": signed.certificate, "key": signed.key}


Change = Callable[[Trust, Path], dict[str, Any]]


@pytest.mark.parametrize(
    "change",
    [
        lambda trust, folder: shown(Trust(folder).ours),
        lambda trust, folder: shown(trust.authority.sign("old", lasting=timedelta(days=-1))),
        lambda trust, folder: {"key": trust.operator.key},
        lambda trust, folder: {"authorities": None},
        lambda trust, folder: {"authorities": Trust(folder).authority.file},
        lambda trust, folder: {"authorities": Path(__file__)},
        lambda trust, folder: {"host": "localhost"},
    ],
    ids=["ours unknown", "ours expired", "key of another", "system's", "theirs unknown", "no file", "other name"],
)
def test_without_the_right_certificates_on_both_sides_nothing_is_sent(trust, tmp_path, change: Change):
    with running_mail_server(Behaviour(), tls=trust.certificates.context()) as server:
        answer = carried(replace(trust.mail(server.port), **change(trust, tmp_path)))

    assert answer.verdict is Verdict.POSTPONED
    assert answer.code in {"certificate_refused", "unreachable"}  # TLS 1.3 tells it after the handshake
    assert server.messages == []


def test_nobody_listening_means_nothing_was_sent(trust):
    with running_mail_server(Behaviour(), tls=trust.certificates.context()) as gone:
        port = gone.port

    assert told(trust.mail(port)) == (Verdict.POSTPONED, "unreachable")


def test_an_operator_that_says_nothing_is_left(trust, monkeypatch):
    monkeypatch.setattr(mssante_lines, "TIMEOUT", 0.2)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert told(trust.mail(silent.getsockname()[1])) == (Verdict.POSTPONED, "unreachable")


@contextmanager
def scripted(trust: Trust, *answers: str) -> Iterator[int]:
    """Serve one client with the answers given, one per line that it says."""

    def serve() -> None:
        with listening.accept()[0] as bare, trust.certificates.context().wrap_socket(bare, server_side=True) as line:
            line.sendall(b"220 operateur.mssante.fr\r\n")
            for answer in answers:
                line.recv(4096)
                line.sendall(f"{answer}\r\n".encode())
            line.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("refusal", "verdict"), [("451 4.7.1 not now", Verdict.POSTPONED), ("554 5.7.1 never", Verdict.REFUSED)]
)
def test_content_that_is_refused_before_it_is_sent_was_not_taken(trust, refusal, verdict):
    with scripted(trust, "250 operateur.mssante.fr", "250 OK", "250 OK", refusal) as port:
        answer = carried(trust.mail(port))

    assert (answer.verdict, answer.code, answer.came) == (verdict, "message_refused", refusal.encode())
