"""The words and codes of the bulk format, read from data: outcomes, answers, zones, states."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

FRENCH_ZONE = "Europe/Paris"

_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4])([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class State:
    """A state, province or French territory: its country (ISO 3166-1 alpha-3) and its main time zone."""

    country: str
    zone: str


@cache
def words(section: str) -> Mapping[str, str]:
    """Return one table of words: what a file writes, in lower case, and what it means."""
    return MappingProxyType(dict(_vocabulary()[section]))


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
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
    known = words("zones").get(name.upper())
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
