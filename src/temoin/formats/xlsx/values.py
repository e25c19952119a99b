"""What the cell of a workbook says as text: its number formats, its two calendars, its numbers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation

# Of ECMA-376 part 1, 18.8.30: the formats that no workbook writes out. 45 to 47 are times alone.
_DAYS_BUILT_IN = frozenset({14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)})
_HOURS_BUILT_IN = frozenset({18, 19, 20, 21, 22, 32, 33, 45, 46, 47, 55, 56})
_SPOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')  # what a format shows as it stands, colours and conditions
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_ZEROS = re.compile("0+")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LAST_DAY = 2_958_465  # 9999-12-31 in the calendar of 1900
_NO_DAY = 60  # 29 February 1900, which only a spreadsheet knows
_MOST_DIGITS = 15


class NoValueError(Exception):
    """The cell says nothing that can be taken; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a cell's format makes of its number."""

    has_day: bool = False
    has_hour: bool = False
    zeros: int = 0  # digits that are always shown


GENERAL = NumberFormat()


def built_in(number: int) -> NumberFormat:
    return NumberFormat(has_day=number in _DAYS_BUILT_IN, has_hour=number in _HOURS_BUILT_IN)


def format_of(code: str) -> NumberFormat:
    """Return what a format that a workbook writes out makes of a number."""
    if _ELAPSED.search(code):
        return NumberFormat(has_hour=True)  # of a stretch of time, and of no day
    first = _SPOKEN.sub("", code.split(";", 1)[0]).strip().lower()
    if _ZEROS.fullmatch(first):
        return NumberFormat(zeros=len(first))
    if "general" in first or "standard" in first or any(sign in first for sign in "0#?@"):
        return NumberFormat(has_hour="h" in first and ":" in first, has_day="yy" in first and "d" in first)
    has_hour = "h" in first or "s" in first
    return NumberFormat(has_day="y" in first or "d" in first or ("m" in first and not has_hour), has_hour=has_hour)


def number_text(value: str, shown: NumberFormat, *, is_1904: bool) -> str:
    """Return what a cell of numbers shows; NoValueError where it shows nothing sure."""
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        raise NoValueError("cell_error") from None
    if not number.is_finite() or abs(number.adjusted()) > 300:
        raise NoValueError("cell_error")
    if shown.has_day or shown.has_hour:
        return _moment_text(number, shown, is_1904=is_1904)
    if number.adjusted() >= _MOST_DIGITS:
        raise NoValueError("precision")
    plain = format(Context(prec=_MOST_DIGITS).create_decimal(number), "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return plain.zfill(shown.zeros) if plain.isdigit() else plain


def _moment_text(number: Decimal, shown: NumberFormat, *, is_1904: bool) -> str:
    days, seconds = divmod(int((number * 86_400).to_integral_value()), 86_400)
    hours = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}" + (f":{seconds % 60:02d}" if seconds % 60 else "")
    if not shown.has_day:
        if days:
            raise NoValueError("no_such_day")
        return hours
    day = _day(days, is_1904=is_1904)
    return f"{day:%Y-%m-%d}T{hours}" if shown.has_hour or seconds else f"{day:%Y-%m-%d}"


def _day(serial: int, *, is_1904: bool) -> datetime:
    """Return the day of a serial number: counted from 1904, or from 1900 with a 29 February that never was."""
    if is_1904:
        if not 0 <= serial <= _LAST_DAY - 1462:
            raise NoValueError("no_such_day")
        return datetime(1904, 1, 1) + timedelta(days=serial)  # noqa: DTZ001 a day of the calendar, in no zone
    if not 1 <= serial <= _LAST_DAY or serial == _NO_DAY:
        raise NoValueError("no_such_day")
    return datetime(1899, 12, 31 if serial < _NO_DAY else 30) + timedelta(days=serial)  # noqa: DTZ001 likewise


def unescaped(text: str) -> str:
    """Return a text without the form in which workbooks write what XML cannot hold.

    What no text of ours may hold stays in that form: half a letter of UTF-16, and signs that control a machine.
    """
    return _ESCAPED.sub(_letter, text) if "_x" in text else text


def _letter(match: re.Match[str]) -> str:
    letter = chr(int(match[1], 16))
    return letter if letter in "\t\n\r" or unicodedata.category(letter) not in {"Cc", "Cs"} else match[0]
