"""The words of the patient's page in every language, as the page holds them: side by side, one of them seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from temoin.catalogue.advice import Advice, load_advice
from temoin.catalogue.patient_languages import RIGHT_TO_LEFT, advice_in_each, patient_languages

# What the page says while a letter is opened, and how it looks: nothing, a notice, a problem.
MESSAGES = {
    **dict.fromkeys(("working", "kept", "soon", "hidden", "copied", "saved"), ""),
    **dict.fromkeys(("short", "mistyped", "wrong", "locked", "expired", "none", "cut"), "problem"),
    **dict.fromkeys(("unkept", "uncopied", "slow", "unavailable", "unable"), "problem"),
    "replaced": "notice",
}
MEANINGS = ("positive", "negative", "indeterminate", "unsatisfactory")
_STRONG = re.compile(r"\*([^*]+)\*")
_SLOT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class AdviceOnPage:
    """One piece of advice: heading and words of each part, and where it is from."""

    key: str
    source: str
    parts: list[tuple[str, SafeString, SafeString]]


def page_words() -> dict[str, SafeString]:
    """Return every text of the page by its name."""
    names = patient_languages()["fr"].page
    return {name: side_by_side(_said(name)) for name in names}


def form_words() -> dict[str, SafeString]:
    """Return every text of the form by its name."""
    said = {code: language.form for code, language in patient_languages().items()}
    return {name: side_by_side({code: form[name] for code, form in said.items()}) for name in said["fr"]}


def advice_on_page() -> list[AdviceOnPage]:
    return [_advice(entry) for entry in load_advice().entries.values()]


def side_by_side(texts: Mapping[str, str]) -> SafeString:
    """Return one text in its languages, of which the page shows the one that is chosen."""
    return mark_safe(" ".join(_span(language, text) for language, text in texts.items()))  # noqa: S308 escaped


def _said(name: str) -> dict[str, str]:
    return {code: language.page[name] for code, language in patient_languages().items()}


def _advice(advice: Advice) -> AdviceOnPage:
    said = advice_in_each(advice)
    parts = [(part, side_by_side(_said(f"advice_{part}")), side_by_side(texts)) for part, texts in said.items()]
    return AdviceOnPage(advice.key, advice.source, parts)


def _span(language: str, text: str) -> str:
    direction = patient_languages()[language].direction
    turned = f' dir="{direction}"' if direction == RIGHT_TO_LEFT else ""
    words = _STRONG.sub(r"<strong>\1</strong>", str(escape(text)))
    return f'<span lang="{language}"{turned}>{_SLOT.sub(_slot, words)}</span>'


def _slot(found: re.Match[str]) -> str:
    return f'<span data-field="{found[1]}"></span>'
