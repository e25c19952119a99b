"""Bar charts as drawings in the page: plain SVG whose shapes are computed here and coloured by the style sheet.

A chart is drawn from the rows of a table, and stands beside it: what it shows can be read there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 400.0  # units of the drawing; a letter is 11 of them
_LEFT, _RIGHT, _TOP, _PLOT, _FOOT = 28.0, 6.0, 8.0, 150.0, 20.0  # columns: margins around the plot, and its height
_LABELS = 7  # under the columns, at most
_ROW, _BAR, _BASE = 30.0, 9.0, 15.0  # bars: a row with its words, the bar beneath them, and where words stand
_LETTERS = 52
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class BarPart:
    """A part of a bar: its tone in the style sheet, how much it stands for, and words for who points at it."""

    tone: str
    amount: float
    words: str


@dataclass(frozen=True)
class BarOf:
    """A bar of several parts; `note` stands at the end of its line."""

    label: str
    parts: Sequence[BarPart]
    note: str = ""

    @property
    def amount(self) -> float:
        """Return what the whole bar stands for."""
        return sum(part.amount for part in self.parts)


@dataclass(frozen=True)
class ChartBox:
    """A rectangle."""

    tone: str
    x: str
    y: str
    width: str
    height: str
    words: str


@dataclass(frozen=True)
class ChartText:
    """Words in a drawing; `anchor` is SVG's: start, middle or end."""

    x: str
    y: str
    anchor: str
    words: str


@dataclass(frozen=True)
class ChartLine:
    """A line of the grid, from one side to the other."""

    x: str
    y: str


@dataclass(frozen=True)
class Chart:
    """A drawing."""

    width: str
    height: str
    boxes: Sequence[ChartBox]
    texts: Sequence[ChartText]
    lines: Sequence[ChartLine] = ()


def column_chart(bars: Sequence[BarOf]) -> Chart:
    """Draw upright columns on a grid; of many, some bear their label."""
    top = nice_top(max((bar.amount for bar in bars), default=0))
    wide = (WIDTH - _LEFT - _RIGHT) / max(len(bars), 1)
    boxes = [box for place, bar in enumerate(bars) for box in _column(bar, _LEFT + place * wide, wide, top)]
    steps = [top * step / 2 for step in range(3)] if top > 1 else [0, 1]
    lines = [ChartLine(_said(_LEFT), _said(_height(step, top))) for step in steps]
    scale = [ChartText(_said(_LEFT - 4), _said(_height(step, top) + 4), "end", f"{step:g}") for step in steps]
    return Chart(_said(WIDTH), _said(_TOP + _PLOT + _FOOT), boxes, [*scale, *_under(bars, wide)], lines)


def bar_chart(bars: Sequence[BarOf]) -> Chart:
    """Draw lying bars, each under its words."""
    most = max((bar.amount for bar in bars), default=0) or 1
    boxes, texts = [], []
    for place, bar in enumerate(bars):
        y, x = place * _ROW, 0.0
        texts += [ChartText("0", _said(y + _BASE), "start", _fitting(bar.label))]
        texts += [ChartText(_said(WIDTH), _said(y + _BASE), "end", bar.note)]
        for part in bar.parts:
            width = WIDTH * part.amount / most
            if width:
                boxes.append(ChartBox(part.tone, _said(x), _said(y + _BASE + 4), _said(width), _said(_BAR), part.words))
            x += width
    return Chart(_said(WIDTH), _said(max(len(bars), 1) * _ROW), boxes, texts)


def _fitting(label: str) -> str:
    """Return as much of a label as stands before the note on one line; the table has all of it."""
    return label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1].rstrip()}…"


def nice_top(most: float) -> int:
    """Return a round number at the top of a scale, which can be halved."""
    size = 1
    while True:
        for step in _STEPS:
            if 2 * step * size >= most:
                return 2 * step * size if most > 1 else 1
        size *= 10


def _column(bar: BarOf, x: float, wide: float, top: int) -> list[ChartBox]:
    gap, under, found = wide * 0.12, 0.0, []
    for part in bar.parts:
        if part.amount:
            y = _height(under + part.amount, top)
            tall = _PLOT * part.amount / top
            found.append(ChartBox(part.tone, _said(x + gap), _said(y), _said(wide - 2 * gap), _said(tall), part.words))
        under += part.amount
    return found


def _height(amount: float, top: int) -> float:
    return _TOP + _PLOT - _PLOT * amount / top


def _under(bars: Sequence[BarOf], wide: float) -> list[ChartText]:
    every = -(-len(bars) // _LABELS) or 1
    y = _said(_TOP + _PLOT + 14)
    return [
        ChartText(_said(_LEFT + (place + 0.5) * wide), y, "middle", bar.label)
        for place, bar in enumerate(bars)
        if place % every == 0
    ]


def _said(number: float) -> str:
    """Return a number as SVG writes it, whatever the language of the page."""
    return f"{number:.2f}"
