"""How a message is named, so that whatever comes back about it finds its parcel."""

from __future__ import annotations

import re

_OURS = re.compile(r"<?\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(mssante-[a-z]+)(?:@[^\s<>]*)?\s*>?")


def message_id(key: str, destination: str, domain: str) -> str:
    """Return the Message-ID: the parcel's key and destination, the same at each try."""
    return f"<{key}.{destination}@{domain}>"


def envelope_id(key: str, destination: str) -> str:
    """Return the ENVID of SMTP (RFC 3461), which a delivery notice repeats."""
    return f"{key}.{destination}"


def original(named: str) -> tuple[str, str] | None:
    """Return key and destination of the message that a Message-ID or an ENVID names; None for one not ours."""
    found = _OURS.fullmatch(named.strip(" \t\"'").lower())
    return None if found is None else (found[1], found[2])
