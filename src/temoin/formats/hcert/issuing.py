"""What certificates are issued with: by whom, under which number, from when until when, and who signs the hash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from temoin.testing.report import Report, ReportStatus

# Given the SHA-256 of what is signed, answers with the 64 bytes of ES256.
SignHash = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Issuance:
    """One act of issuing."""

    issuer: str
    number: str  # 128 random bits in base64url: what a revocation names
    issued_at: datetime
    expires_at: datetime


def check_standing(report: Report) -> None:
    """Refuse a cancelled result with ValueError: nobody may show it."""
    if report.status is ReportStatus.CANCELLED:
        raise ValueError("a cancelled result gets no certificate")
