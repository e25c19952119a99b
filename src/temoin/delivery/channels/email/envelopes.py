"""What mails of ours have in common: names by which what comes back is believed.

A mail is named by its parcel's key and a token that only its recipient's side gets to see. Both stand in the
Message-ID, in the ENVID, and in the sender of the envelope where a mailbox for what comes back is named (VERP).
"""

from __future__ import annotations

import re
from email.utils import parseaddr

from temoin.crypto.blind import mail_token
from temoin.delivery.channels.email.settings import EmailSettings

_KEY = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"({_KEY})\.([a-z2-7]{{16}})")
_SHORT = re.compile(r"([0-9a-f]{32})([a-z2-7]{16})")


def message_name(key: str) -> str:
    """Return the name of a parcel's mail, the same at each try; for the pharmacy in scope."""
    return f"{key}.{mail_token(key)}"


def envelope_sender(email: EmailSettings, name: str) -> str:
    """Return the sender of the envelope: of its own for each mail where what comes back is read."""
    if email.returned is None:
        return parseaddr(email.sender)[1]
    local, _, domain = email.returned.address.rpartition("@")
    return f"{local}+{name.replace('-', '').replace('.', '')}@{domain}"


def named_in(text: str) -> tuple[str, str] | None:
    """Return key and token of the mail that a Message-ID, an ENVID or a sender's address names; None for no mail."""
    told = text.strip().strip("<>").strip().lower()
    found = _NAME.fullmatch(told.partition("@")[0])
    if found is not None:
        return found[1], found[2]
    short = _SHORT.fullmatch(told.partition("@")[0].rpartition("+")[2])
    return None if short is None else (_spelled(short[1]), short[2])


def _spelled(key: str) -> str:
    return "-".join((key[:8], key[8:12], key[12:16], key[16:20], key[20:]))
