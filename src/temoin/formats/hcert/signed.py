"""What every certificate is before its content is read: a payload, who says to have signed it, and the signature."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from temoin.crypto.signatures import SignatureName


class Family(StrEnum):
    """How a certificate is written."""

    HC1 = "hc1"
    SMART = "smart"


@dataclass(frozen=True)
class SignedPayload:
    """A certificate taken apart; nothing of it is believed yet."""

    family: Family
    algorithm: SignatureName | None  # None: one that is not checked here
    key_id: bytes
    message: bytes  # what the signature is over
    signature: bytes
    payload: bytes
