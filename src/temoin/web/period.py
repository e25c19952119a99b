"""A period of days as the pages on past work ask for it: two dates, or one press for the last days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from temoin.lib.errors import InvalidError, Problem
from temoin.oversight.signed_tests import MOST_DAYS, ResultFilter
from temoin.patients.traits import NO_DAY
from temoin.pharmacies.zones import page_zone
from temoin.web.fields import Field, Typed
from temoin.web.times import page_today, read_day
from temoin.web.wording import Words

PRESETS = (7, 30, 90)  # days, today included


@dataclass(frozen=True)
class PeriodLink:
    """A way to the last days."""

    words: Words
    query: str
    is_shown: bool


def read_period(asked: Mapping[str, str], *, days: int) -> tuple[ResultFilter, list[Problem]]:
    """Return the days that an address asks for, the last `days` where it asks for none, and what is wrong with them.

    With a problem, the days are the last ones.
    """
    today = page_today()
    last = ResultFilter(since=today - timedelta(days=days - 1), until=today, zone=page_zone())
    typed = {name: asked.get(name, "").strip() for name in ("since", "until")}
    read = {name: read_day(text) for name, text in typed.items() if text}
    problems = [Problem(name, "malformed", NO_DAY) for name, day in read.items() if day is None]
    if problems:
        return last, problems
    until = read.get("until") or today
    since = read.get("since") or min(last.since, until)
    wanted = ResultFilter(since=since, until=until, zone=last.zone)
    try:
        wanted.check()
    except InvalidError as error:
        return last, error.problems
    return wanted, []


def period_fields(typed: Typed, wanted: ResultFilter) -> list[Field]:
    """Return the fields of the two days."""
    hint = _("The day of the first signature; at most %(days)s days.") % {"days": MOST_DAYS}
    return [
        typed("since", _("From"), "date", initial=wanted.since.isoformat(), required=True),
        typed("until", _("To"), "date", initial=wanted.until.isoformat(), required=True, hint=hint),
    ]


def period_links(wanted: ResultFilter) -> list[PeriodLink]:
    """Return the ways to the last week, month and quarter."""
    today = page_today()
    return [_link(today - timedelta(days=days - 1), today, days, wanted) for days in PRESETS]


def _link(since: date, until: date, days: int, wanted: ResultFilter) -> PeriodLink:
    words = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    return PeriodLink(words, period_query(since, until), (since, until) == (wanted.since, wanted.until))


def period_query(since: date, until: date) -> str:
    """Return the days as an address asks for them."""
    return urlencode({"since": since.isoformat(), "until": until.isoformat()})
