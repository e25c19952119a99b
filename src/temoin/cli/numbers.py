"""Numbers, days and moments typed on a command line: refused by name and range, before anything starts."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from datetime import date, datetime

from temoin.lib.zones import FIRST_DAY, LAST_DAY, read_instant

HIGHEST_PORT = 65535
MOST_PROCESSES = 64
MOST_ROWS = 10**9
A_DAY, A_YEAR = 24 * 3600, 366 * 24 * 3600  # seconds


def port_number(text: str) -> int:
    """Return a TCP port, 1 to 65535: port 0 would be another one at each start."""
    return within(text, 1, HIGHEST_PORT)


def count_of_processes(text: str) -> int:
    """Return how many processes to start, at least one."""
    return within(text, 1, MOST_PROCESSES)


def count_of_rows(text: str) -> int:
    """Return how many rows of each table to open; 0 stands for all."""
    return within(text, 0, MOST_ROWS)


def whole_seconds(text: str) -> int:
    """Return a span of a year at most, or none."""
    return within(text, 0, A_YEAR)


def seconds(text: str) -> float:
    """Return a span of a day at most, in parts of a second too."""
    span = float(text) if re.fullmatch("[0-9]{1,5}([.][0-9]{1,3})?", text) else 0.0
    if not 0 < span <= A_DAY:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, {A_DAY} at most")
    return span


def calendar_day(text: str) -> date:
    """Return a day that every calendar of ours can reckon with."""
    with suppress(ValueError):
        day = date.fromisoformat(text) if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else date.min
        if FIRST_DAY <= day <= LAST_DAY:
            return day
    raise argparse.ArgumentTypeError(f"{text!r} is no day of the calendar: write it like 2026-11-24")


def moment(text: str) -> datetime:
    """Return a moment, with its offset: an hour without one is another in every zone."""
    with suppress(ValueError):
        return read_instant(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no moment: give day, hour and offset, like 2026-11-29T14:00+01:00")


def within(text: str, least: int, most: int) -> int:
    """Return a whole number of a range."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    number = int(text) if is_number else least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
    return number
