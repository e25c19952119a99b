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
_CYRILLIC = frozenset(map(ord, "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯЪЫЭЁабвгґдеєжзиіїйклмнопрстуфхцчшщьюяъыэё"))
_OTHERWISE = {"\u202f": "\u00a0", "\t": " ", "\u2011": "-"}
_ISOLATES = frozenset({0x2068, 0x2069})


def font_file(style: str) -> Traversable:
    """Return the file of a style: plain or bold. Its letters were drawn to be told apart by people who see badly."""
    return files("fontpkg_atkinson_hyperlegible") / "files" / _FILES[style]


def written(text: str, *, is_own: bool = False) -> str:
    """Return a text in letters that the page has: another one without its marks, else a question mark.

    Names of the French civil status have no other letters; the CDA document beside the page carries any name exactly.
    A page in the patient's `own` language has the letters of that.
    """
    known = _known_of_own() if is_own else _known()
    return "".join(_letter(letter, known) for letter in unicodedata.normalize("NFC", text))


def all_written(told: Any, *, is_own: bool = False) -> Any:
    """Return what a page says, at any depth, in letters that it has."""
    if isinstance(told, str):
        return written(told, is_own=is_own)
    if isinstance(told, bool):
        return told
    if isinstance(told, dict):
        return {name: all_written(each, is_own=is_own) for name, each in told.items()}
    return [all_written(each, is_own=is_own) for each in told]


def _letter(letter: str, known: frozenset[int]) -> str:
    if letter == "\n" or ord(letter) in known:
        return letter
    if letter in _OTHERWISE:
        return _OTHERWISE[letter]
    if unicodedata.category(letter) in {"Cf", "Mn"}:
        return ""  # joiners, marks of direction, accents that stand alone: nothing of the text is in them
    plain = [part for part in unicodedata.normalize("NFKD", letter) if unicodedata.category(part) != "Mn"]
    return "".join(plain) if plain and all(ord(part) in known for part in plain) else UNWRITABLE


@cache
def _known() -> frozenset[int]:
    return _letters_of(font_file("")) & _letters_of(font_file("B"))


@cache
def _known_of_own() -> frozenset[int]:
    """Return the letters of every language that patients are written to: those of the serif are Typst's own."""
    arabic = [files("fontpkg_almarai") / "files" / f"Almarai-{style}.ttf" for style in ("Regular", "Bold")]
    return _known() | (_letters_of(arabic[0]) & _letters_of(arabic[1])) | _CYRILLIC | _ISOLATES


def _letters_of(font: Traversable) -> frozenset[int]:
    with font.open("rb") as file:
        return frozenset(TTFont(file).getBestCmap())
