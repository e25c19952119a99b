"""The authority's pages, in French and English: curves, each with its table, written beside the open data.

They are files: no script, no cookie, no database and no key behind them. Whoever serves them needs to know nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from importlib.resources import files as resources
from typing import Any

from temoin.surveillance.areas import area_sections
from temoin.surveillance.counts import NEGATIVE, OUTCOMES, POSITIVE
from temoin.surveillance.curves import curve
from temoin.surveillance.dataset import DESCRIPTOR, INCOMPLETE, About, Publication
from temoin.surveillance.dataset_words import COLUMNS, TABLE_WORDS
from temoin.surveillance.page_text import STYLE, PageText
from temoin.surveillance.quality_page import NAMES, QUALITY_NAMES, quality_page
from temoin.surveillance.tables import FILES, TABLES, PublishedTable
from temoin.surveillance.thresholds import crossing_of, load_thresholds
from temoin.surveillance.trends import TrendDay, latest, positivity, trends

LATEST_ONLY = tuple(name for name in TABLES if name != "days")


def page_files(publications: Iterable[Publication], about: About) -> dict[str, bytes]:
    """Return the pages and their style by name."""
    found = list(publications)
    style = resources("temoin.surveillance").joinpath("style", STYLE).read_bytes()
    pages = {name: _AuthorityPage(lang, about).whole(found).encode() for lang, name in NAMES.items()}
    quality = {name: quality_page(lang, found, about).encode() for lang, name in QUALITY_NAMES.items()}
    return {**pages, **quality, STYLE: style}


class _AuthorityPage(PageText):
    """One page in one language."""

    def __init__(self, lang: str, about: About) -> None:
        super().__init__(lang)
        self.about = about

    def whole(self, found: Sequence[Publication]) -> str:
        """Write head, curves, maps, the latest figures of each table, and where the data are."""
        updated = max((one.released_on for one in found), default=None)
        body = self._curves(found) + area_sections(self, found)
        body += "".join(self._latest(name, found) for name in LATEST_ONLY)
        link = f'<a href="{QUALITY_NAMES[self.lang]}">{self.say("quality_title")}</a>'
        return self.frame(
            self.say("title"),
            NAMES,
            f"{self.banner(self.about.is_demo)}<p>{self.say('updated')} "
            f"{updated.isoformat() if updated else self.say('never')}. {link}</p>"
            f"<p>{self.say('reading')}</p>{body}{self._data()}",
        )

    def _curves(self, found: Sequence[Publication]) -> str:
        known = trends(found)
        if not known:
            return f"<h2>{self.label(TABLE_WORDS['targets'])}</h2><p>{self.say('nothing')}</p>"
        return "".join(self._curve(target, days, self._threshold(target, known)) for target, days in known.items())

    def _threshold(self, target: str, known: Mapping[str, Sequence[TrendDay]]) -> str:
        """Return whether an epidemic is there by the rule of a target, or that there is no rule."""
        rule = load_thresholds().rule_of(target)
        if rule is None:
            return f'<p class="key">{self.say("no_threshold")}</p>'
        standing, since = crossing_of(rule, known)
        told = self.say("threshold", what=rule.label.text(self.lang), percent=rule.percent, weeks=rule.weeks)
        return (
            f'<p class="key {standing}"><strong>{self.say(f"threshold_{standing}", since=since)}</strong> {told} '
            f"{self.label(rule.caveat)} {self.say('unreviewed') if load_thresholds().review.is_placeholder else ''} "
            f'{self.say("source")} <a href="{rule.address}">{escape(rule.source)}</a>.</p>'
        )

    def _curve(self, target: str, days: Sequence[TrendDay], threshold: str) -> str:
        title = self.value("target", target)
        names = (
            "day",
            "positives",
            "tests",
            "mean",
            "incidence",
            "interval",
            "positivity_week",
            "interval",
            "standing",
        )
        rows = [self._trend_row(day) for day in reversed(days)]
        words = f"{title}. {self.words('curve')}"
        table = self.table(title, [self.say(name) for name in names], rows)
        return (
            f"<section><h2>{escape(title)}</h2>{curve(days, name=f'curve-{target}', words=words)}"
            f'<p class="key">{self.say("key")} {self._of_estimates(days)}</p>{threshold}'
            f"<details><summary>{self.say('figures')} {escape(title)}</summary>{table}</details></section>"
        )

    def _of_estimates(self, days: Sequence[TrendDay]) -> str:
        """Return how to read the estimates, or why there are none."""
        return self.say("key_estimates" if any(day.expected for day in days) else "no_estimates")

    def _trend_row(self, day: TrendDay) -> list[str]:
        return [
            day.day.isoformat(),
            self.count(day.positive),
            self.count(day.tests),
            self.decimal(day.mean),
            self.decimal(day.incidence.rate if day.incidence else None),
            self.between(day.incidence),
            self.percent(day.positivity.rate if day.positivity else None),
            self.between(day.positivity),
            self._standing(day),
            self.decimal(day.expected.value if day.expected else None, 0),
            self.between(day.expected, 0),
        ]

    def _standing(self, day: TrendDay) -> str:
        told = [self.say("last" if day.is_last else "early")]
        return ", ".join(told + ([self.say("without", count=day.missing)] if day.missing else []))

    def _latest(self, name: str, found: Sequence[Publication]) -> str:
        title = TABLE_WORDS[name].text(self.lang)
        periods = latest(found, name)
        if not periods:
            return f"<section><h2>{escape(title)}</h2><p>{self.say('nothing')}</p></section>"
        period, one = max(periods.items())
        return f"<section><h2>{escape(title)}</h2>{self._period(name, period, one)}</section>"

    def _period(self, name: str, period: date, one: Publication) -> str:
        table = FILES[name]
        when = f"{self.words(f'of_{table.step.value}')} {period}"
        if one.missing:
            when = f"{when} ({self.words('without', count=one.missing)})"
        if not one.figures:
            return f"<p>{escape(when)}{self.say('colon')}{self.say('small')}</p>"
        head, rows = self._by_outcome(table, one) if table.columns[-1] == "outcome" else self._plain(table, one)
        return self.table(f"{TABLE_WORDS[name].text(self.lang)}, {when}", head, rows)

    def _plain(self, table: PublishedTable, one: Publication) -> tuple[list[str], list[list[str]]]:
        head = [self.label(COLUMNS[column].words) for column in (*table.columns, "count")]
        return head, [[*self.values(table.columns, row), str(row[-1])] for row in one.figures]

    def _by_outcome(self, table: PublishedTable, one: Publication) -> tuple[list[str], list[list[str]]]:
        """Return a line for each combination, with what was found of each outcome and the positivity."""
        found: dict[tuple[Any, ...], dict[str, int]] = {}
        for *key, outcome, count in one.figures:
            found.setdefault(tuple(key), {})[outcome] = count
        columns = table.columns[:-1]
        head = [self.label(COLUMNS[column].words) for column in columns]
        head += [escape(self.value("outcome", outcome)) for outcome in OUTCOMES] + [self.say("positivity")]
        rows = [
            [
                *self.values(columns, key),
                *(self.count(counts.get(outcome)) for outcome in OUTCOMES),
                self.percent(positivity(counts.get(POSITIVE), counts.get(NEGATIVE))),
            ]
            for key, counts in found.items()
        ]
        return head, rows

    def _data(self) -> str:
        links = "".join(
            f'<li>{self.label(TABLE_WORDS[name])}{self.say("colon")}<a href="{name}.csv">{name}.csv</a>, '
            f'<a href="{name}.json">{name}.json</a></li>'
            for name in (*FILES, INCOMPLETE)
        )
        return (
            f"<section><h2>{self.say('data')}</h2><p>{self.say('history')} "
            f'<a href="{DESCRIPTOR}">{DESCRIPTOR}</a></p><ul>{links}</ul><h2>{self.say("missing_title")}</h2>'
            f"<p>{self.say('missing')}</p></section>"
        )
