"""Somebody typed into the field of the counter: beginnings of names, a birth date, the end of a telephone's number."""

from __future__ import annotations

import re
from datetime import date

from temoin.lib.days import read_day
from temoin.lib.names import plain_name
from temoin.patients.starts import DIGITS, Beginnings

MOST_WORDS = 5  # a name of many words, or a name and a date
LONGEST = 80
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:['’.-]+[^\W\d_]*)*")
_PHONE = re.compile(r"\+[0-9]{8,15}|[0-9]{4,10}")  # a longer number is a NIR, or a box's
_IN_GROUPS = re.compile(r"(?:\+[0-9]{1,3}(?:[ .-]?[0-9])?|0[0-9])(?:[ .-]?[0-9]{2,3}){3,6}")
_OF_A_SAMPLE, _OF_A_PHONE = 5, 9  # digits: a sample number is no telephone; a whole number of one is written with a 0


def typed_person(text: str) -> Beginnings | None:
    """Return what was typed to find somebody by; None for what is neither names, nor a date, nor a telephone."""
    plain = " ".join(text.split())
    if not plain or len(plain) > LONGEST:
        return None
    if _IN_GROUPS.fullmatch(plain):
        plain = re.sub(r"[ .-]", "", plain)
    words = plain.split(" ")
    if len(words) > MOST_WORDS:
        return None
    return _read(words)


def _read(words: list[str]) -> Beginnings | None:
    names: list[str] = []
    born: date | None = None
    digits = ""
    for word in words:
        day = _day(word)
        if day is not None and born is None:
            born = day
        elif _PHONE.fullmatch(word) and not digits and len(word) != _OF_A_SAMPLE:
            digits = _ending(word)
        elif _NAME.fullmatch(word) and plain_name(word):
            names.append(plain_name(word))
        else:
            return None
    return Beginnings(tuple(names), born, digits)


def _day(word: str) -> date | None:
    """Return a birth date; a short number is the end of a telephone's, never a year."""
    if len(word) <= DIGITS:
        return None
    try:
        return read_day(word)
    except ValueError:
        return None


def _ending(word: str) -> str:
    """Return a number as it ends in every country's way of writing it."""
    digits = word.removeprefix("+")
    return digits[1:] if digits.startswith("0") and len(digits) >= _OF_A_PHONE else digits
