"""The register of professionals as a port: what is asked of it, what it answers, and whether that agrees.

Which register stands behind the port is a courier's matter (`pharmacies.couriers`). Nothing here waits for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Protocol

from temoin.lib.data_file import Entry, read_data
from temoin.lib.errors import TemoinError
from temoin.lib.names import plain_name
from temoin.lib.section import Number, Place, Url, encrypted, section, within
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.states import RegisterState

SECONDS = range(1, 31)
SHOWN_APART = " / "  # between two whom the register knows under one number


@section
class RegisterSettings:
    """The section [register]: where it answers, the file of our key there, and for how long it is waited for."""

    base_url: Annotated[Url, encrypted("our key and professionals' numbers do not travel in clear")]
    key_file: Place
    seconds: Annotated[Number, within(SECONDS)] = 10


class RegisterAwayError(TemoinError):
    """The register cannot be asked now, whatever the question: it is down, slow, busy, or does not know our key."""


class RegisterAnswerError(TemoinError):
    """The register answered this one question with something that is no answer to it."""


@dataclass(frozen=True, kw_only=True)
class RegisteredActivity:
    """One activity of a professional as the register shows it; professions as in `register.toml`, such as G15/21."""

    is_active: bool
    family_name: str
    given_names: str
    professions: frozenset[str]


class Register(Protocol):
    def look_up(self, rpps: str) -> list[RegisteredActivity]:
        """Return what it knows under a number, nothing for an unknown one; RegisterAwayError, RegisterAnswerError."""
        ...


class RegisterDifference(StrEnum):
    """What the register shows otherwise."""

    NAME = "name"
    PROFESSION = "profession"
    CLOSED = "closed"  # the number is known, and its holder practises no more


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Who somebody says to be here."""

    family_name: str
    given_name: str
    profession: Profession


@dataclass(frozen=True)
class RegisterFinding:
    """What a look-up showed: the state, what differs, and the register's own words on whom it knows."""

    state: RegisterState
    differs: tuple[RegisterDifference, ...] = ()
    shown: str = ""


def compare(claim: Claim, entries: Iterable[RegisteredActivity]) -> RegisterFinding:
    """Tell whether what the register shows under a number is who claims it."""
    known = list(entries)
    if not known:
        return RegisterFinding(RegisterState.UNKNOWN)
    active = [entry for entry in known if entry.is_active]
    if not active:
        return RegisterFinding(RegisterState.DIFFERS, (RegisterDifference.CLOSED,), _shown(known))
    differs = []
    if not any(_is_named_so(claim, entry) for entry in active):
        differs.append(RegisterDifference.NAME)
    if not any(entry.professions & professions_shown_for(claim.profession) for entry in active):
        differs.append(RegisterDifference.PROFESSION)
    state = RegisterState.DIFFERS if differs else RegisterState.AGREES
    return RegisterFinding(state, tuple(differs), _shown(active))


def professions_shown_for(profession: Profession) -> frozenset[str]:
    """Return the professions that the register may show for one of the counter."""
    return frozenset(_terms().professions.get(profession.value, ()))


def profession_code(system: str, code: str) -> str:
    """Return a profession as `register.toml` writes it; "" for a terminology that is not about professions."""
    short = _terms().systems.get(system)
    return f"{short}/{code}" if short else ""


def _is_named_so(claim: Claim, entry: RegisteredActivity) -> bool:
    """Compare folded names. The register lists given names in their order: the first ones are enough, not others."""
    words = [plain_name(word) for word in re.split(r"[\s-]+", entry.given_names)]
    first_ones = {"".join(words[:count]) for count in range(1, len(words) + 1)}
    same_family = plain_name(claim.family_name) == plain_name(entry.family_name)
    return same_family and plain_name(claim.given_name) in first_ones


def _shown(entries: list[RegisteredActivity]) -> str:
    names = _terms().names
    whole = [
        ", ".join([f"{one.given_names} {one.family_name}".strip(), *(names.get(code, code) for code in _sorted(one))])
        for one in entries
    ]
    return SHOWN_APART.join(dict.fromkeys(whole))


def _sorted(entry: RegisteredActivity) -> list[str]:
    return sorted(entry.professions)


@dataclass(frozen=True, slots=True)
class RegisterTerms:
    """The register's words: terminologies by their address, its professions for each of ours, their names."""

    systems: Mapping[str, str]
    professions: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]


def build_register_terms(file: Entry) -> RegisterTerms:
    """Read the terms; DataFileError for a field that nobody knows."""
    terms = RegisterTerms(
        systems=MappingProxyType(file.mapping("systems")),
        professions=MappingProxyType(file.lists("professions")),
        names=MappingProxyType(file.mapping("names")),
    )
    file.finish()
    return terms


@cache
def _terms() -> RegisterTerms:
    return build_register_terms(read_data("pharmacies", "register.toml"))
