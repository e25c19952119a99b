"""Names as they are compared: two ways of writing one name fold to the same letters."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart; each stands for what a clerk without it on the keyboard types instead.
_LETTERS = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i", "ŋ": "n",
        "ĸ": "k", "ŧ": "t", "ŀ": "l", "ɖ": "d", "ɗ": "d", "ɓ": "b", "ƙ": "k", "ƴ": "y", "ɔ": "o", "ɛ": "e",
        "ə": "e", "ɣ": "g", "ʊ": "u", "ĳ": "ij", "ƒ": "f", "ƶ": "z", "ǥ": "g", "ȼ": "c", "ɨ": "i", "ʉ": "u",
    }
)  # fmt: skip
# Words of a family name that registers and cards write short.
_SHORT = {"st": "saint", "ste": "sainte"}
_WORD = re.compile(r"[^\W_]+")
# Apostrophes that Unicode counts among the letters: Oʼneill, ʿAlī, ʻUhila, Tꞌen.
_APOSTROPHES = re.compile("[\u02b9-\u02bf\u02c8\u02ca\u02cb\u02ee\ua78b\ua78c]")
_BETWEEN = re.compile("[\\s'’‘‛`´′＇\u02b9-\u02bf\ua78b\ua78c.·_\u2010-\u2015\u2212\uff0d-]+")


def plain_name(text: str) -> str:
    """Fold a name for look-up: no accents, case, spaces, apostrophes or hyphens; ŁUKASZ is Lukasz and ST is SAINT."""
    return "".join(_SHORT.get(word, word) for word in _letters(text))


def plain_words(text: str) -> list[str]:
    """Return the folded words of a name, one by one: Jean-Pierre has two."""
    return [folded for word in _BETWEEN.split(text) if (folded := plain_name(word))]


def plain_beginnings(text: str) -> tuple[str, ...]:
    """Return how a name's beginning may be meant, folded: its last word may go on, so STE is Sainte or Stéphane."""
    *finished, last = _letters(text) or [""]
    before = plain_name(" ".join(finished))
    return tuple(dict.fromkeys(before + reading for reading in (last, _SHORT.get(last, last)) if before + reading))


def same_but_for_a_slip(one: str, other: str) -> bool:
    """Tell whether two folded names differ by at most one letter: left out, added, changed, or two that swapped."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    start = next((place for place, letter in enumerate(short) if letter != long[place]), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = long[start : start + 2][::-1]
    return short[start + 1 :] == long[start + 1 :] or (
        short[start : start + 2] == swapped and short[start + 2 :] == long[start + 2 :]
    )


def _letters(text: str) -> list[str]:
    """Return the words of a name without accents and case, those that are written short left so."""
    if text.isascii():
        return _WORD.findall(text.lower())
    # Casefold first (ß), once more after taking apart: some compatibility letters are capitals.
    plain = _APOSTROPHES.sub("", text.casefold())
    apart = unicodedata.normalize("NFKD", plain.translate(_LETTERS)).casefold().translate(_LETTERS)
    kept = "".join(letter for letter in apart if unicodedata.category(letter) not in {"Mn", "Me", "Cf"})
    return _WORD.findall(kept)
