"""The pack's pages, in French and English: every value of `evidence.json` in tables, to be read and printed.

They are files: no script, nothing fetched, and nothing that the JSON beside them does not say.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files as resources
from typing import Any

from pydantic import BaseModel

from temoin.evidence.facts import CountTold, EvidencePack, RequirementTold
from temoin.evidence.page_words import CODES, FAILINGS, FIELDS, WORDS

STYLE = "evidence.css"
NAMES = types.MappingProxyType({"fr": "index.html", "en": "en.html"})
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
_APART = frozenset({"format", "made_at", "requirements"})  # told at the head of the page


def page_files(pack: EvidencePack) -> dict[str, bytes]:
    """Return the pages and their style by name."""
    style = resources("temoin.evidence").joinpath("style", STYLE).read_bytes()
    return {**{name: _EvidencePage(lang).whole(pack).encode() for lang, name in NAMES.items()}, STYLE: style}


class _EvidencePage:
    """One page in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def whole(self, pack: EvidencePack) -> str:
        """Write head, what must be so, then each part in the order of the JSON."""
        other = next(lang for lang in NAMES if lang != self.lang)
        banner = f'<p class="banner">{self.say("demonstration")}</p>' if pack.site.demonstration else ""
        parts = [name for name in EvidencePack.model_fields if name not in _APART]
        body = "".join(self._section(name, getattr(pack, name)) for name in parts)
        return (
            f'<!doctype html><html lang="{self.lang}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{self.say("title")}</title><link rel="stylesheet" href="{STYLE}"></head><body>'
            f'<header><h1>{self.say("title")}</h1><p><a href="{NAMES[other]}" lang="{other}" hreflang="{other}">'
            f"{escape(WORDS['language'].text(other))}</a></p></header><main>{banner}"
            f"<p>{escape(pack.site.journal)}, {self.say('made')} <strong>{pack.made_at:%Y-%m-%d %H:%M} UTC</strong></p>"
            f"<p>{self.say('reading')}</p><p>{self.say('check')}</p><pre><code>{escape(WORDS['command'].en)}</code></pre>"
            f"{self._requirements(pack.requirements)}{body}</main></body></html>\n"
        )

    def say(self, name: str) -> str:
        """Return words of the page, ready to stand in it."""
        return escape(WORDS[name].text(self.lang))

    def _requirements(self, found: Iterable[RequirementTold]) -> str:
        head = [self.say(name) for name in ("requirement", "failing", "is_so", "measured")]
        rows = [
            [
                escape(CODES[one.code].text(self.lang)),
                escape(FAILINGS[one.failing].text(self.lang)),
                self._verdict(is_so=one.is_so),
                "<br>".join(
                    f"<code>{escape(name)}</code> {self._value(value)}" for name, value in one.measured.items()
                ),
            ]
            for one in found
        ]
        return f"<section><h2>{self.say('requirements')}</h2>{self._table('requirements', head, rows)}</section>"

    def _verdict(self, *, is_so: bool) -> str:
        return self.say("yes") if is_so else f'<strong class="wrong">{self.say("not_so")}</strong>'

    def _section(self, name: str, part: BaseModel) -> str:
        return f"<section><h2>{self._field(name)}</h2>{self._part(name, part)}</section>"

    def _part(self, name: str, part: BaseModel) -> str:
        """Write the plain values of a part as a table, then each list and each part within it as its own."""
        plain, within = [], []
        for field, value in part:
            if isinstance(value, BaseModel) and not isinstance(value, CountTold):
                within.append(self._part(field, value))
            elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
                within.append(self._list(field, value))
            elif isinstance(value, list | Mapping):
                within.append(self._texts(field, value))
            else:
                plain.append([self._field(field), self._value(value)])
        head = [self.say("what"), self.say("value")]
        return (self._table(name, head, plain) if plain else "") + "".join(within)

    def _list(self, name: str, found: list[BaseModel]) -> str:
        head = [self._field(field) for field in type(found[0]).model_fields]
        return self._table(name, head, [[self._value(value) for _, value in one] for one in found])

    def _texts(self, name: str, found: list[Any] | Mapping[str, Any]) -> str:
        if isinstance(found, Mapping):
            rows = [[escape(key), self._value(value)] for key, value in found.items()]
            return self._table(name, [self.say("what"), self.say("value")], rows)
        return self._table(name, [self._field(name)], [[self._value(value)] for value in found])

    def _table(self, name: str, head: Iterable[str], rows: Iterable[list[str]]) -> str:
        caption = escape((FIELDS[name] if name in FIELDS else WORDS[name]).text(self.lang), quote=True)
        tops = "".join(f'<th scope="col">{one}</th>' for one in head)
        lines = "".join(
            f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{one}</td>" for one in row[1:]) + "</tr>"
            for row in rows
        )
        if not lines:
            return f"<p>{caption}{self.say('colon')}{self.say('nothing')}</p>"
        return (
            f'<div class="wide" role="region" aria-label="{caption}" tabindex="0"><table><caption>{caption}</caption>'
            f"<thead><tr>{tops}</tr></thead><tbody>{lines}</tbody></table></div>"
        )

    def _field(self, name: str) -> str:
        return escape(FIELDS[name].text(self.lang))

    def _value(self, value: Any) -> str:
        if isinstance(value, CountTold):
            return str(value.least) if value.least == value.most else f"{value.least}–{value.most}"
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if value is None or value == "":
            return self.say("nothing")
        return escape(str(value))
