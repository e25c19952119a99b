"""How the authority's pages write words, numbers, rates and tables in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.lib.label import Label
from temoin.surveillance.dataset_words import VALUES
from temoin.surveillance.nowcast import Estimate
from temoin.surveillance.page_words import WORDS
from temoin.surveillance.rates import Rate

NO_NUMBER = "–"
STYLE = "surveillance.css"
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"


class PageText:
    """Writes for one language; what comes back is ready to stand in a page, but for `words` and `value`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def frame(self, title: str, names: Mapping[str, str], body: str) -> str:
        """Return a whole page; `names` are those of its files by language."""
        other = next(lang for lang in names if lang != self.lang)
        return (
            f'<!doctype html><html lang="{self.lang}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{title}</title><link rel="stylesheet" href="{STYLE}"></head><body>'
            f'<header><h1>{title}</h1><p><a href="{names[other]}" lang="{other}" hreflang="{other}">'
            f"{escape(WORDS['language'].text(other))}</a></p></header><main>{body}</main></body></html>\n"
        )

    def banner(self, is_demo: bool) -> str:  # noqa: FBT001 of the site
        return f'<p class="banner">{self.say("demonstration")}</p>' if is_demo else ""

    def words(self, name: str, **told: object) -> str:
        """Return words of the page as they are, to be escaped by whoever puts them into it."""
        return WORDS[name].text(self.lang).format(**told)

    def say(self, name: str, **told: object) -> str:
        """Return words of the page, ready to stand in it."""
        return escape(self.words(name, **told))

    def label(self, label: Label) -> str:
        return escape(label.text(self.lang))

    def value(self, column: str, value: str) -> str:
        """Return what a closed word of a column is called, as it is."""
        if column == "target":
            return _targets().get(value, Label(fr=value, en=value)).text(self.lang)
        if column == "outcome" and value in load_outcomes():
            return load_outcomes()[value].label(self.lang)
        if column == "kind" and value in load_kinds():
            return load_kinds()[value].label(self.lang)
        if column in {"department", "reference", "lot", "age"} and value:
            return value
        return VALUES.get(value, Label(fr=value, en=value)).text(self.lang)

    def values(self, columns: Iterable[str], row: Sequence[str]) -> list[str]:
        return [escape(self.value(column, value)) for column, value in zip(columns, row, strict=False)]

    def count(self, count: int | None) -> str:
        return self.say("under") if count is None else str(count)

    def decimal(self, number: float | None, digits: int = 1) -> str:
        if number is None:
            return NO_NUMBER
        told = f"{number:.{digits}f}"
        return told.replace(".", ",") if self.lang == "fr" else told

    def percent(self, percent: float | None) -> str:
        if percent is None:
            return NO_NUMBER
        return self.decimal(percent) + ("\u202f%" if self.lang == "fr" else "%")

    def between(self, rate: Rate | Estimate | None, digits: int = 1) -> str:
        """Return the interval of a rate or an estimate."""
        if rate is None:
            return NO_NUMBER
        return self.say("between", low=self.decimal(rate.low, digits), high=self.decimal(rate.high, digits))

    def table(self, caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], ids: Sequence[str] = ()) -> str:
        """Return a table that scrolls by itself; `ids` name its lines, so that links may point at them."""
        tops = "".join(f'<th scope="col">{one}</th>' for one in head)
        lines = "".join(
            f'<tr{_id(ids, place)}><th scope="row">{row[0]}</th>'
            + "".join(f"<td>{one}</td>" for one in row[1:])
            + "</tr>"
            for place, row in enumerate(rows)
        )
        named = escape(caption, quote=True)
        return (
            f'<div class="wide" role="region" aria-label="{named}" tabindex="0"><table><caption>{escape(caption)}'
            f"</caption><thead><tr>{tops}</tr></thead><tbody>{lines}</tbody></table></div>"
        )


def _id(ids: Sequence[str], place: int) -> str:
    return f' id="{ids[place]}"' if ids else ""


@cache
def _targets() -> Mapping[str, Label]:
    return {target.code: target.words for kind in load_kinds().values() for target in kind.targets}
