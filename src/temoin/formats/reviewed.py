"""Tables of medical codes with the review that they begin with."""

from __future__ import annotations

from importlib import resources

from temoin.lib.data_file import Entry, parse_data
from temoin.lib.reviewed import Review, review_of


def read_reviewed(room: str, name: str) -> tuple[Review, Entry]:
    """Return the review of a data file of a format, and the rest to read; DataFileError when it is wrong."""
    content = resources.files(f"temoin.formats.{room}").joinpath("data", name).read_text("utf-8")
    return parse_reviewed(f"{room}/{name}", content)


def parse_reviewed(file: str, content: str) -> tuple[Review, Entry]:
    """Check the review of a data file's text and return it with the rest to read."""
    entry = parse_data(file, content)
    return review_of(entry), entry
