"""The authority's pages, in French and English: curves, each with its table, written beside the open data.

They are files: no script, no cookie, no database and no key behind them. Whoever serves them needs to know nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from importlib.resources import files as resources
from typing import Any

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.lib.label import Label
from temoin.surveillance.counts import NEGATIVE, OUTCOMES, POSITIVE
from temoin.surveillance.curves import curve
from temoin.surveillance.dataset import DESCRIPTOR, INCOMPLETE, About, Publication
from temoin.surveillance.dataset_words import COLUMNS, TABLE_WORDS, VALUES
from temoin.surveillance.page_words import WORDS
from temoin.surveillance.tables import FILES, TABLES, PublishedTable
from temoin.surveillance.trends import TrendDay, latest, positivity, trends

STYLE = "surveillance.css"
NAMES = {"fr": "index.html", "en": "en.html"}
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
LATEST_ONLY = tuple(name for name in TABLES if name != "days")


def page_files(publications: Iterable[Publication], about: About) -> dict[str, bytes]:
    """Return the pages and their style by name."""
    found = list(publications)
    style = resources("temoin.surveillance").joinpath("style", STYLE).read_bytes()
    return {**{name: _AuthorityPage(lang, about).whole(found).encode() for lang, name in NAMES.items()}, STYLE: style}


class _AuthorityPage:
    """One page in one language."""

    def __init__(self, lang: str, about: About) -> None:
        self.lang, self.about = lang, about

    def whole(self, found: Sequence[Publication]) -> str:
        """Write head, curves, the latest figures of each table, and where the data are."""
        updated = max((one.released_on for one in found), default=None)
        other = next(lang for lang in NAMES if lang != self.lang)
        body = self._curves(found) + "".join(self._latest(name, found) for name in LATEST_ONLY)
        return (
            f'<!doctype html><html lang="{self.lang}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{self.say("title")}</title><link rel="stylesheet" href="{STYLE}"></head><body>'
            f'<header><h1>{self.say("title")}</h1><p><a href="{NAMES[other]}" lang="{other}" hreflang="{other}">'
            f"{escape(WORDS['language'].text(other))}</a></p></header><main>"
            f"{self._banner()}<p>{self.say('updated')} {updated.isoformat() if updated else self.say('never')}</p>"
            f"<p>{self.say('reading')}</p>{body}{self._data()}</main></body></html>\n"
        )

    def say(self, name: str) -> str:
        """Return words of the page, ready to stand in it."""
        return escape(WORDS[name].text(self.lang))

    def _banner(self) -> str:
        return f'<p class="banner">{self.say("demonstration")}</p>' if self.about.is_demo else ""

    def _curves(self, found: Sequence[Publication]) -> str:
        known = trends(found)
        if not known:
            return f"<h2>{self._label(TABLE_WORDS['targets'])}</h2><p>{self.say('nothing')}</p>"
        return "".join(self._curve(target, days) for target, days in known.items())

    def _curve(self, target: str, days: Sequence[TrendDay]) -> str:
        title = self._value("target", target)
        head = [self.say(name) for name in ("day", "positives", "tests", "mean", "positivity", "standing")]
        rows = [self._trend_row(day) for day in reversed(days)]
        words = f"{title}. {WORDS['curve'].text(self.lang)}"
        table = self._table(f"{title}", head, rows)
        return (
            f"<section><h2>{escape(title)}</h2>{curve(days, name=f'curve-{target}', words=words)}"
            f'<p class="key">{self.say("key")}</p>'
            f"<details><summary>{self.say('figures')} {escape(title)}</summary>{table}</details></section>"
        )

    def _trend_row(self, day: TrendDay) -> list[str]:
        return [
            day.day.isoformat(),
            self._count(day.positive),
            self._count(day.tests),
            self._decimal(day.mean, 1),
            self._percent(day.positivity),
            self._standing(day),
        ]

    def _standing(self, day: TrendDay) -> str:
        told = [self.say("last" if day.is_last else "early")]
        return ", ".join(told + ([self._without(day.missing)] if day.missing else []))

    def _without(self, missing: int) -> str:
        return escape(WORDS["without"].text(self.lang).format(count=missing))

    def _latest(self, name: str, found: Sequence[Publication]) -> str:
        title = TABLE_WORDS[name].text(self.lang)
        periods = latest(found, name)
        if not periods:
            return f"<section><h2>{escape(title)}</h2><p>{self.say('nothing')}</p></section>"
        period, one = max(periods.items())
        return f"<section><h2>{escape(title)}</h2>{self._period(name, period, one)}</section>"

    def _period(self, name: str, period: date, one: Publication) -> str:
        table = FILES[name]
        when = f"{WORDS[f'of_{table.step.value}'].text(self.lang)} {period}"
        if one.missing:
            when = f"{when} ({WORDS['without'].text(self.lang).format(count=one.missing)})"
        if not one.figures:
            return f"<p>{escape(when)}{self.say('colon')}{self.say('small')}</p>"
        head, rows = self._by_outcome(table, one) if table.columns[-1] == "outcome" else self._plain(table, one)
        return self._table(f"{TABLE_WORDS[name].text(self.lang)}, {when}", head, rows)

    def _plain(self, table: PublishedTable, one: Publication) -> tuple[list[str], list[list[str]]]:
        head = [self._label(COLUMNS[column].words) for column in (*table.columns, "count")]
        return head, [[*self._values(table.columns, row), str(row[-1])] for row in one.figures]

    def _by_outcome(self, table: PublishedTable, one: Publication) -> tuple[list[str], list[list[str]]]:
        """Return a line for each combination, with what was found of each outcome and the positivity."""
        found: dict[tuple[Any, ...], dict[str, int]] = {}
        for *key, outcome, count in one.figures:
            found.setdefault(tuple(key), {})[outcome] = count
        columns = table.columns[:-1]
        head = [self._label(COLUMNS[column].words) for column in columns]
        head += [escape(self._value("outcome", outcome)) for outcome in OUTCOMES] + [self.say("share")]
        rows = [
            [
                *self._values(columns, key),
                *(self._count(counts.get(outcome)) for outcome in OUTCOMES),
                self._percent(positivity(counts.get(POSITIVE), counts.get(NEGATIVE))),
            ]
            for key, counts in found.items()
        ]
        return head, rows

    def _values(self, columns: Iterable[str], row: Sequence[Any]) -> list[str]:
        return [escape(self._value(column, value)) for column, value in zip(columns, row, strict=False)]

    def _table(self, caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        tops = "".join(f'<th scope="col">{one}</th>' for one in head)
        lines = "".join(
            f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{one}</td>" for one in row[1:]) + "</tr>"
            for row in rows
        )
        named = escape(caption, quote=True)
        return (
            f'<div class="wide" role="region" aria-label="{named}" tabindex="0"><table><caption>{escape(caption)}'
            f"</caption><thead><tr>{tops}</tr></thead><tbody>{lines}</tbody></table></div>"
        )

    def _data(self) -> str:
        links = "".join(
            f'<li>{self._label(TABLE_WORDS[name])}{self.say("colon")}<a href="{name}.csv">{name}.csv</a>, '
            f'<a href="{name}.json">{name}.json</a></li>'
            for name in (*FILES, INCOMPLETE)
        )
        return (
            f"<section><h2>{self.say('data')}</h2><p>{self.say('history')} "
            f'<a href="{DESCRIPTOR}">{DESCRIPTOR}</a></p><ul>{links}</ul><h2>{self.say("missing_title")}</h2>'
            f"<p>{self.say('missing')}</p></section>"
        )

    def _label(self, label: Label) -> str:
        return escape(label.text(self.lang))

    def _value(self, column: str, value: str) -> str:
        if column == "target":
            return _targets().get(value, Label(fr=value, en=value)).text(self.lang)
        if column == "outcome" and value in load_outcomes():
            return load_outcomes()[value].label(self.lang)
        if column == "kind" and value in load_kinds():
            return load_kinds()[value].label(self.lang)
        if column in {"department", "reference", "lot", "age"} and value:
            return value
        return VALUES.get(value, Label(fr=value, en=value)).text(self.lang)

    def _count(self, count: int | None) -> str:
        return self.say("under") if count is None else str(count)

    def _decimal(self, number: float | None, digits: int) -> str:
        if number is None:
            return "–"
        told = f"{number:.{digits}f}"
        return told.replace(".", ",") if self.lang == "fr" else told

    def _percent(self, share: float | None) -> str:
        if share is None:
            return "–"
        return self._decimal(100 * share, 1) + ("\u202f%" if self.lang == "fr" else "%")


def _targets() -> Mapping[str, Label]:
    return {target.code: target.words for kind in load_kinds().values() for target in kind.targets}
