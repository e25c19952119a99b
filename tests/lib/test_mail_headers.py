"""A header as long as it may be: names and addresses stay readable, and no line is longer than mail allows."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from temoin.lib.mail_headers import LONGEST_LINE, LONGEST_WITH_WORDS, POLICY

HOST = ".".join(["h" * 60] * 4)
ADDRESS = f"{'a' * 64}@{HOST[:185]}.fr"
NAME = f"<{'k' * 55}@{HOST}>"


def written(name: str, value: str) -> bytes:
    message = EmailMessage(policy=POLICY)
    message[name] = value
    message.set_content("x")
    return message.as_bytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("From", f"Témoin {'É' * 12} <{ADDRESS}>"),
        ("From", ADDRESS),
        ("To", ADDRESS),
        ("Disposition-Notification-To", ADDRESS),
        ("Message-ID", NAME),
        ("In-Reply-To", NAME),
        ("References", NAME),
        ("Subject", "W" * 255),
        ("Subject", "É" * 255),
        ("Subject", f"A {'李' * 255}"),
    ],
)
def test_a_long_header_comes_back_as_it_was(name, value):
    lines = written(name, value).split(b"\r\n")

    assert message_from_bytes(b"\r\n".join(lines), policy=policy.default)[name] == value
    assert all(len(line) <= LONGEST_LINE for line in lines)
    assert all(len(word) < LONGEST_WITH_WORDS for line in lines for word in line.split() if word.startswith(b"=?"))


@pytest.mark.parametrize(("name", "value"), [("Message-ID", NAME), ("References", NAME), ("To", ADDRESS)])
def test_what_programs_read_is_one_line_of_plain_letters(name, value):
    assert f"{name}: {value}\r\n".encode() in written(name, value)
