"""The section [mail.returned]: the mailbox in which patients' mail comes back when it cannot be delivered."""

from __future__ import annotations

from pathlib import Path

from temoin.delivery.returned import Returned
from temoin.lib.mail_address import AddressError, check_address
from temoin.lib.section import Section

LONGEST_LOCAL = 15  # characters: a plus and 48 of the mail's name follow, and servers take 64


def read_returned(section: Section, folder: Path) -> Returned:
    """Read the section."""
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
