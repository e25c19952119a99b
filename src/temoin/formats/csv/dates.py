"""How a file writes days and times: the forms that are read, and the order of day and month that a file proves.

ISO 8601 and the compact form of HL7 v2 have one reading. Between strokes or dots, 07/09/1980 has two: which of them
is meant is said by whoever imports, or shown by another cell of its column, and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from temoin.formats.csv.problems import FileRefusedError


class DateOrder(StrEnum):
    """What stands first in a date between strokes; `ISO` says that no date of the file is so written."""

    DMY = "dmy"
    MDY = "mdy"
    ISO = "iso"


# [0-9] and full match everywhere: \d takes Arabic-Indic digits and $ a trailing newline.
_CLOCK = r"([0-9]{1,2}) *[:hH] *([0-9]{2})(?: *: *([0-9]{2})(?:[.,][0-9]{1,9})?)?(?: *([AaPp])\.?[Mm](?![A-Za-z])\.?)?"
_ZONE = r"(?: *([A-Za-z0-9_+\-/:]{1,40}))?"
_STROKES = re.compile(rf"([0-9]{{1,2}}) *([/.\-]) *([0-9]{{1,2}}) *\2 *([0-9]{{4}}|[0-9]{{2}})(?:,? +{_CLOCK}{_ZONE})?")
_ISO = re.compile(rf"([0-9]{{4}})([-/])([0-9]{{2}})\2([0-9]{{2}})(?:[T ] *{_CLOCK}{_ZONE})?")
# HL7 v2, and ReportStream after it, write 20220228, 202202281336-0500 or 20220228133600.
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T?([0-9]{2})([0-9]{2})([0-9]{2})?(Z|[+-][0-9]{4})?)?")


@dataclass(frozen=True, slots=True)
class Written:
    """A day, and perhaps a time, as a cell holds it. The day is known once the order is."""

    first: int
    second: int
    year: int
    has_short_year: bool
    is_ordered: bool  # True when the form has one reading: then `first` is the month
    clock: time | None
    has_clock: bool
    zone: str

    def day(self, order: DateOrder | None) -> date | None:
        """Return the day in an order; None when there is no such day, or when nobody knows which one is meant."""
        if self.is_ordered:
            return _date(self.year, self.first, self.second)
        if order is DateOrder.ISO or (order is None and self.first != self.second):
            return None
        day, month = (self.first, self.second) if order is DateOrder.DMY else (self.second, self.first)
        return _date(self.year, month, day)

    @property
    def tells_hour(self) -> bool:
        """Tell whether it is more than a day: a spreadsheet writes a day as its midnight."""
        return self.has_clock and (self.clock != time(0) or bool(self.zone))

    @property
    def orders(self) -> frozenset[DateOrder]:
        """Return the orders in which this is a day; both where the form has one reading."""
        both = (DateOrder.DMY, DateOrder.MDY)
        return frozenset(order for order in both if self.day(order))


def read_written(value: str) -> Written | None:
    """Read a cell in any of the forms; None when it has none of them. The clock is None when it shows no time."""
    if match := _ISO.fullmatch(value):
        year, _, month, day, hour, minute, second, half, zone = match.groups(default="")
        return _written((month, day, year), (hour, minute, second, half), zone, is_ordered=True)
    if match := _COMPACT.fullmatch(value):
        year, month, day, hour, minute, second, zone = match.groups(default="")
        return _written((month, day, year), (hour, minute, second, ""), zone, is_ordered=True)
    if match := _STROKES.fullmatch(value):
        first, stroke, other, year, hour, minute, second, half, zone = match.groups(default="")
        # 21-12-20 may as well begin with its year.
        if len(year) == 4 or stroke == "/":
            return _written((first, other, year), (hour, minute, second, half), zone, is_ordered=False)
    return None


def _written(day: tuple[str, str, str], clock: tuple[str, str, str, str], zone: str, *, is_ordered: bool) -> Written:
    first, second, year = day
    is_short = len(year) == 2
    return Written(
        first=int(first),
        second=int(second),
        year=int(year) + 2000 if is_short else int(year),
        has_short_year=is_short,
        is_ordered=is_ordered,
        clock=_time(*clock) if clock[0] else None,
        has_clock=bool(clock[0]),
        zone=zone,
    )


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _time(hour: str, minute: str, second: str, half: str) -> time | None:
    number = int(hour)
    if half:
        if not 1 <= number <= 12:
            return None
        number = number % 12 + (12 if half in "Pp" else 0)
    try:
        return time(number, int(minute), int(second or 0))
    except ValueError:
        return None


class OrderSource(StrEnum):
    """Where the order of a column is known from."""

    SHOWN = "shown"  # by one of its dates
    SAID = "said"
    REMEMBERED = "remembered"


@dataclass(frozen=True, slots=True)
class ColumnOrder:
    """The order in which the dates of one column are read."""

    column: str  # as the file names it
    order: DateOrder
    source: OrderSource
    row: int  # that shows it; 0 when it was said


@dataclass(slots=True)
class _Shown:
    """What the dates of one column show; rows, the first of each kind."""

    by_order: dict[DateOrder, int] = field(default_factory=dict)
    open: int = 0  # a date with two readings
    strokes: int = 0  # a date in a form that has an order


class OrderProof:
    """Gathers what the dates of a file show of their order, column by column, then judges the file as a whole.

    A column proves nothing about another: a program may write birth dates otherwise than the times of its device.
    """

    def __init__(self, written: Mapping[str, str] | None = None) -> None:
        self._written = written or {}  # how the file names its columns
        self._columns: dict[str, _Shown] = {}

    def look(self, row: int, cells: Iterable[tuple[str, str]]) -> None:
        """Take in the date cells of one row: pairs of column and value."""
        for column, value in cells:
            written = read_written(value.strip()) if value else None
            if written is not None and not written.is_ordered:
                self._weigh(written, row, self._columns.setdefault(column, _Shown()))

    def _weigh(self, written: Written, row: int, column: _Shown) -> None:
        orders = written.orders
        column.strokes = column.strokes or row
        if len(orders) == 1:
            column.by_order.setdefault(next(iter(orders)), row)
        elif len(orders) == 2 and written.first != written.second:
            column.open = column.open or row

    def judge(self, said: DateOrder | None, remembered: DateOrder | None = None) -> dict[str, ColumnOrder]:
        """Return the order of each column that needs one; FileRefusedError when one is not known, or not one.

        What was said, or else is remembered, holds for the columns that show none; a file that only contradicts it is
        refused, because its other columns are then as doubtful.
        """
        for column, shown in self._columns.items():
            if len(shown.by_order) == 2:
                first, second = sorted(shown.by_order.values())
                raise FileRefusedError("dates_mixed", row=first, other=second, columns=(self._name(column),))
        unshown = {name: shown.open for name, shown in self._columns.items() if shown.open and not shown.by_order}
        order = said or (remembered if unshown else None)
        if order is not None:
            self._check(order)
        elif unshown:
            raise self._refusal("dates_unsaid", unshown)
        known = {name: self._shown(name, shown) for name, shown in self._columns.items() if shown.by_order}
        source = OrderSource.SAID if said else OrderSource.REMEMBERED
        return known | {name: ColumnOrder(self._name(name), order, source, 0) for name in unshown if order}

    def _check(self, order: DateOrder) -> None:
        shown = self._columns.items()
        if order is DateOrder.ISO:
            against = {name: column.strokes for name, column in shown}
        elif any(order in column.by_order for _, column in shown):
            against = {}
        else:
            against = {name: row for name, column in shown if (row := column.by_order.get(_OTHER[order]))}
        if against:
            raise self._refusal(f"dates_not_{order}", against)

    def _refusal(self, code: str, rows: Mapping[str, int]) -> FileRefusedError:
        column = min(rows, key=lambda name: rows[name])
        return FileRefusedError(code, row=rows[column], columns=(self._name(column),))

    def _shown(self, name: str, shown: _Shown) -> ColumnOrder:
        order, row = next(iter(shown.by_order.items()))
        return ColumnOrder(self._name(name), order, OrderSource.SHOWN, row)

    def _name(self, column: str) -> str:
        return self._written.get(column, column)


_OTHER = {DateOrder.DMY: DateOrder.MDY, DateOrder.MDY: DateOrder.DMY}
