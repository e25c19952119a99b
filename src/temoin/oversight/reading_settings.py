"""The section [reading]: how many patients a person or a program may see in an hour before it is stopped and told."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.lib.section import Section

OPENED = range(20, 1001)  # less stops a counter at work, more is no pace at all
SHOWN = range(100, 10001)
PAGES = range(20, 301)


@dataclass(frozen=True, kw_only=True)
class ReadingPace:
    """Both limits, as the settings file says them. A busy counter has 40 patients an hour, and its lists of them."""

    opened_per_hour: int = 100  # distinct patients whose record, result or ticket was opened
    shown_per_hour: int = 500  # those that lists and searches showed included
    pages_per_minute: int = 40  # records, results and tickets opened, the same again included: faster than one reads


def read_reading_pace(section: Section) -> ReadingPace:
    """Read the section; all of it is optional."""
    pace = ReadingPace(
        opened_per_hour=section.number("opened_per_hour", OPENED, ReadingPace.opened_per_hour),
        shown_per_hour=section.number("shown_per_hour", SHOWN, ReadingPace.shown_per_hour),
        pages_per_minute=section.number("pages_per_minute", PAGES, ReadingPace.pages_per_minute),
    )
    section.end()
    return pace
