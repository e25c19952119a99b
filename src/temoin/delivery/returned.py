"""The mailbox in which patients' mail comes back when it cannot be delivered, as whoever runs the site described it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Returned:
    """Read by IMAP over TLS; mails leave as from `local+name@domain`, which the mail server must bring to this box."""

    address: str
    host: str
    port: int
    user: str
    password_file: Path
    authorities: Path | None = None  # certificates that may have signed the server's; None: those the system trusts
