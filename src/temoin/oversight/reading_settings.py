"""The section [reading]: how many patients a person or a program may see in an hour before it is stopped and told."""

from __future__ import annotations

from typing import Annotated

from temoin.lib.section import Number, section, within

OPENED = range(20, 1001)  # less stops a counter at work, more is no pace at all
SHOWN = range(100, 10001)
PAGES = range(20, 301)
IN_VAIN = range(50, 10001)


@section
class ReadingPace:
    """Both limits, as the settings file says them. A busy counter has 40 patients an hour, and its lists of them."""

    opened_per_hour: Annotated[Number, within(OPENED)] = 100  # distinct patients whose record or ticket was opened
    shown_per_hour: Annotated[Number, within(SHOWN)] = 500  # those that lists and searches showed included
    # Records, results and tickets opened, the same again included: faster than one reads.
    pages_per_minute: Annotated[Number, within(PAGES)] = 40
    # A scan of somebody new asks up to three times: by the number, and by the name in either century.
    vain_searches_per_hour: Annotated[Number, within(IN_VAIN)] = 200
