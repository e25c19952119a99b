"""The typeface of the page, which comes with a package, and what it can write."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from fontTools.ttLib import TTFont

_FILES = {"": "AtkinsonHyperlegible-Regular.ttf", "B": "AtkinsonHyperlegible-Bold.ttf"}
UNWRITABLE = "?"
_SPACES = {"\u202f": "\u00a0", "\t": " "}


def font_file(style: str) -> Traversable:
    """Return the file of a style: plain or bold. Its letters were drawn to be told apart by people who see badly."""
    return files("fontpkg_atkinson_hyperlegible") / "files" / _FILES[style]


def written(text: str) -> str:
    """Return a text in letters that the page has: another one without its marks, else a question mark.

    Names of the French civil status have no other letters; the CDA document beside the page carries any name exactly.
    """
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))


def all_written(told: Any) -> Any:
    """Return what a page says, at any depth, in letters that it has."""
    if isinstance(told, str):
        return written(told)
    if isinstance(told, dict):
        return {name: all_written(each) for name, each in told.items()}
    return [all_written(each) for each in told]


def _letter(letter: str) -> str:
    if letter == "\n" or ord(letter) in _known():
        return letter
    if letter in _SPACES:
        return _SPACES[letter]
    if unicodedata.category(letter) in {"Cf", "Mn"}:
        return ""  # joiners, marks of direction, accents that stand alone: nothing of the text is in them
    plain = [part for part in unicodedata.normalize("NFKD", letter) if unicodedata.category(part) != "Mn"]
    return "".join(plain) if plain and all(ord(part) in _known() for part in plain) else UNWRITABLE


@cache
def _known() -> frozenset[int]:
    with font_file("").open("rb") as plain, font_file("B").open("rb") as bold:
        return frozenset(TTFont(plain).getBestCmap()) & frozenset(TTFont(bold).getBestCmap())
