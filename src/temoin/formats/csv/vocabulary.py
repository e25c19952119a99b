"""The words and codes of the bulk format, read from data: outcomes, answers, zones, states."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):?([0-5][0-9])?")


@dataclass(frozen=True, slots=True)
class State:
    """A state, province or French territory: its country (ISO 3166-1 alpha-3) and its main time zone."""

    country: str
    zone: str


@cache
def words(section: str) -> Mapping[str, str]:
    """Return one table of words: what a file writes, folded, and what it means."""
    return MappingProxyType({folded(word): meaning for word, meaning in _vocabulary()[section].items()})


@cache
def languages() -> Mapping[str, str]:
    """Return every code and name of a language, folded, with its code."""
    content = resources.files("temoin.formats.csv").joinpath("data", "languages.toml").read_text("utf-8")
    known = tomllib.loads(content)["languages"]
    return MappingProxyType({folded(name): code for code, names in known.items() for name in (code, *names)})


def folded(word: str) -> str:
    """Return a word as compared: case, accents, width and the form of an apostrophe do not count."""
    apart = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())


@cache
def states() -> Mapping[str, State]:
    """Return every state code with its country and zone."""
    found: dict[str, State] = {}
    for country, zones in _vocabulary()["states"].items():
        found.update({code: State(country, zone) for code, zone in zones.items()})
    return MappingProxyType(found)


def find_zone(name: str) -> tzinfo | None:
    """Return the zone written after a time: an offset, an abbreviation in any case, or a name of the IANA database."""
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)))
    known = words("zones").get(folded(name))
    if known is not None:
        return ZoneInfo(known)
    return ZoneInfo(name) if name in _zone_names() else None


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _vocabulary() -> dict[str, dict[str, Any]]:
    content = resources.files("temoin.formats.csv").joinpath("data", "vocabulary.toml").read_text("utf-8")
    return tomllib.loads(content)
