"""The section [email]: the site's mail server, and the mailbox in which patients' mail comes back undelivered."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import model_validator

from temoin.lib.mail_address import is_address
from temoin.lib.section import Place, Port, Text, fitting, is_loopback, refuse_setting, section

LONGEST_LOCAL = 15  # characters: a plus and 48 of the mail's name follow, and servers take 64


class EmailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


def _has_room(address: str) -> bool:
    local, _, _ = address.rpartition("@")
    return len(local) <= LONGEST_LOCAL and "+" not in local


@section
class Returned:
    """Read by IMAP over TLS; mails leave as from `local+name@domain`, which the mail server must bring to this box."""

    address: Annotated[
        Text,
        fitting(is_address, "must be an e-mail address like retours@temoin.example.fr"),
        fitting(_has_room, f"must have {LONGEST_LOCAL} letters at most before the @, and no +"),
    ]
    host: Text
    port: Port
    user: Text
    password_file: Place
    authorities: Place | None = None  # certificates that may have signed the server's; None: those the system trusts


@section
class EmailSettings:
    """The mail server that carries links to patients; what would let links travel in clear is refused."""

    host: Text
    port: Port
    security: EmailSecurity
    sender: Text
    user: Text | None = None
    password_file: Place | None = None
    returned: Returned | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.user is None) != (self.password_file is None):
            refuse_setting("and password_file go together: give both or neither", "user")
        if self.security is EmailSecurity.NONE and not is_loopback(f"//{self.host}"):
            refuse_setting("may be none on this machine only: use starttls or tls", "security")
        return self
