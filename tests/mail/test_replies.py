"""Whose fault it is that a mail server does not take a message: one case per stage, reply and error."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from temoin.mail.replies import GOOD, RULES, Fate, MailStage, MailTroubleError, judge_error, judge_reply
from temoin.mail.smtp import Encryption, Envelope, Exchange, MailServer

LATER, REFUSES = Fate.SERVER_LATER, Fate.SERVER_REFUSES
OWN_LATER, OWN, TAKEN, UNCLEAR = Fate.MESSAGE_LATER, Fate.MESSAGE_REFUSED, Fate.TAKEN, Fate.UNCLEAR

REPLIES = [
    *[(stage, min(codes), "OK", TAKEN) for stage, codes in GOOD.items()],
    *[(stage, 421, "4.3.2 closing", LATER) for stage in MailStage],
    *[
        (stage, 451, "later", LATER)
        for stage in (MailStage.CONNECT, MailStage.HELLO, MailStage.STARTTLS, MailStage.AUTH, MailStage.MAIL)
    ],
    (MailStage.CONNECT, 554, "5.7.1 you are on a list", REFUSES),
    (MailStage.HELLO, 550, "5.7.1 who are you", REFUSES),
    (MailStage.STARTTLS, 454, "4.7.0 TLS not available", LATER),
    (MailStage.STARTTLS, 502, "5.5.1 no", REFUSES),
    (MailStage.AUTH, 535, "5.7.8 wrong password", REFUSES),
    (MailStage.AUTH, 454, "4.7.0 ask later", LATER),
    (MailStage.AUTH, 503, "signed in already", TAKEN),
    (MailStage.MAIL, 550, "5.7.1 sender", REFUSES),
    (MailStage.MAIL, 553, "5.1.8 sender's domain", REFUSES),
    (MailStage.MAIL, 452, "4.3.1 disk", LATER),
    (MailStage.RCPT, 550, "5.1.1 no such user", OWN),
    (MailStage.RCPT, 550, "no such user", OWN),
    (MailStage.RCPT, 501, "5.1.3 syntax", OWN),
    (MailStage.RCPT, 553, "5.1.3 syntax", OWN),
    (MailStage.RCPT, 554, "5.7.1 <relay@a.example>: rejected", OWN),
    (MailStage.RCPT, 552, "5.2.2 full", OWN),
    (MailStage.RCPT, 556, "5.1.10 no mail", OWN),
    (MailStage.RCPT, 450, "4.2.0 greylisted", OWN_LATER),
    (MailStage.RCPT, 451, "4.7.1 greylisted", OWN_LATER),
    (MailStage.RCPT, 452, "full", OWN_LATER),
    (MailStage.RCPT, 451, "4.3.0 local error", LATER),
    (MailStage.RCPT, 452, "4.3.1 disk", LATER),
    (MailStage.RCPT, 454, "4.7.0 sign-in away", LATER),
    (MailStage.RCPT, 554, "5.7.1 <a@b.example>: Relay access denied", REFUSES),
    (MailStage.RCPT, 454, "4.7.1 <a@b.example>: Relay access denied", REFUSES),
    (MailStage.RCPT, 550, "5.7.54 SMTP; unable to relay recipient", REFUSES),
    (MailStage.RCPT, 530, "5.7.0 sign in first", REFUSES),
    (MailStage.RCPT, 503, "5.5.1 MAIL first", REFUSES),
    (MailStage.RCPT, 555, "5.5.4 unknown option", REFUSES),
    (MailStage.DATA, 554, "5.5.1 no valid recipients", OWN),
    (MailStage.DATA, 451, "4.7.1 not now", OWN_LATER),
    (MailStage.DATA, 452, "4.3.1 disk", LATER),
    (MailStage.CONTENT, 554, "rejected", OWN),
    (MailStage.CONTENT, 550, "5.7.1 spam", OWN),
    (MailStage.CONTENT, 552, "5.3.4 too big", OWN),
    (MailStage.CONTENT, 554, "5.3.0 other", OWN),
    (MailStage.CONTENT, 500, "5.5.2 what", OWN),
    (MailStage.CONTENT, 451, "4.7.1 not now", OWN_LATER),
    (MailStage.CONTENT, 451, "later", OWN_LATER),
    (MailStage.CONTENT, 451, "4.3.0 queue", LATER),
    (MailStage.CONTENT, 452, "disk", LATER),
    (MailStage.CONTENT, 452, "4.2.2 full", OWN_LATER),
    (MailStage.CONTENT, 354, "go on", UNCLEAR),
    (MailStage.CONTENT, -1, "garbage", UNCLEAR),
    *[(stage, 299, "what", LATER) for stage in MailStage if stage is not MailStage.CONTENT],
]


@pytest.mark.parametrize(("stage", "code", "words", "fate"), REPLIES)
def test_each_reply_has_its_fault(stage, code, words, fate):
    assert judge_reply(stage, code, words.encode()) is fate


@pytest.mark.parametrize("code", range(500, 600))
@pytest.mark.parametrize("stage", [MailStage.DATA, MailStage.CONTENT])
def test_no_refusal_from_data_on_says_anything_of_the_server(stage, code):
    assert judge_reply(stage, code) is OWN


def test_each_rule_is_met_by_a_reply_of_the_table():
    met = {fate for _, _, _, fate in REPLIES}

    assert {rule.fate for rule in RULES} <= met
    assert set(Fate) == met


ERRORS = [
    (smtplib.SMTPServerDisconnected("cut"), LATER, UNCLEAR),
    (TimeoutError(), LATER, UNCLEAR),
    (ConnectionRefusedError(), LATER, UNCLEAR),
    (socket.gaierror(), LATER, UNCLEAR),
    (ssl.SSLCertVerificationError(), LATER, UNCLEAR),  # which is also a ValueError
    (smtplib.SMTPException("odd"), LATER, UNCLEAR),
    (UnicodeEncodeError("ascii", "é", 0, 1, "no"), OWN, OWN),
    (smtplib.SMTPNotSupportedError("SMTPUTF8"), OWN, OWN),
    (ValueError("newline"), OWN, OWN),
]


@pytest.mark.parametrize(("error", "at_rcpt", "at_content"), ERRORS, ids=lambda each: type(each).__name__)
def test_each_error_has_its_fault(error, at_rcpt, at_content):
    assert judge_error(MailStage.RCPT, error) is at_rcpt
    assert judge_error(MailStage.CONTENT, error) is at_content
    assert judge_error(MailStage.HELLO, error) in {LATER, REFUSES}


@pytest.mark.parametrize("error", [smtplib.SMTPException("no way to sign in"), FileNotFoundError(), PermissionError()])
def test_a_sign_in_that_cannot_be_is_the_operators_matter(error):
    assert judge_error(MailStage.AUTH, error) is REFUSES


# Over the wire --------------------------------------------------------------------------------------------------------


@contextmanager
def scripted(*replies: str) -> Iterator[tuple[int, list[bytes]]]:
    """Answer each line, and the content as one, with the next reply; "cut" hangs up. Tell what came."""
    came: list[bytes] = []

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rwb") as line:
            for reply in replies:
                if reply == "cut":
                    return
                line.write(f"{reply}\r\n".encode())
                line.flush()
                came.append(_content(line) if reply.startswith("354") else line.readline())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], came
        thread.join(10)


def _content(line) -> bytes:
    found = b""
    while not found.endswith(b"\r\n.\r\n"):
        found += line.readline()
    return found


def send(port: int) -> tuple[MailStage, Fate] | None:
    server = MailServer(
        host="127.0.0.1", port=port, encryption=Encryption.NONE, trust=ssl.create_default_context(), timeout=2
    )
    envelope = Envelope(sender="a@a.example", recipient="b@b.example", content=b"A: b\n\n.dot\nlast")
    exchange = Exchange(server)
    try:
        exchange.send(envelope)
    except MailTroubleError as trouble:
        return trouble.stage, trouble.fate
    finally:
        exchange.close()
    return None


HELLO = ("220 hi", "250 hi")


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        (("554 no",), (MailStage.CONNECT, REFUSES)),
        (("cut",), (MailStage.CONNECT, LATER)),
        (("220 hi", "cut"), (MailStage.HELLO, LATER)),
        (("220 hi", "421 closing", "250 hi"), (MailStage.HELLO, LATER)),
        (("220 hi", "502 what", "550 who"), (MailStage.HELLO, REFUSES)),
        ((*HELLO, "550 sender"), (MailStage.MAIL, REFUSES)),
        ((*HELLO, "cut"), (MailStage.MAIL, LATER)),
        ((*HELLO, "250 OK", "550 nobody", "250 reset"), (MailStage.RCPT, OWN)),
        ((*HELLO, "250 OK", "cut"), (MailStage.RCPT, LATER)),
        ((*HELLO, "250 OK", "250 OK", "554 no", "250 reset"), (MailStage.DATA, OWN)),
        ((*HELLO, "250 OK", "250 OK", "cut"), (MailStage.DATA, LATER)),
        ((*HELLO, "250 OK", "250 OK", "354 go", "554 no", "250 reset"), (MailStage.CONTENT, OWN)),
        ((*HELLO, "250 OK", "250 OK", "354 go", "cut"), (MailStage.CONTENT, UNCLEAR)),
        ((*HELLO, "250 OK", "250 OK", "354 go", "250 OK", "221 bye"), None),
    ],
)
def test_the_stage_is_known_whatever_happens(replies, told):
    with scripted(*replies) as (port, _came):
        assert send(port) == told


def test_the_content_leaves_as_data_takes_it():
    with scripted(*HELLO, "250 OK", "250 OK", "354 go", "250 OK", "221 bye") as (port, came):
        send(port)

    assert came[4] == b"A: b\r\n\r\n..dot\r\nlast\r\n.\r\n"


def test_however_much_a_server_says_it_is_judged_at_once():
    began = time.process_time()

    for words in (b"a" * 300_000, b"5.1.1 " + b"<" * 300_000, b"\xff@" * 150_000):
        judge_reply(MailStage.RCPT, 550, words)

    assert time.process_time() - began < 1
