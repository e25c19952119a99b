"""Names as they are compared: two ways of writing one name fold to the same letters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# What stands in the name that Unicode gives a Latin letter, where that is no letter of a to z or two of them.
# ENG is n and THORN is th, as a clerk without it on the keyboard types; clicks and glottal stops are no letter there.
_NAMED = {
    "AIN": "a", "ALEF": "a", "ALPHA": "a", "BETA": "b", "CHI": "x", "CON": "con", "CUATRILLO": "k", "DELTA": "d",
    "DEZH": "dz", "DUM": "dum", "ENG": "n", "ESH": "s", "ETH": "d", "EZH": "z", "FENG": "fn", "GAMMA": "g",
    "HENG": "h", "HORN": "o", "HWAIR": "hv", "IOTA": "i", "IOTIFIED": "ie", "KRA": "k", "LAMBDA": "l", "LEZH": "lz",
    "LUM": "lum", "MUM": "mum", "NUM": "num", "OI": "g", "OMEGA": "o", "PHI": "f", "RUM": "rum", "SCHWA": "e",
    "TESH": "ts", "THORN": "th", "TRESILLO": "q", "TUM": "tum", "TWO": "z", "FIVE": "q", "SIX": "h", "UPSILON": "u",
    "VEND": "v", "WYNN": "w", "YAT": "e", "YOGH": "z", "YR": "r",
    **dict.fromkeys(("CLICK", "DOT", "FRICATIVE", "PERCUSSIVE", "SALTILLO", "SPIRANT", "STOP"), ""),
}  # fmt: skip
# Their names tell what they look like, not what they stand for.
_UNLIKE = {"ƻ": "dz", "ƾ": "ts", "ꜯ": "tz", "ꬱ": "ae"}
# Words of a family name that registers and cards write short.
_SHORT = {"st": "saint", "ste": "sainte"}
# LATIN SMALL LETTER N WITH LEFT HOOK: what it is with does not matter.
_LATIN = re.compile(r"LATIN (?P<words>.+?)(?: WITH .*)?$")
_PAIR = 2  # letters: OE is œ
# How passports spell ä, ö, ø, ü and å.
_SPELT_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "å": "aa", "Ä": "ae", "Ö": "oe", "Ø": "oe", "Ü": "ue", "Å": "aa"}
)
# Not at the end, where what is typed may go on: SUE begins Suez.
_SPELT = re.compile("(?:(?<=[aou])e|(?<=a)a)(?=[a-z])")
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
    """Return how a name's beginning may be meant, folded: its last word may go on, so STE is Sainte or Stéphane.

    Another spelling of its vowels is one more reading: MUEL and Mül begin the same names.
    """
    spelt_out = unicodedata.normalize("NFC", text).translate(_SPELT_OUT)
    read = [reading for spelling in (text, spelt_out) for reading in _readings(spelling)]
    return tuple(dict.fromkeys([*read, *map(loose_name, read)]))


def loose_name(plain: str) -> str:
    """Return a folded name without the second letter that spells ä, ö, ø, ü or å: MUELLER is Müller.

    For who looks for people and chooses: Samuel and Samul are no one name, so nothing is the same by this alone.
    """
    return _SPELT.sub("", plain)


def spelt_alike(one: str, other: str) -> bool:
    """Tell whether two folded names differ by a slip, or by how their vowels are spelt."""
    return same_but_for_a_slip(one, other) or loose_name(one) == loose_name(other)


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


def _readings(text: str) -> list[str]:
    *finished, last = _letters(text) or [""]
    before = plain_name(" ".join(finished))
    return [before + reading for reading in (last, _SHORT.get(last, last)) if before + reading]


def _letters(text: str) -> list[str]:
    """Return the words of a name without accents and case, those that are written short left so."""
    if text.isascii():
        return _WORD.findall(text.lower())
    # Casefold first (ß), once more after taking apart: some compatibility letters are capitals.
    plain = _APOSTROPHES.sub("", text.casefold())
    apart = unicodedata.normalize("NFKD", plain).casefold()
    return _WORD.findall("".join(_base(letter) for letter in apart))


@lru_cache(maxsize=4096)
def _base(letter: str) -> str:
    """Return what a letter is without its marks: of a Latin one that Unicode does not take apart, by its name there."""
    if letter.isascii():
        return letter
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return ""
    named = _LATIN.match(unicodedata.name(letter, "")) if letter.isalpha() else None
    words = named["words"].split() if named else []
    found = (_NAMED.get(word, word.lower()) for word in words if word in _NAMED or len(word) <= _PAIR)
    return _UNLIKE.get(letter) or next(found, letter)
