"""A day as people type it: the day comes first, as in France, with any mark between the parts or none at all."""

from __future__ import annotations

import re
from datetime import date

# A telephone's digits have no slash: 28031979. Marks may be spaces, hyphens, dots or slashes, with spaces around.
_MARK = r"\s*[-/.\s]\s*"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}}){_MARK}([0-9]{{1,2}}){_MARK}([0-9]{{4}})|([0-9]{{2}})([0-9]{{2}})([0-9]{{4}})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")  # a date picker, a machine
_SHORT_YEAR = re.compile(rf"[0-9]{{1,2}}{_MARK}[0-9]{{1,2}}{_MARK}[0-9]{{2}}|[0-9]{{6}}")


class ShortYearError(ValueError):
    """A year of two digits has two readings: it is asked for, never guessed."""


def possible_days(text: str, *, last: date) -> tuple[date, ...]:
    """Return the days until `last` that a text may mean: of either century where the year does not tell it."""
    try:
        return (read_day(text),)
    except ShortYearError:
        in_centuries = (_in_century(text.strip(), century) for century in ("19", "20"))
        return tuple(day for day in in_centuries if day is not None and day <= last)
    except ValueError:
        return ()


def read_day(text: str) -> date:
    """Read a day; ValueError for what is none, ShortYearError for a year without its century."""
    typed = text.strip()
    if found := _DAY_FIRST.fullmatch(typed):
        day, month, year = (part for part in found.groups() if part)
    elif found := _YEAR_FIRST.fullmatch(typed):
        year, _mark, month, day = found.groups()
    elif _SHORT_YEAR.fullmatch(typed):
        raise ShortYearError
    else:
        raise ValueError("not a day")
    return date(int(year), int(month), int(day))


def _in_century(typed: str, century: str) -> date | None:
    try:
        return read_day(f"{typed[:-2]}{century}{typed[-2:]}")
    except ValueError:
        return None  # 29 February 1900 never came
