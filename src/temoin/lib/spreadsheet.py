"""Cells of a CSV file that a person may open in a spreadsheet."""

from __future__ import annotations

# What a spreadsheet would take for a formula (OWASP ASVS 5.0.0, 1.2.10).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def guarded_cell(value: object) -> str:
    """Return the value as text, with an apostrophe before what a spreadsheet would compute; None is empty."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
