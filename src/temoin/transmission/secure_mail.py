"""The operator of secure health messaging (MSSanté) that carries results, as whoever runs the site described it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temoin.formats.xdm import Sending
from temoin.transmission.rules.rule_set import RuleSet


class Encryption(StrEnum):
    """How a connection is encrypted: from its start, or on demand just after. Never not."""

    TLS = "tls"
    STARTTLS = "starttls"


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """The mailbox in which notices of delivery arrive, read by IMAP over TLS."""

    host: str
    port: int
    user: str | None = None  # None: the certificate says who we are
    password_file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class SecureMail:
    """Where to hand messages over, in whose name, and to whom they may go."""

    host: str
    port: int
    enabled: bool
    encryption: Encryption
    sender: str  # our mailbox, in a domain that ends in mssante.fr
    certificate: Path  # who we are, to the operator
    key: Path
    authorities: Path | None  # certificates that may have signed the operator's; None: those the system trusts
    doctor: bool
    patient: bool
    doctor_rules: RuleSet
    patient_rules: RuleSet
    sending: Sending
    product: str = ""
    inbox: Inbox | None = None

    @property
    def sends_to_doctors(self) -> bool:
        """Tell whether treating doctors get results."""
        return self.enabled and self.doctor

    @property
    def sends_to_patients(self) -> bool:
        """Tell whether patients get results in their own secure mailbox."""
        return self.enabled and self.patient
