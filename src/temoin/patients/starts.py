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
from functools import cached_property

from django.db.models import Q

from temoin.crypto.blind import bucket_index, bucket_indexes, lookup_indexes
from temoin.lib.names import loose_name, plain_beginnings, plain_name, plain_words
from temoin.patients.traits import Traits

LETTERS = 3  # that begin a look-up: with fewer, a third of the pharmacy would be found
DIGITS = 4  # of a telephone's end
NAME_USE, PHONE_USE, BORN_USE = "patient beginning", "patient telephone", "patient birth"
NAMES = ("birth_family_start", "used_family_start", "birth_given_start", "used_given_start")
PHONE = "phone_end"
_NOT_DIGIT = re.compile(r"[^0-9]")


@dataclass(frozen=True, repr=False)
class Beginnings:
    """What was typed to find somebody by: beginnings of names, a birth date, the end of a telephone's number."""

    names: tuple[str, ...] = ()  # a word each, as it was typed
    born: date | None = None
    digits: str = ""
    others: tuple[Beginnings, ...] = ()  # the other readings of one text: 121278 is a day, or a telephone's end

    @property
    def readings(self) -> tuple[Beginnings, ...]:
        return (self, *self.others)

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """Return what each word may begin, folded."""
        return tuple(plain_beginnings(name) for name in self.names)

    @cached_property
    def together(self) -> tuple[str, ...]:
        """Return what all of them may begin as one name: DE LA TO begins DE LA TOUR."""
        return plain_beginnings(" ".join(self.names))

    @cached_property
    def starts(self) -> frozenset[str]:
        """Return the starts that are looked for; of a word that is shorter than these, names that are no longer."""
        return frozenset(reading[:LETTERS] for readings in (*self.words, self.together) for reading in readings)


def starts_of(traits: Traits) -> dict[str, bytes | None]:
    """Return what a patient's row stores to be found by beginnings."""
    ends = phone_end(traits.phone)
    return {
        **{column: _start_index(name) for column, name in zip(NAMES, _names(traits), strict=True)},
        PHONE: bucket_index(PHONE_USE, ends) if ends else None,
    }


def asked_rows(asked: Beginnings) -> Q:
    """Return the rows to open: all that may answer, by what of it tells most."""
    wanted = Q()
    for reading in asked.readings:
        wanted |= _rows(reading)
    return wanted


def answers(traits: Traits, asked: Beginnings) -> bool:
    """Tell whether a patient is one who was asked for, whatever other rows were opened."""
    return any(_answers(traits, reading) for reading in asked.readings)


def born_indexes(birth_date: date) -> list[bytes]:
    return lookup_indexes(BORN_USE, birth_date.isoformat())


def phone_end(phone: str) -> str:
    """Return the last digits of a telephone's number; "" for a shorter one."""
    digits = _NOT_DIGIT.sub("", phone)
    return digits[-DIGITS:] if len(digits) >= DIGITS else ""


def _rows(asked: Beginnings) -> Q:
    if asked.born is not None:
        return Q(born_index__in=born_indexes(asked.born))
    if asked.digits:
        return Q((f"{PHONE}__in", bucket_indexes(PHONE_USE, asked.digits[-DIGITS:])))
    indexes = [index for start in sorted(asked.starts) for index in bucket_indexes(NAME_USE, start)]
    wanted = Q(pk__in=())
    for column in NAMES:
        wanted |= Q((f"{column}__in", indexes))
    return wanted


def _answers(traits: Traits, asked: Beginnings) -> bool:
    if asked.born is not None and traits.birth_date != asked.born:
        return False
    if asked.digits and not _NOT_DIGIT.sub("", traits.phone).endswith(asked.digits):
        return False
    is_by_names = asked.born is None and not asked.digits
    # A byte brings rows of other starts too: they would be found by luck, with the keys of one pharmacy and no other.
    if is_by_names and asked.starts.isdisjoint(_start(name) for name in _names(traits)):
        return False
    return _bears(traits, asked)


def _bears(traits: Traits, asked: Beginnings) -> bool:
    """Tell whether each beginning begins a word of a name, or all together begin one."""
    known = set(_beginnings(traits))
    if any(name.startswith(asked.together) for name in known):
        return True
    return all(any(word.startswith(readings) for word in known) for readings in asked.words)


def _beginnings(traits: Traits) -> Iterator[str]:
    for name in (*_names(traits), traits.birth_given_names):
        for plain in (plain_name(name), *plain_words(name)):
            yield from (plain, loose_name(plain))


def _names(traits: Traits) -> tuple[str, ...]:
    return (
        traits.birth_family_name,
        traits.used_family_name,
        traits.first_birth_given_name,
        traits.used_given_name,
    )


def _start(name: str) -> str:
    return plain_name(name)[:LETTERS]


def _start_index(name: str) -> bytes | None:
    start = _start(name)
    return bucket_index(NAME_USE, start) if start else None
