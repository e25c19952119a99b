"""The part of the authority's page that tells of départements: a map of equal squares, and its table beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from temoin.surveillance.dataset import Publication
from temoin.surveillance.departments import NOTHING, load_country
from temoin.surveillance.page_text import NO_NUMBER, PageText
from temoin.surveillance.rates import Rate
from temoin.surveillance.trends import latest

# Where the colour changes, per 100,000 and week; fixed, so that one week's map can be held beside another's.
STEPS = (10, 50, 100, 250)
TILE, GAP = 46, 2
COLUMNS = ("code", "department", "positives", "per_100000", "interval", "tests", "positivity", "interval")


class AreaRates(NamedTuple):
    """What a week's publication tells of one target in one département; None where it is not shown."""

    positives: int
    incidence: Rate | None
    tests: int | None
    positivity: Rate | None


def area_sections(page: PageText, found: Sequence[Publication]) -> str:
    """Return a section with map and table for each target of which rates were published, then where people are from."""
    known = latest(found, "incidence")
    if not known:
        return f"<section><h2>{page.say('areas')}</h2><p>{page.say('nothing')}</p></section>"
    period, one = max(known.items())
    told = rates_by_target(one, latest(found, "positivity").get(period))
    without = f" ({page.words('without', count=one.missing)})" if one.missing else ""
    sections = ""
    for target, rates in sorted(told.items()):
        title = page.words("areas_of", target=page.value("target", target), period=period) + without
        sections += _Area(page, target, title, rates).section()
    return (sections or f"<section><h2>{page.say('areas')}</h2><p>{page.say('small')}</p></section>") + _source(page)


def rates_by_target(incidence: Publication, positivity: Publication | None) -> dict[str, dict[str, AreaRates]]:
    """Return, by target and département, what both files of a week tell."""
    told: dict[str, dict[str, AreaRates]] = {}
    for area, target, count, _inhabitants, *rate in incidence.figures:
        told.setdefault(target, {})[area] = AreaRates(count, Rate(*rate), None, None)
    for area, target, count, tests, *rate in positivity.figures if positivity else ():
        before = told.get(target, {}).get(area)
        own = AreaRates(count, before.incidence if before else None, tests, Rate(*rate))
        told.setdefault(target, {})[area] = own
    return told


@dataclass(frozen=True)
class _Area:
    """The map and the table of one target in one week."""

    page: PageText
    target: str
    title: str
    rates: Mapping[str, AreaRates]

    def section(self) -> str:
        places = sorted(code for line in load_country().lines for code in line if code != NOTHING)
        head = [self.page.say(name) for name in COLUMNS]
        ids = [self._line_id(code) for code in places]
        table = self.page.table(self.title, head, [self._line(code) for code in places], ids)
        named = self.page.say("map", title=self.title)
        return (
            f"<section><h2>{escape(self.title)}</h2><p>{self.page.say('map_reading')} "
            f'<a href="#table-{self.target}">{self.page.say("skip_map")}</a></p>'
            f'<div class="map" role="region" aria-label="{named}" tabindex="0">{self._map()}</div>'
            f'{_legend(self.page)}<div id="table-{self.target}">{table}</div></section>'
        )

    def _line(self, code: str) -> list[str]:
        name, told = escape(load_country().departments[code].name), self.rates.get(code)
        if told is None:
            return [code, name, *[NO_NUMBER] * (len(COLUMNS) - 2)]
        return [
            code,
            name,
            str(told.positives),
            self.page.decimal(told.incidence.rate if told.incidence else None),
            self.page.between(told.incidence),
            NO_NUMBER if told.tests is None else str(told.tests),
            self.page.percent(told.positivity.rate if told.positivity else None),
            self.page.between(told.positivity),
        ]

    def _line_id(self, code: str) -> str:
        return f"{self.target}-{code}"

    def _map(self) -> str:
        lines = load_country().lines
        width, height = max(map(len, lines)) * TILE, len(lines) * TILE
        tiles = "".join(
            self._tile(code, column * TILE, row * TILE)
            for row, line in enumerate(lines)
            for column, code in enumerate(line)
            if code != NOTHING
        )
        return f'<svg viewBox="0 0 {width} {height}" role="group">{tiles}</svg>'

    def _tile(self, code: str, x: int, y: int) -> str:
        """Return a square that is a link to its line of the table: its words are the same for eye, ear and keyboard."""
        told, name = self.rates.get(code), load_country().departments[code].name
        rate = told.incidence if told else None
        shown = NO_NUMBER if rate is None else self.page.decimal(rate.rate, 0 if rate.rate >= STEPS[0] else 1)
        exact = self.page.decimal(rate.rate if rate else None)
        words = self.page.say("tile_empty" if rate is None else "tile", code=code, place=name, rate=exact)
        middle = x + TILE // 2
        return (
            f'<a href="#{self._line_id(code)}" class="{_step(rate)}" aria-label="{words}">'
            f'<rect x="{x + 1}" y="{y + 1}" width="{TILE - GAP}" height="{TILE - GAP}"/>'
            f'<text class="code" x="{middle}" y="{y + 16}">{code}</text>'
            f'<text class="rate" x="{middle}" y="{y + 36}">{shown}</text></a>'
        )


def _step(rate: Rate | None) -> str:
    return "step-none" if rate is None else f"step-{bisect_right(STEPS, rate.rate)}"


def _legend(page: PageText) -> str:
    words = [
        ("step-none", page.say("step_none")),
        ("step-0", page.say("step_first", high=STEPS[0])),
        *((f"step-{n}", page.say("step", low=STEPS[n - 1], high=STEPS[n])) for n in range(1, len(STEPS))),
        (f"step-{len(STEPS)}", page.say("step_last", low=STEPS[-1])),
    ]
    items = "".join(f'<li><span class="swatch {name}"></span>{told}</li>' for name, told in words)
    return f'<ul class="legend">{items}</ul>'


def _source(page: PageText) -> str:
    country = load_country()
    told = page.say("inhabitants_from", day=country.estimated_on)
    link = f'<a href="{country.address}">{escape(country.review.source)}</a>'
    return f'<p class="key">{told} {link}. {page.label(country.licence)}.</p>'
