"""What comes back about a message of the secure messaging: which of ours is meant, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.formats.mail_notices import NoticeFate, read_told
from temoin.formats.mssante.identity import original


@dataclass(frozen=True, slots=True)
class DeliveryNotice:
    """One notice about one of our messages."""

    key: str
    destination: str
    fate: NoticeFate
    words: str  # as the other side put it: status codes, diagnosis; it may quote an address


def read_notice(data: bytes) -> DeliveryNotice | None:
    """Return what a mail says of a message of ours; None for any other mail. Nothing in a mail makes it raise."""
    told = read_told(data)
    if told is None:
        return None
    named = next((found for each in told.names if (found := original(each)) is not None), None)
    return None if named is None else DeliveryNotice(*named, told.fate, told.words)
