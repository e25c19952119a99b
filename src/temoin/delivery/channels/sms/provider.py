"""What each provider of short messages does for us, whatever its API."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from temoin.delivery.channels.sms.line import SmsLine
from temoin.outbox.courier import Answer


@dataclass(frozen=True)
class ShortMessage:
    """One message; by its tag the provider can be asked for it."""

    recipient: str  # E.164, with its plus
    text: str
    tag: str
    is_gsm: bool


class SmsFate(StrEnum):
    """What a provider knows of a message."""

    NOT_HELD = "not_held"
    NOT_KNOWN = "not_known"  # it may be among what the provider has yet to send
    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    FAILED = "failed"  # for good
    BLOCKED = "blocked"  # its owner wants no messages, or the operator lets none through


class SmsProvider(Protocol):
    """Sends, and tells what became of it. Both raise what the line raises; no answer names a patient."""

    async def send(self, line: SmsLine, message: ShortMessage) -> Answer: ...
    async def fate(self, line: SmsLine, tag: str) -> tuple[SmsFate, str]: ...  # the fate, and the provider's own word
    async def forget(self, line: SmsLine, tag: str) -> None: ...  # delete what it keeps, once the fate is written here


def tag_of(key: str, refused: int) -> str:
    """Return the tag of a parcel's message: 20 characters, of which its key cannot be told.

    One that was refused (so many times) and is sent again bears another tag: the fate of the first says nothing of it.
    """
    return sha256(f"{key}/{refused}".encode()).hexdigest()[:20]
