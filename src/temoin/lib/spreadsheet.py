"""Cells of a CSV file that a person may open in a spreadsheet."""

from __future__ import annotations

import re
import unicodedata

# What a spreadsheet would take for a formula (OWASP ASVS 5.0.0, 1.2.10). Spreadsheets of East Asian locales compute
# the full-width signs as well, and a line feed, tab or return before a sign is not seen on screen.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_SIGNS = ("=", "+", "-", "@")
_MARK = "'"
# A spreadsheet set to another separator makes cells of the parts of one, and hardly minds the quotes around it.
_PART = re.compile(r"(?<=[,;\t\r\n])[^,;\t\r\n]+")


def guarded_cell(value: object) -> str:
    """Return the value as text, with an apostrophe before what a spreadsheet would compute; None is empty.

    So it is within the text too, after whatever may separate cells or rows.
    """
    text = "" if value is None else str(value)
    parted = _PART.sub(lambda found: _guarded(found[0]), text)
    return f"{_MARK}{parted}" if _is_computed(text) else parted


def unguarded_cell(cell: str) -> str:
    """Return the text that `guarded_cell` was given."""
    text = _PART.sub(lambda found: _unguarded(found[0]), cell)
    return _unguarded(text)


def _guarded(part: str) -> str:
    return f"{_MARK}{part}" if _is_computed(part) else part


def _unguarded(part: str) -> str:
    return part[1:] if part.startswith(_MARK) and _is_computed(part) else part


def _is_computed(part: str) -> bool:
    """Tell whether a spreadsheet may compute a part once its quotes are gone; with a mark or more, what follows it."""
    return begins_formula(part.replace('"', "").lstrip(_MARK))


def begins_formula(text: str) -> bool:
    """Tell whether a spreadsheet may compute the text: its first visible character is a sign, in whatever form."""
    if text.startswith(FORMULA):
        return True
    return unicodedata.normalize("NFKC", _first_visible(text)).startswith(_SIGNS)


def _first_visible(text: str) -> str:
    """Return the first character that is neither a space nor invisible (categories Z, Cc and Cf)."""
    return next((sign for sign in text if unicodedata.category(sign)[0] not in "ZC"), "")
