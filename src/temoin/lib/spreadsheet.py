"""Cells of a CSV file that a person may open in a spreadsheet."""

from __future__ import annotations

import unicodedata

# What a spreadsheet would take for a formula (OWASP ASVS 5.0.0, 1.2.10). Spreadsheets of East Asian locales compute
# the full-width signs as well, and a line feed, tab or return before a sign is not seen on screen.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_SIGNS = ("=", "+", "-", "@")


def guarded_cell(value: object) -> str:
    """Return the value as text, with an apostrophe before what a spreadsheet would compute; None is empty."""
    text = "" if value is None else str(value)
    return f"'{text}" if begins_formula(text) else text


def begins_formula(text: str) -> bool:
    """Tell whether a spreadsheet may compute the text: its first visible character is a sign, in whatever form."""
    if text.startswith(FORMULA):
        return True
    return unicodedata.normalize("NFKC", _first_visible(text)).startswith(_SIGNS)


def _first_visible(text: str) -> str:
    """Return the first character that is neither a space nor invisible (categories Z, Cc and Cf)."""
    return next((sign for sign in text if unicodedata.category(sign)[0] not in "ZC"), "")
