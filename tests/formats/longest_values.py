"""Reports whose every free text is as long as the doors let it in, for the properties about lengths."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import strategies as st
from strategies import addressed_reports

from temoin.testing.report import Report

NAME, CELL, COMMENT, REASON = 120, 300, 2000, 500  # characters: patients.reader, formats.csv.cells, testing.signing
LONGEST = {
    **dict.fromkeys(("birth_family_name", "birth_given_names", "first_birth_given_name"), NAME),
    **dict.fromkeys(("used_family_name", "used_given_name", "family_name", "given_name"), NAME),
    **dict.fromkeys(("name", "lines", "city", "county", "state", "manufacturer", "reference", "lot"), CELL),
    **dict.fromkeys(("display", "kind_display", "specimen_display", "profession_display", "snomed_display"), CELL),
    "comment": COMMENT,
    "reason": REASON,
}
# One word without a place to break, words, letters of two and more bytes, one that becomes eighteen, escapes.
LETTERS = ("W", "MOULIN DE LA ", "É", "李", "مريم ", "\ufdfa", "^", "<&>", "'")


def longest_reports() -> st.SearchStrategy[Report]:
    """Any Report of the counter with every free text stretched to its length."""
    return st.builds(stretched, addressed_reports(), st.sampled_from(LETTERS))


def stretched(whole: Any, letters: str) -> Any:
    """Return a dataclass in which each free text that is there is as long as it may be."""
    told = {each.name: getattr(whole, each.name) for each in fields(whole)}
    return replace(whole, **{name: _stretched(name, value, letters) for name, value in told.items()})


def _stretched(name: str, value: Any, letters: str) -> Any:
    if is_dataclass(value):
        return stretched(value, letters)
    if isinstance(value, tuple):
        return tuple(_stretched(name, each, letters) for each in value)
    if not value or name not in LONGEST:
        return value
    most = LONGEST[name]
    return (letters * most)[:most].strip()
