"""The section [reading]: how many patients a person or a program may see in an hour before it is stopped and told."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.config.section import Section

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
    opened, shown = section.optional("opened_per_hour", int), section.optional("shown_per_hour", int)
    pages = section.optional("pages_per_minute", int)
    pace = ReadingPace(
        opened_per_hour=ReadingPace.opened_per_hour if opened is None else opened,
        shown_per_hour=ReadingPace.shown_per_hour if shown is None else shown,
        pages_per_minute=ReadingPace.pages_per_minute if pages is None else pages,
    )
    section.end()
    if pace.opened_per_hour not in OPENED:
        raise section.wrong("opened_per_hour", f"must be between {OPENED[0]} and {OPENED[-1]}")
    if pace.shown_per_hour not in SHOWN:
        raise section.wrong("shown_per_hour", f"must be between {SHOWN[0]} and {SHOWN[-1]}")
    if pace.pages_per_minute not in PAGES:
        raise section.wrong("pages_per_minute", f"must be between {PAGES[0]} and {PAGES[-1]}")
    return pace
