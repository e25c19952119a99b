"""The pharmacy's pair of keys for a month: made before patients need it, and ended a day after the month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from temoin.arrivals.hours import MOVES, month_of, read_hours
from temoin.arrivals.models import ArrivalKey, Calendar, Poster
from temoin.arrivals.states import PosterState
from temoin.crypto.arrival import draw_pair
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right

AHEAD: Final = timedelta(days=10)  # before a month begins: a counter that is closed for a week has its key all the same


def keep_pairs(*, by: Holder) -> None:
    """Make the pairs that the pharmacy's poster needs now and in the coming days, where they are not there yet."""
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        if not Poster.objects.filter(state=PosterState.STANDING.value).exists():
            return
        wanted = _wanted()
        there = set(ArrivalKey.objects.filter(month__in=wanted).values_list("month", flat=True))
    for month in wanted:
        if month not in there:
            _make(month, by)


def _wanted() -> list[str]:
    """Return the months that forms are sealed to now and in the coming days, and appointments as far as they go."""
    calendar = Calendar.objects.first()
    hours = read_hours(calendar.hours) if calendar else None
    ahead = AHEAD + (timedelta(days=hours.ahead) + MOVES if hours and hours.openings else timedelta(0))
    return list(dict.fromkeys(month_of(now() + timedelta(days=day)) for day in range(ahead.days + 1)))


def _make(month: str, by: Holder) -> None:
    """Make a month's pair; where somebody else was first, theirs counts."""
    key_id = new_id()
    try:
        with act(by=by, kind=EventKind.ARRIVAL_KEY_MADE, subject_kind="key", subject_id=key_id, detail=month) as commit:
            pair = draw_pair()
            key = ArrivalKey(pharmacy_id=by.pharmacy_id, id=key_id, month=month, public=pair.public)
            key.ends_at = end_of_pair(month)
            key.seal({"private": pair.private.hex()})
            commit.insert(key)
    except ConflictError:
        pass


def end_of_pair(month: str) -> datetime:
    """Return from when on nobody is given a month's pair."""
    begins = datetime.strptime(f"{month}-01 +0000", "%Y-%m-%d %z")
    return (begins + timedelta(days=32)).replace(day=1)
