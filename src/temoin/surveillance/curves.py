"""A curve as SVG: a bar a day, a line of means. No style and no script in it; the table beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from temoin.surveillance.trends import TrendDay

WIDTH, HEIGHT, FOOT = 720, 180, 20
LEFT = 48  # for the words of the scale


def curve(days: Sequence[TrendDay], *, name: str, words: str) -> str:
    """Return the picture of a target's days; `name` is its identifier on the page, `words` what it shows."""
    most = max([day.positive or 0 for day in days] + [round(day.mean or 0) for day in days] + [1])
    step = (WIDTH - LEFT) / max(1, len(days))
    bars = "".join(
        f'<rect class="{"last" if day.is_last else "early"}" x="{LEFT + place * step:.1f}" '
        f'y="{_height(day.positive, most):.1f}" width="{max(1.0, step - 1):.1f}" '
        f'height="{HEIGHT - FOOT - _height(day.positive, most):.1f}"/>'
        for place, day in enumerate(days)
        if day.positive
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-words">'
        f'<title id="{name}-words">{escape(words)}</title>'
        f'<text class="scale" x="0" y="12">{most}</text><text class="scale" x="0" y="{HEIGHT - FOOT}">0</text>'
        f'<line class="axis" x1="{LEFT}" y1="{HEIGHT - FOOT}" x2="{WIDTH}" y2="{HEIGHT - FOOT}"/>'
        f"{bars}{_lines(days, step, most)}"
        f'<text class="scale" x="{LEFT}" y="{HEIGHT - 4}">{days[0].day.isoformat()}</text>'
        f'<text class="scale end" x="{WIDTH}" y="{HEIGHT - 4}">{days[-1].day.isoformat()}</text></svg>'
    )


def _height(count: float | None, most: int) -> float:
    return 4 + (HEIGHT - FOOT - 4) * (1 - (count or 0) / most)


def _lines(days: Sequence[TrendDay], step: float, most: int) -> str:
    """Return a line through the means, cut where one is not known."""
    runs: list[list[str]] = [[]]
    for place, day in enumerate(days):
        if day.mean is None:
            runs.append([])
        else:
            runs[-1].append(f"{LEFT + (place + 0.5) * step:.1f},{_height(day.mean, most):.1f}")
    return "".join(f'<polyline class="mean" points="{" ".join(run)}"/>' for run in runs if len(run) > 1)
