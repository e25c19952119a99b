"""Somebody typed into the field of the counter: beginnings of names, a birth date, the end of a telephone's number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date
from itertools import groupby, product

from temoin.lib.days import possible_days, read_day
from temoin.lib.names import plain_name
from temoin.lib.text import UnreadableTextError, clean_line
from temoin.lib.zones import latest_today
from temoin.patients.starts import DIGITS, Beginnings

MOST_WORDS = 5  # a name of many words, or a name and a date
LONGEST = 80
_BETWEEN = re.compile(r"[\s,;]+|(?<!\S)[-\u2010-\u2015]+(?!\S)")  # a comma, or a hyphen that stands alone
_IN_NAMES = "'’‘`´.-\u2010\u2011"
_IN_NUMBERS = re.compile(r"[0-9+()./-]+")
_PHONE = re.compile(r"\+[0-9]{8,15}|[0-9]{4,10}")  # a longer number is a NIR, or a box's
_IN_GROUPS = re.compile(r"(?:\+[0-9]{1,3}(?:[ ./-]?[0-9])?|0[0-9])(?:[ ./-]?[0-9]{2,3}){3,6}")
_IN_PAIRS = re.compile(r"[0-9]{2}(?:[ .-][0-9]{2}){1,4}")
_MARKS = re.compile(r"[ ./-]")
_ABROAD = re.compile(r"^00 ?(?=[1-9][0-9]* )")  # for +, where spaces show that it is no box's number
_OF_A_SAMPLE, _OF_A_PHONE = 5, 9  # digits: a sample number is no telephone; a whole number of one is written with a 0


def typed_person(text: str) -> Beginnings | None:
    """Return what was typed to find somebody by; None for what is neither names, nor a date, nor a telephone.

    What has several readings is looked for in each: a person chooses among those found.
    """
    try:
        plain = clean_line(text)
    except UnreadableTextError:
        return None
    if len(plain) > LONGEST:
        return None
    names, numbers = _parts(plain)
    if not 0 < len(names) + len(numbers) <= MOST_WORDS or not all(_is_name(name) for name in names):
        return None
    found = [_joined(tuple(names), parts) for parts in product(*map(_number_readings, numbers))]
    readings = [each for each in found if each is not None]
    return replace(readings[0], others=tuple(readings[1:])) if readings else None


def _parts(plain: str) -> tuple[list[str], list[str]]:
    """Return the names, and the numbers with the spaces inside them: 12 03 1980 is one."""
    names: list[str] = []
    numbers: list[str] = []
    words = [word for word in _BETWEEN.sub(" ", plain).split(" ") if word]
    for is_number, run in groupby(words, key=lambda word: bool(_IN_NUMBERS.fullmatch(word))):
        if is_number:
            numbers.append(" ".join(run))
        else:
            names += run
    return names, numbers


def _is_name(word: str) -> bool:
    """Tell whether a word is written as names are: in letters of any script, with their marks."""
    letters = all(each.isalpha() or each in _IN_NAMES or unicodedata.category(each)[0] == "M" for each in word)
    return letters and word[0].isalpha() and bool(plain_name(word))


def _joined(names: tuple[str, ...], parts: tuple[Beginnings, ...]) -> Beginnings | None:
    """Return names and numbers as one reading; None where two parts are the same thing."""
    born = [part.born for part in parts if part.born is not None]
    digits = [part.digits for part in parts if part.digits]
    if len(born) > 1 or len(digits) > 1:
        return None
    return Beginnings(names, born[0] if born else None, digits[0] if digits else "")


def _number_readings(number: str) -> list[Beginnings]:
    """Return what a number may be: a day, the end of a telephone's number, or one after the other."""
    if (born := _whole_day(number)) is not None:
        return [Beginnings(born=born)]
    digits = _digits(number)
    readings = [*(Beginnings(born=day) for day in _days(number)), *([Beginnings(digits=digits)] if digits else [])]
    return readings or _day_and_digits(number.split(" "))


def _day_and_digits(words: list[str]) -> list[Beginnings]:
    """Return a day with its whole year beside the end of a telephone's number; a NIR has no such day."""
    pairs = [(" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words))]
    return [
        Beginnings(born=born, digits=digits)
        for one, other in (*pairs, *((last, first) for first, last in pairs))
        if (born := _whole_day(one)) is not None and (digits := _digits(other)) and _whole_day(other) is None
    ]


def _whole_day(number: str) -> date | None:
    try:
        return read_day(number)
    except ValueError:
        return None


def _days(number: str) -> tuple[date, ...]:
    """Return birth dates; a short number is the end of a telephone's, never a year."""
    return possible_days(number, last=latest_today()) if len(number) > DIGITS else ()


def _digits(number: str) -> str:
    """Return a telephone's number as it ends in every country's way of writing it; "" for what is none."""
    written = _ABROAD.sub("+", re.sub(r"\(0\)|[()]", "", number)) if " " in number else number
    joined = _MARKS.sub("", written)
    is_written = any(shape.fullmatch(written) for shape in (_PHONE, _IN_GROUPS, _IN_PAIRS))
    digits = joined.removeprefix("+")
    if not is_written or not _PHONE.fullmatch(joined) or len(digits) == _OF_A_SAMPLE:
        return ""
    return digits[1:] if digits.startswith("0") and len(digits) >= _OF_A_PHONE else digits
