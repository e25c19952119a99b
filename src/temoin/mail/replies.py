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


class Stage(StrEnum):
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

    def __init__(self, stage: Stage, fate: Fate, *, code: int = 0, words: bytes = b"", cause: str = "") -> None:
        super().__init__(f"{stage.value} {fate.value} {code}")
        self.stage = stage
        self.fate = fate
        self.code = code
        self.words = words  # as the server put it; it may quote an address
        self.cause = cause  # the kind of error, where no reply came


OPENING = frozenset({Stage.CONNECT, Stage.HELLO, Stage.STARTTLS, Stage.AUTH})
OPENED = frozenset({Stage.RCPT, Stage.DATA, Stage.CONTENT})
_ANY = frozenset(Stage)
GOOD = {
    Stage.CONNECT: {220},
    Stage.HELLO: {250},
    Stage.STARTTLS: {220},
    Stage.AUTH: {235, 503},  # 503: signed in already
    Stage.MAIL: {250},
    Stage.RCPT: {250, 251, 252},
    Stage.DATA: {354},
    Stage.CONTENT: {250},
}
# The server will not carry for us at all. Its words are the only sign: 5.7.1 is also "this mailbox takes no such mail".
_RELAY = re.compile(rb"\brelay(ing)?\b", re.IGNORECASE)
_ADDRESS = re.compile(rb"<[^<>]*>|\S+@\S+")
_ENHANCED = re.compile(rb"\s*([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")


_NO_FILE = (FileNotFoundError, PermissionError)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a reply means; the first rule that fits counts."""

    stages: frozenset[Stage]
    codes: range | frozenset[int]
    fate: Fate
    subject: str | None = None  # of the enhanced code: "1" the address, "3" the system (RFC 3463 §3), "" no such code
    is_of_relay: bool = False


_4XX, _5XX = range(400, 500), range(500, 600)
RULES = (
    Rule(_ANY, frozenset({421}), Fate.SERVER_LATER),  # it closes, whatever was asked
    Rule(OPENING | {Stage.MAIL}, _4XX, Fate.SERVER_LATER),
    Rule(OPENING | {Stage.MAIL}, _5XX, Fate.SERVER_REFUSES),  # our greeting, password or sender
    Rule(frozenset({Stage.RCPT}), range(400, 600), Fate.SERVER_REFUSES, is_of_relay=True),
    Rule(frozenset({Stage.RCPT}), _5XX, Fate.MESSAGE_REFUSED, subject="1"),
    Rule(OPENED, _4XX, Fate.SERVER_LATER, subject="3"),  # its disk, its queue
    Rule(frozenset({Stage.CONTENT}), frozenset({452}), Fate.SERVER_LATER, subject=""),  # "insufficient system storage"
    Rule(frozenset({Stage.RCPT}), frozenset({454}), Fate.SERVER_LATER),  # its sign-in is away (RFC 4954)
    Rule(frozenset({Stage.RCPT}), frozenset({500, 502, 503, 504, 530, 534, 535, 538, 555}), Fate.SERVER_REFUSES),
    Rule(OPENED, _4XX, Fate.MESSAGE_LATER),
    Rule(OPENED, _5XX, Fate.MESSAGE_REFUSED),
    Rule(frozenset({Stage.CONTENT}), range(-1, 1000), Fate.UNCLEAR),
    Rule(_ANY, range(-1, 1000), Fate.SERVER_LATER),  # no reply of this stage: it is out of step
)


@dataclass(frozen=True, slots=True)
class _Reply:
    stage: Stage
    code: int
    subject: str  # of the enhanced code; "" when there is none
    is_of_relay: bool

    def fits(self, rule: Rule) -> bool:
        is_there = self.stage in rule.stages and self.code in rule.codes
        return is_there and rule.subject in {None, self.subject} and (self.is_of_relay or not rule.is_of_relay)


def judge_reply(stage: Stage, code: int, words: bytes = b"") -> Fate:
    """Return what a reply tells."""
    if code in GOOD[stage]:
        return Fate.TAKEN
    enhanced = _ENHANCED.match(words)
    is_of_relay = _RELAY.search(_ADDRESS.sub(b"", words)) is not None
    reply = _Reply(stage, code, enhanced[2].decode() if enhanced else "", is_of_relay)
    return next((rule.fate for rule in RULES if reply.fits(rule)), Fate.SERVER_LATER)


def judge_error(stage: Stage, error: Exception) -> Fate:
    """Return what an error tells where no reply came."""
    is_of_words = isinstance(error, ValueError) and not isinstance(error, OSError)  # a wrong certificate is both
    if is_of_words or isinstance(error, smtplib.SMTPNotSupportedError):
        # It cannot even be said to this server: the sign-in, or a letter of this very message.
        return Fate.MESSAGE_REFUSED if stage in OPENED else Fate.SERVER_REFUSES
    if stage is Stage.AUTH and (type(error) is smtplib.SMTPException or isinstance(error, _NO_FILE)):
        return Fate.SERVER_REFUSES  # no way of signing in that both know, or no password to sign in with
    return Fate.UNCLEAR if stage is Stage.CONTENT else Fate.SERVER_LATER
