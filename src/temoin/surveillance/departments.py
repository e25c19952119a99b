"""The départements and collectivities of France: their names, inhabitants and places on the map, as reviewed data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of

NOTHING = "."


@dataclass(frozen=True, slots=True)
class Department:
    """One département or collectivity; `inhabitants` is None where the source has no estimate."""

    name: str
    inhabitants: int | None


@dataclass(frozen=True, slots=True)
class Country:
    """All of them, when and by whom the inhabitants were estimated, and where each stands on the map."""

    review: Review
    address: str
    estimated_on: date
    licence: Label
    departments: Mapping[str, Department]
    lines: tuple[tuple[str, ...], ...]

    @property
    def inhabitants(self) -> int:
        """Return how many live in all that have an estimate."""
        return sum(one.inhabitants or 0 for one in self.departments.values())


@cache
def load_country() -> Country:
    return build_country(read_data("surveillance", "departments.toml"))


def build_country(file: Entry) -> Country:
    """Check and build the file: each département once, and once on the map."""
    found: dict[str, Department] = {}
    for told in file.tables("departments"):
        code = told.text("code")
        if code in found:
            raise told.error("code", f"tells of {code} twice")
        found[code] = Department(told.text("name"), told.inhabitants("inhabitants"))
        told.finish()
    lines = tuple(tuple(line.split()) for line in file.texts("map"))
    placed = sorted(code for line in lines for code in line if code != NOTHING)
    if placed != sorted(found):
        raise file.error("map", "must have a place for each département, and one only")
    country = Country(
        review=review_of(file),
        address=file.text("address"),
        estimated_on=file.day("estimated_on"),
        licence=file.label("licence"),
        departments=MappingProxyType(found),
        lines=lines,
    )
    file.finish()
    return country
