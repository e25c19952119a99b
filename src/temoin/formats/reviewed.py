"""The review that a table of medical codes begins with: who made it, when, and where the table is from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib import resources

from temoin.lib.data_file import Entry, parse_data


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a data file; a placeholder is one that nobody entitled to has made yet."""

    on: date
    by: str
    is_placeholder: bool
    source: str


def read_reviewed(room: str, name: str) -> tuple[Review, Entry]:
    """Return the review of a data file of a format, and the rest to read; DataFileError when it is wrong."""
    content = resources.files(f"temoin.formats.{room}").joinpath("data", name).read_text("utf-8")
    return parse_reviewed(f"{room}/{name}", content)


def parse_reviewed(file: str, content: str) -> tuple[Review, Entry]:
    """Check the review of a data file's text and return it with the rest to read."""
    entry = parse_data(file, content)
    return review_of(entry), entry


def review_of(entry: Entry) -> Review:
    """Check and build the review that a data file begins with."""
    told = entry.table("review")
    review = Review(told.day("on"), told.text("by"), told.flag("placeholder"), entry.text("source"))
    told.finish()
    return review
