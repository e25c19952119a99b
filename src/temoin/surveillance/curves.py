"""A curve as SVG: a bar a day, a line of means, and dashed what is estimated. No style and no script in it; the table
beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from temoin.surveillance.trends import SPAN, TrendDay

WIDTH, HEIGHT, FOOT = 720, 180, 20
LEFT = 48  # for the words of the scale


def curve(days: Sequence[TrendDay], *, name: str, words: str) -> str:
    """Return the picture of a target's days; `name` is its identifier on the page, `words` what it shows."""
    tops = [(day.positive or 0, day.mean or 0, day.expected.high if day.expected else 0) for day in days]
    most = max(1, round(max(max(top) for top in tops)))
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
        f"{bars}{_estimates(days, step, most)}"
        f"{_lines('mean', [day.mean for day in days], step, most)}"
        f"{_lines('mean likely', _likely_means(days), step, most)}"
        f'<text class="scale" x="{LEFT}" y="{HEIGHT - 4}">{days[0].day.isoformat()}</text>'
        f'<text class="scale end" x="{WIDTH}" y="{HEIGHT - 4}">{days[-1].day.isoformat()}</text></svg>'
    )


def _height(count: float | None, most: int) -> float:
    return 4 + (HEIGHT - FOOT - 4) * (1 - (count or 0) / most)


def _estimates(days: Sequence[TrendDay], step: float, most: int) -> str:
    """Return what each young day still lacks as a dashed bar above its own, and its interval as a band behind it."""
    drawn = ""
    for place, day in enumerate(days):
        if day.expected is None:
            continue
        x, wide = LEFT + place * step, max(1.0, step - 1)
        top, bottom = _height(day.expected.high, most), _height(day.expected.low, most)
        upper, lower = sorted((_height(day.expected.value, most), _height(day.positive, most)))
        drawn += (
            f'<rect class="band" x="{x:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{bottom - top:.1f}"/>'
            f'<rect class="expected" x="{x:.1f}" y="{upper:.1f}" width="{wide:.1f}" height="{lower - upper:.1f}"/>'
        )
    return drawn


def _likely_means(days: Sequence[TrendDay]) -> list[float | None]:
    """Return the means of seven days, those that are not final as they are estimated; None where one is not."""
    likely = [
        day.expected.value if day.expected else day.positive if day.is_last and not day.missing else None
        for day in days
    ]
    means: list[float | None] = [None] * len(days)
    for place in range(SPAN - 1, len(days)):
        known = [value for value in likely[place - SPAN + 1 : place + 1] if value is not None]
        is_whole = days[place].day - days[place - SPAN + 1].day == timedelta(days=SPAN - 1)
        if is_whole and len(known) == SPAN and not days[place].is_last:
            means[place] = sum(known) / SPAN
    return means


def _lines(name: str, means: Sequence[float | None], step: float, most: int) -> str:
    """Return a line through the means, cut where one is not known."""
    runs: list[list[str]] = [[]]
    for place, mean in enumerate(means):
        if mean is None:
            runs.append([])
        else:
            runs[-1].append(f"{LEFT + (place + 0.5) * step:.1f},{_height(mean, most):.1f}")
    return "".join(f'<polyline class="{name}" points="{" ".join(run)}"/>' for run in runs if len(run) > 1)
