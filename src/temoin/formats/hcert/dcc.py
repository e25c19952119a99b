"""The content of an EU certificate (https://github.com/ehn-dcc-development/eu-dcc-schema, 1.0.0 to 1.3.0).

Judged is what makes it one: a person, and entries of one kind with their required fields. Value sets are not: they grew
from month to month, and a code that is unknown here makes no certificate false.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.uses import Use

_ENTRIES = {"t": Use.TEST, "v": Use.VACCINATION, "r": Use.RECOVERY}
_REQUIRED = {
    Use.TEST: ("tg", "tt", "sc", "tr", "co", "is", "ci"),
    Use.VACCINATION: ("tg", "vp", "mp", "ma", "dt", "co", "is", "ci"),
    Use.RECOVERY: ("tg", "fr", "co", "is", "df", "du", "ci"),
}
_LONGEST = 80  # characters of a text of an entry
_COUNTED = ("dn", "sd")
_NAMES = (("fn", "fnt"), ("gn", "gnt"))
_BIRTH_DATE = re.compile("((19|20)[0-9]{2}(-[0-9]{2}){0,2})?")
_FOLDED = re.compile("[A-Z<]{0,80}")


def check_dcc(content: dict[Any, Any], issued_at: datetime) -> tuple[Use, list[str]]:
    """Return what a certificate is about, and the numbers of its entries; NotACertificateError."""
    _check_person(content, issued_at.date().isoformat())
    told = [(use, content[name]) for name, use in _ENTRIES.items() if content.get(name)]
    match told:
        case [(use, list(entries))] if all(_is_entry(use, entry) for entry in entries):
            return use, [entry["ci"] for entry in entries]
    raise NotACertificateError("an EU certificate is about one thing, and tells it whole")


def _check_person(content: dict[Any, Any], issued_on: str) -> None:
    match content:
        case {"ver": str(), "dob": str(born), "nam": {"fnt": str()} as name}:
            day = born[:10]  # some wrote a time behind it
        case _:
            raise NotACertificateError("an EU certificate says whose it is")
    is_named = all(_is_folded(name.get(written, ""), name.get(folded, "")) for written, folded in _NAMES)
    if not is_named or not _BIRTH_DATE.fullmatch(day) or day > issued_on[: len(day)]:
        raise NotACertificateError("a name or a birth date that is none")


def _is_folded(written: object, folded: object) -> bool:
    """Tell whether a name has its letters for machines, where it has any."""
    if not isinstance(written, str) or not isinstance(folded, str):
        return False
    return _FOLDED.fullmatch(folded) is not None and bool(folded or not written)


def _is_entry(use: Use, entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    texts = [entry.get(name) for name in _REQUIRED[use]]
    counts = [entry.get(name) for name in _COUNTED] if use is Use.VACCINATION else []
    is_told = all(isinstance(text, str) and len(text) <= _LONGEST for text in texts)
    return is_told and all(type(count) is int for count in counts)
