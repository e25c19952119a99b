"""A receiver of HL7 v2 over MLLP, as the operator described it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temoin.transmission.rules.rule_set import RuleSet


class MessageProfile(StrEnum):
    """How the message is written."""

    ELR = "elr"  # the results themselves, as electronic laboratory reporting
    CISIS = "cisis"  # the French envelope around the CDA document


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Where it listens, how it wants messages, and by what each side knows the other."""

    host: str
    port: int
    enabled: bool
    profile: MessageProfile
    tls: bool
    rules: RuleSet
    application: str = ""  # MSH-5
    facility: str = ""  # MSH-6
    separators: str = "|^~\\&"  # MSH-1 and MSH-2 that the receiver asks for
    authorities: Path | None = None  # certificates that may have signed the receiver's; None: those the system trusts
    pin: str | None = None  # SHA-256 of the receiver's own certificate, in hexadecimal
    certificate: Path | None = None  # ours, for a receiver that asks who we are
    key: Path | None = None
