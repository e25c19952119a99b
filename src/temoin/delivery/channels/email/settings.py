"""The section [email]: the site's mail server, and the mailbox in which patients' mail comes back undelivered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temoin.lib.mail_address import AddressError, check_address
from temoin.lib.section import Section, is_loopback

LONGEST_LOCAL = 15  # characters: a plus and 48 of the mail's name follow, and servers take 64


class EmailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, kw_only=True)
class Returned:
    """Read by IMAP over TLS; mails leave as from `local+name@domain`, which the mail server must bring to this box."""

    address: str
    host: str
    port: int
    user: str
    password_file: Path
    authorities: Path | None = None  # certificates that may have signed the server's; None: those the system trusts


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    """The mail server that carries links to patients."""

    host: str
    port: int
    security: EmailSecurity
    sender: str
    user: str | None
    password_file: Path | None
    returned: Returned | None = None


def read_email(section: Section, folder: Path) -> EmailSettings:
    """Read the section; what would let links travel in clear is refused."""
    email = EmailSettings(
        returned=_returned(section.section("returned"), folder) if section.has("returned") else None,
        host=section.required("host", str),
        port=section.port(),
        security=section.word("security", EmailSecurity),
        sender=section.required("sender", str),
        user=section.optional("user", str),
        password_file=section.path("password_file", folder) if section.has("password_file") else None,
    )
    section.end()
    if (email.user is None) != (email.password_file is None):
        raise section.wrong("user", "and password_file go together: give both or neither")
    if email.security is EmailSecurity.NONE and not is_loopback(f"//{email.host}"):
        raise section.wrong("security", "may be none on this machine only: use starttls or tls")
    return email


def _returned(section: Section, folder: Path) -> Returned:
    returned = Returned(
        address=section.required("address", str),
        host=section.required("host", str),
        port=section.port(),
        user=section.required("user", str),
        password_file=section.path("password_file", folder),
        authorities=section.path("authorities", folder) if section.has("authorities") else None,
    )
    section.end()
    try:
        local, _, _ = check_address(returned.address).rpartition("@")
    except AddressError:
        raise section.wrong("address", "must be an e-mail address like retours@temoin.example.fr") from None
    if len(local) > LONGEST_LOCAL or "+" in local:
        raise section.wrong("address", f"must have {LONGEST_LOCAL} letters at most before the @, and no +")
    return returned
