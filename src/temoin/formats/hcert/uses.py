"""What a certificate may be about, and what the key that signs it may be for."""

from __future__ import annotations

from enum import StrEnum


class Use(StrEnum):
    """The three things that the EU's certificates are about."""

    TEST = "test"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"
