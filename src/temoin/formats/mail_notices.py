"""What comes back about a mail: delivery notices (RFC 3464), dispositions (RFC 8098), and the mail that the CI-SIS
volume on transmission to software asks for where no disposition may be sent.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from enum import StrEnum

# Of ASCII mail, and of internationalised mail (RFC 6533).
STATUS = "message/delivery-status", "message/global-delivery-status"
DISPOSITION = "message/disposition-notification", "message/global-disposition-notification"
LONGEST_WORDS = 500  # characters of what the other side says


class NoticeFate(StrEnum):
    DELIVERED = "delivered"  # it is in the mailbox, or was shown or taken over by software
    DELAYED = "delayed"  # the operator goes on trying
    FAILED = "failed"  # it will not be delivered
    NOT_FILED = "not_filed"  # it was delivered, and the recipient's software could not file the document


@dataclass(frozen=True, slots=True)
class ToldNotice:
    """What a mail says of a message, and the names by which it may say which one; nothing here is believed yet."""

    fate: NoticeFate
    words: str  # as the other side put it: status codes, diagnosis; it may quote an address
    names: tuple[str, ...]


def read_told(data: bytes) -> ToldNotice | None:
    """Return what a mail says of a message; None for a mail that is no notice. Nothing in a mail makes it raise."""
    mail = message_from_bytes(data, policy=compat32)
    told = _delivery(mail) or _disposition(mail) or _plain_refusal(mail)
    if told is None:
        return None
    fate, words = told
    return ToldNotice(fate, words[:LONGEST_WORDS].encode(errors="replace").decode(), tuple(_names(mail)))


_ACTIONS = {
    "failed": NoticeFate.FAILED,
    "delayed": NoticeFate.DELAYED,
    "delivered": NoticeFate.DELIVERED,
    "relayed": NoticeFate.DELIVERED,  # as far as notices go: the next system gives none
    "expanded": NoticeFate.DELIVERED,
}


def _delivery(mail: Message) -> tuple[NoticeFate, str] | None:
    """Read a delivery notice; a message of ours has one recipient, so that the gravest action is its fate."""
    found = []
    for fields in _fields(mail, *STATUS):
        action, *_remark = [*_text(fields, "Action").lower().split(), ""]
        fate = _ACTIONS.get(action)
        if fate is not None:
            found.append((fate, f"{_text(fields, 'Status')} {_text(fields, 'Diagnostic-Code')}".strip()))
    return max(found, key=lambda each: list(NoticeFate).index(each[0]), default=None)


def _disposition(mail: Message) -> tuple[NoticeFate, str] | None:
    for fields in _fields(mail, *DISPOSITION):
        done = _text(fields, "Disposition").rpartition(";")[2].strip()
        kind, _, modifier = done.partition("/")
        if modifier.strip().lower().startswith(("error", "failure")) or kind.strip().lower() == "failed":
            return NoticeFate.NOT_FILED, done
        if kind.strip().lower() in {"displayed", "processed", "dispatched"}:
            return NoticeFate.DELIVERED, done
    return None


def _plain_refusal(mail: Message) -> tuple[NoticeFate, str] | None:
    subject = _text(mail, "Subject")
    with suppress(LookupError, ValueError, MessageError):
        subject = str(make_header(decode_header(subject)))
    return (
        (NoticeFate.NOT_FILED, subject.partition("]")[0].strip("[ ")) if subject.lower().startswith("[ko int") else None
    )


def _names(mail: Message) -> list[str]:
    """Return how it may name the message: ENVID, Message-ID in a field or the original, the address it came back to."""
    names = [_text(each, "Original-Envelope-Id") for each in _fields(mail, *STATUS)]
    names += [_text(each, "Original-Message-ID") for each in _fields(mail, *DISPOSITION)]
    names += [_text(each, "Message-ID") for each in _originals(mail)]
    names += [_text(mail, name) for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To")]
    return [name for name in names if name]


def _fields(mail: Message, *kinds: str) -> list[Message]:
    """Return the groups of fields of a machine's part."""
    return [group for first in _inner(mail, *kinds) for group in (first, *_groups_after(first))]


def _inner(mail: Message, *kinds: str) -> list[Message]:
    """Return what the parser keeps as messages inside parts of these types."""
    return [
        inner
        for part in mail.walk()
        if part.get_content_type() in kinds and isinstance(part.get_payload(), list)
        for inner in part.get_payload()
        if isinstance(inner, Message)
    ]


def _groups_after(first: Message) -> list[Message]:
    """Return the groups that the parser took for the text of the first: it knows the types of ASCII mail only."""
    rest = first.get_payload()
    groups = re.split(r"\r?\n\r?\n", rest) if isinstance(rest, str) else []
    return [message_from_string(group.strip(), policy=compat32) for group in groups if group.strip()]


def _originals(mail: Message) -> list[Message]:
    found = _inner(mail, "message/rfc822", "message/global")
    for part in mail.walk():
        if part.get_content_type() in {"text/rfc822-headers", "message/global-headers"}:
            content = part.get_payload(decode=True)
            found.append(message_from_bytes(content if isinstance(content, bytes) else b"", policy=compat32))
    return found


def _text(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, "")).split())
