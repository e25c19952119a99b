"""The tests of a sender's weeks as bars: a picture beside the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from temoin.surveillance.sender_queries import SenderWeekRead

WIDTH, HEIGHT = 720, 140
GAP = 4


@dataclass(frozen=True)
class WeekBar:
    """One week's bar, in the units of the picture."""

    x: int
    y: int
    width: int
    height: int
    is_named: bool  # a rule names the week


@dataclass(frozen=True)
class WeekChart:
    """The bars, oldest first, and how many tests the highest stands for."""

    bars: Sequence[WeekBar]
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def week_chart(weeks: Sequence[SenderWeekRead]) -> WeekChart | None:
    """Return the picture; None where there is nothing to draw."""
    if not weeks:
        return None
    most = max(1, *(one.tests for one in weeks))
    step = WIDTH // len(weeks)
    bars = []
    for place, one in enumerate(reversed(weeks)):
        height = round(HEIGHT * one.tests / most)
        bars.append(WeekBar(place * step, HEIGHT - height, step - GAP, height, bool(one.alarms)))
    return WeekChart(bars, most)
