"""The review that a data file of medicine begins with: who made it, when, and where the file is from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from temoin.lib.data_file import Entry


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a data file; a placeholder is one that nobody entitled to has made yet."""

    on: date
    by: str
    is_placeholder: bool
    source: str


def review_of(entry: Entry) -> Review:
    """Check and build the review that a data file begins with."""
    told = entry.table("review")
    review = Review(told.day("on"), told.text("by"), told.flag("placeholder"), entry.text("source"))
    told.finish()
    return review
