"""The words and codes of the bulk format, read from data: outcomes, answers, zones, states."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from temoin.lib.data_file import Entry, read_data
from temoin.lib.zones import is_kept, zone_named

SECTIONS = (
    *("columns", "outcomes", "not_done", "sexes", "answers", "statuses", "addresses_not_given"),
    *("residences", "zones", "clocks", "single_names"),
)
ONE_NAME = "one name only"  # the word by which messages tell it to who judges cells
COUNTRIES_WITH_STATES = ("USA", "CAN", "FRA")
_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):?([0-5][0-9])?")


@dataclass(frozen=True, slots=True)
class FederalState:
    """A state, province or French territory: its country (ISO 3166-1 alpha-3) and its main time zone."""

    country: str
    zone: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything the words' data file says: tables of folded words with their meaning, and states by code."""

    sections: Mapping[str, Mapping[str, str]]
    states: Mapping[str, FederalState]


def words(section: str) -> Mapping[str, str]:
    """Return one table of words: what a file writes, folded, and what it means."""
    return _vocabulary().sections[section]


@cache
def languages() -> Mapping[str, str]:
    """Return every code and name of a language, folded, with its code."""
    return build_languages(read_data("formats.csv", "languages.toml"))


def build_languages(file: Entry) -> Mapping[str, str]:
    known = file.lists("languages")
    file.finish()
    return MappingProxyType({folded(name): code for code, names in known.items() for name in (code, *names)})


def folded(word: str) -> str:
    """Return a word as compared: case, accents, width and the form of an apostrophe do not count."""
    if word.isascii():
        return " ".join(word.lower().split())
    apart = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())


def states() -> Mapping[str, FederalState]:
    """Return every state code with its country and zone."""
    return _vocabulary().states


def find_zone(name: str) -> tzinfo | None:
    """Return the zone written after a time: an offset, an abbreviation in any case, or a place of the IANA database.

    That has names without a place too: `localtime` is the zone of whichever machine reads it.
    """
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign = -1 if offset[1] == "-" else 1
        told = sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(told) if is_kept(told) else None
    known = words("zones").get(folded(name))
    if known is not None:
        return ZoneInfo(known)
    try:
        return zone_named(name)
    except ValueError:
        return None


def find_clock(name: str) -> timedelta | None:
    """Return the offset that an abbreviation means for itself, be it winter or summer; None where it means a region."""
    offset = _OFFSET.fullmatch(words("clocks").get(folded(name), ""))
    return timedelta(hours=int(offset[1] + offset[2])) if offset else None


@cache
def _vocabulary() -> Vocabulary:
    return build_vocabulary(read_data("formats.csv", "vocabulary.toml"))


def build_vocabulary(file: Entry) -> Vocabulary:
    sections = {
        name: MappingProxyType({folded(word): meaning for word, meaning in file.mapping(name).items()})
        for name in SECTIONS
    }
    table, found = file.table("states"), dict[str, FederalState]()
    for country in COUNTRIES_WITH_STATES:
        found |= {code: FederalState(country, zone) for code, zone in table.mapping(country).items()}
    table.finish()
    file.finish()
    return Vocabulary(MappingProxyType(sections), MappingProxyType(found))
