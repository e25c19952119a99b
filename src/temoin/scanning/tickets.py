"""Our own papers: the patient's ticket, whose code leads to its test while the house still has it."""

from __future__ import annotations

import re

from temoin.crypto.letter import CHECKED_LENGTH, GROUP_LENGTH, normalise_code
from temoin.scanning.scan import Scan, ScanKind, ScanTrouble, fault

_DRAWN = re.compile(r"https?://[^#\s]+#code=(.{1,20})", re.IGNORECASE)
_TYPED = re.compile(rf"[0-9A-Z]{{{GROUP_LENGTH}}}-[0-9A-Z]{{{CHECKED_LENGTH - GROUP_LENGTH}}}", re.IGNORECASE)
_BARE = re.compile(rf"(?=.*[A-Z])[0-9A-Z]{{{CHECKED_LENGTH}}}", re.IGNORECASE)


def read_ticket_code(text: str) -> Scan | None:
    """Read the drawing of a ticket, or the code under it; None for what is neither."""
    drawn = _DRAWN.fullmatch(text)
    code = drawn[1] if drawn else text
    if not drawn and not _TYPED.fullmatch(text) and not _BARE.fullmatch(text):
        return None
    try:
        meant = normalise_code(code)
    except ValueError:
        # Eleven characters without the hyphen may be anything.
        return None if _BARE.fullmatch(text) else fault(ScanKind.TICKET, ScanTrouble.TICKET_CHECK)
    return Scan(kind=ScanKind.TICKET, number=meant)
