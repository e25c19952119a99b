"""What both guides of the counter write in italics is what the pages say: a button has one name, there and here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "src/temoin/web/locale/fr/LC_MESSAGES/django.po"
LOGIGRAMS = ROOT / "src/temoin/catalogue/data/logigrams.toml"
BOLD, ITALIC = re.compile(r"\*\*[^*]+\*\*"), re.compile(r"(?<![*\w])\*([^*]+)\*")
# What a print, a device or a cell of a file says, and no page.
NO_LABELS = {"exercice", "lo", "hi", "one name only", "un seul nom"}


def plain(text: str) -> str:
    return " ".join(re.sub(r"%\(\w+\)[sd]|<[^>]+>", " ", text).split()).rstrip(" …").lower()


def texts(told: str | tuple[str, ...]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told)


@pytest.mark.parametrize(("page", "language"), [("pharmacist.md", "en"), ("pharmacien.md", "fr")])
def test_every_word_in_italics_begins_a_text_of_the_pages(page: str, language: str):
    with WORDS.open("rb") as file:
        known = [
            one
            for message in read_po(file, locale="fr")
            for one in texts(message.id if language == "en" else message.string)
        ]
    known += re.findall(rf'{language} = "([^"]+)"', LOGIGRAMS.read_text("utf-8"))
    labels = {plain(one) for one in known}
    text = BOLD.sub("", (ROOT / "docs" / page).read_text("utf-8"))
    named = {plain(one) for one in ITALIC.findall(text)} - NO_LABELS

    lost = {one for one in named if not any(re.match(rf"{re.escape(one)}(?!\w)", label) for label in labels)}
    assert len(named) > 100
    assert lost == set()
