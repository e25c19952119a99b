"""Whose fault it is when a mail server does not take a message, decided once: by stage, reply and error.

A fault of the server's concerns all that waits for it (RFC 5321 §4.2, RFC 3463); one of the message's own must never
keep the others back. Where a reply could be read both ways it is the message's: a server that is in trouble is then
asked again by each message after its own pause, which burdens nobody.
"""

from __future__ import annotations

import re
import smtplib
from dataclasses import dataclass
from enum import StrEnum


class MailStage(StrEnum):
    """How far the exchange was. Until CONTENT nothing can have been taken."""

    CONNECT = "connect"
    HELLO = "hello"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"


class Fate(StrEnum):
    """What came of a message."""

    TAKEN = "taken"
    SERVER_LATER = "server_later"  # the server's trouble: nothing was taken
    SERVER_REFUSES = "server_refuses"  # it refuses us, not the message: the operator's matter
    MESSAGE_LATER = "message_later"  # this message, or its mailbox, not now
    MESSAGE_REFUSED = "message_refused"  # this message, or its mailbox, never
    UNCLEAR = "unclear"  # it may have been taken


class MailTroubleError(OSError):
    """A message was not surely taken."""

    def __init__(self, stage: MailStage, fate: Fate, *, code: int = 0, words: bytes = b"", cause: str = "") -> None:
        super().__init__(f"{stage.value} {fate.value} {code}")
        self.stage = stage
        self.fate = fate
        self.code = code
        self.words = words  # as the server put it; it may quote an address
        self.cause = cause  # the kind of error, where no reply came


OPENING = frozenset({MailStage.CONNECT, MailStage.HELLO, MailStage.STARTTLS, MailStage.AUTH})
OPENED = frozenset({MailStage.RCPT, MailStage.DATA, MailStage.CONTENT})
_ANY = frozenset(MailStage)
GOOD = {
    MailStage.CONNECT: {220},
    MailStage.HELLO: {250},
    MailStage.STARTTLS: {220},
    MailStage.AUTH: {235, 503},  # 503: signed in already
    MailStage.MAIL: {250},
    MailStage.RCPT: {250, 251, 252},
    MailStage.DATA: {354},
    MailStage.CONTENT: {250},
}
# The server will not carry for us at all. Its words are the only sign: 5.7.1 is also "this mailbox takes no such mail".
_RELAY = re.compile(rb"\brelay(ing)?\b", re.IGNORECASE)
_ADDRESS = re.compile(rb"<[^<>]*>|\S+@\S+")  # it looks at a word without spaces from each of its letters on
_MOST_WORDS = 2_000  # bytes of a reply that are judged: RFC 5321 has 512 a line, a stranger's server what it likes
_ENHANCED = re.compile(rb"\s*([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")


_NO_FILE = (FileNotFoundError, PermissionError)


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """What a reply means; the first rule that fits counts."""

    stages: frozenset[MailStage]
    codes: range | frozenset[int]
    fate: Fate
    subject: str | None = None  # of the enhanced code: "1" the address, "3" the system (RFC 3463 §3), "" no such code
    is_of_relay: bool = False


_4XX, _5XX = range(400, 500), range(500, 600)
RULES = (
    ReplyRule(_ANY, frozenset({421}), Fate.SERVER_LATER),  # it closes, whatever was asked
    ReplyRule(OPENING | {MailStage.MAIL}, _4XX, Fate.SERVER_LATER),
    ReplyRule(OPENING | {MailStage.MAIL}, _5XX, Fate.SERVER_REFUSES),  # our greeting, password or sender
    ReplyRule(frozenset({MailStage.RCPT}), range(400, 600), Fate.SERVER_REFUSES, is_of_relay=True),
    ReplyRule(frozenset({MailStage.RCPT}), _5XX, Fate.MESSAGE_REFUSED, subject="1"),
    ReplyRule(OPENED, _4XX, Fate.SERVER_LATER, subject="3"),  # its disk, its queue
    ReplyRule(
        frozenset({MailStage.CONTENT}), frozenset({452}), Fate.SERVER_LATER, subject=""
    ),  # "insufficient system storage"
    ReplyRule(frozenset({MailStage.RCPT}), frozenset({454}), Fate.SERVER_LATER),  # its sign-in is away (RFC 4954)
    ReplyRule(
        frozenset({MailStage.RCPT}), frozenset({500, 502, 503, 504, 530, 534, 535, 538, 555}), Fate.SERVER_REFUSES
    ),
    ReplyRule(OPENED, _4XX, Fate.MESSAGE_LATER),
    ReplyRule(OPENED, _5XX, Fate.MESSAGE_REFUSED),
    ReplyRule(frozenset({MailStage.CONTENT}), range(-1, 1000), Fate.UNCLEAR),
    ReplyRule(_ANY, range(-1, 1000), Fate.SERVER_LATER),  # no reply of this stage: it is out of step
)


@dataclass(frozen=True, slots=True)
class _Reply:
    stage: MailStage
    code: int
    subject: str  # of the enhanced code; "" when there is none
    is_of_relay: bool

    def fits(self, rule: ReplyRule) -> bool:
        is_there = self.stage in rule.stages and self.code in rule.codes
        return is_there and rule.subject in {None, self.subject} and (self.is_of_relay or not rule.is_of_relay)


def judge_reply(stage: MailStage, code: int, words: bytes = b"") -> Fate:
    if code in GOOD[stage]:
        return Fate.TAKEN
    words = words[:_MOST_WORDS]
    enhanced = _ENHANCED.match(words)
    is_of_relay = _RELAY.search(_ADDRESS.sub(b"", words)) is not None
    reply = _Reply(stage, code, enhanced[2].decode() if enhanced else "", is_of_relay)
    return next((rule.fate for rule in RULES if reply.fits(rule)), Fate.SERVER_LATER)


def judge_error(stage: MailStage, error: Exception) -> Fate:
    is_of_words = isinstance(error, ValueError) and not isinstance(error, OSError)  # a wrong certificate is both
    if is_of_words or isinstance(error, smtplib.SMTPNotSupportedError):
        # It cannot even be said to this server: the sign-in, or a letter of this very message.
        return Fate.MESSAGE_REFUSED if stage in OPENED else Fate.SERVER_REFUSES
    if stage is MailStage.AUTH and (type(error) is smtplib.SMTPException or isinstance(error, _NO_FILE)):
        return Fate.SERVER_REFUSES  # no way of signing in that both know, or no password to sign in with
    return Fate.UNCLEAR if stage is MailStage.CONTENT else Fate.SERVER_LATER
