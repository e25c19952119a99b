"""The form of a pharmacy's hours: a line for each opening, and a few empty ones; days on which nobody is received."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from temoin.arrivals.hours import LENGTHS, MOST_CLOSED, MOST_OPENINGS, Hours, Opening
from temoin.catalogue.kinds import counter_kinds
from temoin.lib.errors import InvalidError, Problem
from temoin.web.fields import Choice, Field, Typed
from temoin.web.wording import Words

ALL = "all"  # tests: no kind has this code
EMPTY = 3  # lines beyond those in use
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAYS: tuple[Words, ...] = (
    *(gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday")),
    *(gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday")),
)


def values_of(hours: Hours) -> dict[str, str]:
    """Return hours as the fields of the page hold them."""
    values = {"minutes": str(hours.minutes), "places": str(hours.places), "ahead": str(hours.ahead)}
    for place, one in enumerate(hours.openings):
        values |= {f"weekday-{place}": str(one.weekday), f"kind-{place}": one.kind or ALL}
        values |= {f"begins-{place}": _clock(one.begins), f"ends-{place}": _clock(one.ends)}
    return values | {f"closed-{place}": f"{day}" for place, day in enumerate(hours.closed)}


def in_order(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed without the lines that have no day of the week: those that stay are counted anew."""
    lines = [place for place in range(MOST_OPENINGS) if typed.get(f"weekday-{place}")]
    names = ("weekday", "begins", "ends", "kind")
    openings = {f"{name}-{new}": typed.get(f"{name}-{old}", "") for new, old in enumerate(lines) for name in names}
    closed = {f"closed-{place}": typed.get(f"closed-{place}", "") for place in range(MOST_CLOSED)}
    return {**openings, **closed, **{name: typed.get(name, "") for name in ("minutes", "places", "ahead")}}


def read_form(typed: Mapping[str, str]) -> Hours:
    """Read the page in its order; InvalidError for each field that cannot be read."""
    problems: list[Problem] = []
    count = sum(1 for place in range(MOST_OPENINGS) if typed.get(f"weekday-{place}"))
    openings = [_opening(typed, place, problems) for place in range(count)]
    closed = [_day(typed, f"closed-{place}", problems) for place in range(MOST_CLOSED)]
    numbers = {name: _number(typed, name, problems) for name in ("minutes", "places", "ahead")}
    if problems:
        raise InvalidError(problems)
    return Hours(openings=tuple(openings), closed=tuple(sorted({day for day in closed if day})), **numbers)


def hours_fields(typed: Typed) -> dict[str, Any]:
    """Return the fields of the page: the openings line by line, the closed days, and the rest."""
    lengths = [Choice(str(length), _("%(minutes)s minutes") % {"minutes": length}) for length in LENGTHS]
    return {
        "openings": [_line(typed, place) for place in range(_shown(typed, "weekday", MOST_OPENINGS))],
        "closed": [_closed(typed, place) for place in range(_shown(typed, "closed", MOST_CLOSED))],
        "rest": [
            typed("minutes", _("An appointment lasts"), "select", choices=lengths, required=True),
            typed("places", _("People who can come at one hour"), "number", required=True, attributes=_range(20)),
            typed("ahead", _("Days ahead that can be booked"), "number", required=True, attributes=_range(60)),
        ],
    }


def differences(typed: Mapping[str, str], hours: Hours) -> list[str]:
    """Return what stands and is not in the form, then what is in the form and does not stand, in words."""
    there, here = _in_words(values_of(hours)), _in_words(typed)
    stands, mine = _("Stands now: %(line)s"), _("In your form only: %(line)s")
    return [stands % {"line": line} for line in there if line not in here] + [
        mine % {"line": line} for line in here if line not in there
    ]


def _in_words(values: Mapping[str, str]) -> list[str]:
    fields = hours_fields(Typed(values))
    lines = [[_shown_value(field) for field in line] for line in fields["openings"] if line[0].value]
    openings = [f"{day} {begins}–{ends}, {kind}" for day, begins, ends, kind in lines]
    closed = [f"{one.label} {_day_in_words(one.value)}" for one in fields["closed"] if one.value]
    return [*openings, *closed, *(f"{one.label} = {_shown_value(one)}" for one in fields["rest"] if one.value)]


def _day_in_words(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


def _shown_value(field: Field) -> str:
    return next((str(choice.label) for choice in field.choices if choice.value == field.value), field.value)


def _line(typed: Typed, place: int) -> list[Field]:
    language = get_language() or "fr"
    days = [Choice(str(number), words) for number, words in enumerate(_WEEKDAYS)]
    kinds = [Choice(ALL, _("All tests")), *(Choice(kind.code, kind.label(language)) for kind in counter_kinds())]
    return [
        typed(f"weekday-{place}", _("Day"), "select", choices=days, is_one_of=True),
        typed(f"begins-{place}", _("Opens at"), "time", is_one_of=True),
        typed(f"ends-{place}", _("Closes at"), "time", is_one_of=True),
        typed(f"kind-{place}", _("Test"), "select", choices=kinds, initial=ALL, is_one_of=True),
    ]


def _closed(typed: Typed, place: int) -> Field:
    return typed(f"closed-{place}", _("Closed on"), "date", is_one_of=True)


def _shown(typed: Typed, name: str, most: int) -> int:
    """Return how many lines are shown: those in use, and a few more."""
    used = [place for place in range(most) if typed.values.get(f"{name}-{place}")]
    return min(most, (max(used) + 1 if used else 0) + EMPTY)


def _range(most: int) -> dict[str, str]:
    return {"min": "1", "max": str(most), "inputmode": "numeric"}


def _opening(typed: Mapping[str, str], place: int, problems: list[Problem]) -> Opening:
    begins, ends = (_minute(typed, f"{name}-{place}", problems) for name in ("begins", "ends"))
    weekday = typed[f"weekday-{place}"]
    if weekday not in {str(number) for number in range(7)}:
        problems.append(Problem(f"weekday-{place}", "unknown", gettext_lazy("Choose the day in the list.")))
        weekday = "0"
    kind = typed.get(f"kind-{place}", "")
    return Opening(int(weekday), begins, ends, kind.removeprefix(ALL))


def _minute(typed: Mapping[str, str], name: str, problems: list[Problem]) -> int:
    found = _CLOCK.fullmatch(typed.get(name, ""))
    if found is None:
        problems.append(Problem(name, "malformed", gettext_lazy("Enter a time, for instance 09:00.")))
        return 0
    return int(found[1]) * 60 + int(found[2])


def _day(typed: Mapping[str, str], name: str, problems: list[Problem]) -> date | None:
    text = typed.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems.append(Problem(name, "malformed", gettext_lazy("Enter a day, for instance 25/12/2026.")))
        return None


def _number(typed: Mapping[str, str], name: str, problems: list[Problem]) -> int:
    text = typed.get(name, "")
    if not re.fullmatch("[0-9]{1,3}", text):
        problems.append(Problem(name, "malformed", gettext_lazy("Enter a whole number.")))
        return 0
    return int(text)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
