"""The section [counter]: how long before its registration a sample may be taken, and how late a reading is entered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temoin.lib.section import Section

BEFORE = range(241)  # minutes: a swab first and the papers after, never the sample of another day
LATE = range(61)  # minutes: the review and the signature, never a reading typed at the end of the day


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Both spans, as the settings file says them."""

    before_registration_minutes: int = 30
    late_entry_minutes: int = 5

    @property
    def before_registration(self) -> timedelta:
        """Return how long before the registration of its test a sample may be taken."""
        return timedelta(minutes=self.before_registration_minutes)

    @property
    def late_entry(self) -> timedelta:
        """Return how long after the last minute of reading a result is entered without a word."""
        return timedelta(minutes=self.late_entry_minutes)


def read_counter(section: Section) -> Counter:
    """Read the section; all of it is optional."""
    counter = Counter(
        before_registration_minutes=section.number(
            "before_registration_minutes", BEFORE, Counter.before_registration_minutes
        ),
        late_entry_minutes=section.number("late_entry_minutes", LATE, Counter.late_entry_minutes),
    )
    section.end()
    return counter
