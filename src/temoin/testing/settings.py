"""The section [counter]: how long before its registration a sample may be taken, and how late a reading is entered."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from temoin.lib.section import Number, section, within

BEFORE = range(241)  # minutes: a swab first and the papers after, never the sample of another day
LATE = range(61)  # minutes: the review and the signature, never a reading typed at the end of the day


@section
class Counter:
    """Both spans, as the settings file says them."""

    before_registration_minutes: Annotated[Number, within(BEFORE)] = 30
    late_entry_minutes: Annotated[Number, within(LATE)] = 5

    @property
    def before_registration(self) -> timedelta:
        """Return how long before the registration of its test a sample may be taken."""
        return timedelta(minutes=self.before_registration_minutes)

    @property
    def late_entry(self) -> timedelta:
        """Return how long after the last minute of reading a result is entered without a word."""
        return timedelta(minutes=self.late_entry_minutes)
