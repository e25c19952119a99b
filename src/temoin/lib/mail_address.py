"""E-mail addresses: one check for what is typed, sent by a file or a program, or about to be written on an envelope."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

import idna

from temoin.lib.lengths import ADDRESS

LONGEST_LOCAL = 64
# Letters that no eye sees, or that stand for nothing: a space without width comes along with what is pasted.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class AddressFault(StrEnum):
    """Why nothing can be sent to an address."""

    UNSEEN_LETTER = "unseen_letter"
    OTHER_LETTERS = "other_letters"  # before the @: few mail servers take them
    MALFORMED = "malformed"


class AddressError(ValueError):
    """Nothing can be sent to this address; never repeats it."""

    def __init__(self, fault: AddressFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def check_address(text: str) -> str:
    """Return an address as people read it, or raise AddressError."""
    address = unicodedata.normalize("NFC", text.strip(" \t\r\n"))
    wire_address(address)
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def is_address(text: str) -> bool:
    """Tell whether something can be sent to an address."""
    try:
        check_address(text)
    except AddressError:
        return False
    return True


def wire_address(address: str) -> str:
    """Return an address as mail servers take it, its domain in A-labels; AddressError where none of them could."""
    if any(unicodedata.category(letter) in _UNSEEN for letter in address):
        raise AddressError(AddressFault.UNSEEN_LETTER)
    local, at, domain = address.rpartition("@")
    if at and local and not local.isascii():
        raise AddressError(AddressFault.OTHER_LETTERS)
    written = f"{local}@{_labels(domain)}"
    if _LOCAL.fullmatch(local) is None or len(local) > LONGEST_LOCAL or len(written) > ADDRESS:
        raise AddressError(AddressFault.MALFORMED)
    return written


def _labels(domain: str) -> str:
    try:
        labels = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise AddressError(AddressFault.MALFORMED) from None
    # A name of one label, or whose last one is a number, is no domain of mail.
    if "." not in labels or labels.endswith(".") or labels.rpartition(".")[2].isdigit():
        raise AddressError(AddressFault.MALFORMED)
    return labels
