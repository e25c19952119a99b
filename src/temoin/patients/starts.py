"""How a patient is found by beginnings: of a name, by birth or in use, and by the end of a telephone's number.

Each row stores one byte for the first three letters of each of its four names, and one for the telephone's last four
digits, under the pharmacy's index key. A byte is shared by many beginnings, on purpose: hits are opened and compared.
What it gives away nevertheless is in the threat model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from temoin.crypto.blind import bucket_index, bucket_indexes
from temoin.lib.names import plain_name, plain_words
from temoin.patients.traits import Traits

LETTERS = 3  # that begin a look-up: with fewer, a third of the pharmacy would be found
DIGITS = 4  # of a telephone's end
NAME_USE, PHONE_USE = "patient beginning", "patient telephone"
NAMES = ("birth_family_start", "used_family_start", "birth_given_start", "used_given_start")
PHONE = "phone_end"
_NOT_DIGIT = re.compile(r"[^0-9]")


@dataclass(frozen=True, repr=False)
class Beginnings:
    """What was typed to find somebody by: beginnings of names, a birth date, the end of a telephone's number."""

    names: tuple[str, ...] = ()  # folded
    born: date | None = None
    digits: str = ""

    @property
    def long_names(self) -> list[str]:
        """Return the beginnings that are looked for, of each word and of all: DE LA TO begins DE LA TOUR."""
        return [name for name in dict.fromkeys((*self.names, "".join(self.names))) if len(name) >= LETTERS]

    @property
    def is_whole(self) -> bool:
        """Tell whether a name was typed that is too short to be a beginning, and nothing else: LI, not LIEGEOIS."""
        return not (self.long_names or self.born or self.digits)


def starts_of(traits: Traits) -> dict[str, bytes | None]:
    """Return what a patient's row stores to be found by beginnings."""
    ends = phone_end(traits.phone)
    return {
        **{column: _name_start(name) for column, name in zip(NAMES, _names(traits), strict=True)},
        PHONE: bucket_index(PHONE_USE, ends) if ends else None,
    }


def asked_rows(asked: Beginnings) -> Q:
    """Return the rows to open: each beginning may begin any of the four names."""
    wanted = Q()
    for name in asked.long_names or (asked.names if asked.is_whole else ()):
        indexes = bucket_indexes(NAME_USE, name[:LETTERS])
        for column in NAMES:
            wanted |= Q(**{f"{column}__in": indexes})
    if asked.digits and not wanted:
        wanted = Q(**{f"{PHONE}__in": bucket_indexes(PHONE_USE, asked.digits[-DIGITS:])})
    return wanted


def answers(traits: Traits, asked: Beginnings) -> bool:
    """Tell whether a patient is one who was asked for: each beginning begins a word of a name, or a name as a whole."""
    if asked.born is not None and traits.birth_date != asked.born:
        return False
    if asked.digits and not _NOT_DIGIT.sub("", traits.phone).endswith(asked.digits):
        return False
    known = set(_beginnings(traits))
    if asked.is_whole:
        return known.issuperset(asked.names)
    together = "".join(asked.names)
    if any(name.startswith(together) for name in known):
        return True
    return all(any(word.startswith(name) for word in known) for name in asked.names)


def phone_end(phone: str) -> str:
    """Return the last digits of a telephone's number; "" for a shorter one."""
    digits = _NOT_DIGIT.sub("", phone)
    return digits[-DIGITS:] if len(digits) >= DIGITS else ""


def _beginnings(traits: Traits) -> Iterator[str]:
    for name in (*_names(traits), traits.birth_given_names):
        yield plain_name(name)
        yield from plain_words(name)


def _names(traits: Traits) -> tuple[str, ...]:
    return (
        traits.birth_family_name,
        traits.used_family_name,
        traits.first_birth_given_name,
        traits.used_given_name,
    )


def _name_start(name: str) -> bytes | None:
    start = plain_name(name)[:LETTERS]
    return bucket_index(NAME_USE, start) if start else None
