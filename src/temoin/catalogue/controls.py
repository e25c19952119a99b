"""Control runs: when a lot needs a positive and a negative control, as reviewed data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import Kit, load_kits
from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of


class ControlLevel(StrEnum):
    """What a control must show."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class ControlRule:
    """When controls are run: once, when a lot is opened, or again after some days; `source` is where it is from."""

    every_days: int | None
    source: Label

    def is_due(self, last: date | None, day: date) -> bool:
        """Tell whether controls that were last right on that day must be run before anybody is tested on this one."""
        if last is None:
            return True
        return self.every_days is not None and (day - last).days >= self.every_days


@dataclass(frozen=True, slots=True)
class ControlBook:
    """All rules, and who reviewed them."""

    review: Review
    kinds: Mapping[str, ControlRule]
    kits: Mapping[str, ControlRule]

    def rule_of(self, kit: Kit) -> ControlRule | None:
        """Return the rule of a kit, else of its kind of test; None where none is asked for."""
        return self.kits.get(kit.code) or self.kinds.get(kit.kind)


@cache
def load_controls() -> ControlBook:
    return build_controls(read_data("catalogue", "controls.toml"))


def build_controls(file: Entry) -> ControlBook:
    """Check and build the rules of a data file; one for a kind or a kit that nobody knows is refused."""
    review = review_of(file)
    kinds, kits = (
        {code: _rule(entry, known) for code, entry in (file.children(name) if file.has(name) else ())}
        for name, known in (("kinds", load_kinds()), ("kits", load_kits().kits))
    )
    file.finish()
    return ControlBook(review, MappingProxyType(kinds), MappingProxyType(kits))


def _rule(entry: Entry, known: Mapping[str, object]) -> ControlRule:
    section, _, code = entry.name.partition(".")
    if code not in known:
        raise entry.error("", f"is none of our {section}")
    rule = ControlRule(
        every_days=entry.days("every_days") if entry.has("every_days") else None, source=entry.label("source")
    )
    entry.finish()
    return rule
