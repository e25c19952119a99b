"""When a parcel that meets the same answer becomes a person's matter, while it goes on trying. Rules only, no database.

Trouble that repeats will not pass by itself: TIMES the same answer (about an hour of tries), FAR tries that came to
nothing whatever they met, or a day of the same answer. "Not yet" of a destination that works is no trouble: a receiver
that comes to its files once a day is asked many times, and only the day counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from temoin.outbox.courier import Answer, Load

TIMES = 12
FAR = 30
LONG = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Repetition:
    """How often and since when a parcel met the same answer, and since when it is a person's matter."""

    count: int
    since: datetime
    matter_since: datetime | None


def repetition(load: Load, answer: Answer, moment: datetime) -> Repetition:
    """Return how it stands after one more answer that settled nothing."""
    is_same = answer.code == load.answer_code and load.same_since is not None
    count, since = (load.same_count + 1, load.same_since or moment) if is_same else (1, moment)
    is_often = (count >= TIMES or load.attempts >= FAR) and not answer.is_sign_of_life
    is_matter = is_often or moment - since >= LONG
    return Repetition(count, since, load.matter_since or (moment if is_matter else None))
