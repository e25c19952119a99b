"""A measured quantity as it was shown: an exact decimal, its unit, and whether it lies beyond what can be measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

BELOW, ABOVE = "<", ">"
# "1.20" is not "1.2": whoever shows two decimals says that both were measured.
_VALUE = re.compile(r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,4})?")
_UNIT = re.compile(r"[!-~]{1,20}")
_TEXT = re.compile(r"([<>]?)([^ ]+) ([^ ]+)")
# Where a decimal has a comma, of the languages that pages and letters speak.
_WITH_COMMA = frozenset({"fr", "es", "pt", "uk"})
_NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    value: str  # an exact decimal, with a point
    unit: str  # UCUM
    comparator: str = ""  # "<" below, ">" above the value, which is then the limit of what was measured

    def __post_init__(self) -> None:
        if not (_VALUE.fullmatch(self.value) and _UNIT.fullmatch(self.unit)):
            raise ValueError("not a decimal with a unit")
        if self.comparator not in {"", BELOW, ABOVE}:
            raise ValueError("not a comparator of a quantity")

    @property
    def number(self) -> Decimal:
        return Decimal(self.value)

    @property
    def text(self) -> str:
        """Return it as programs and records write it: `1.26 g/L`, `<0.20 g/L`."""
        return f"{self.comparator}{self.value} {self.unit}"

    def words(self, lang: str) -> str:
        """Return it as people read it."""
        value = self.value.replace(".", ",") if lang in _WITH_COMMA else self.value
        return _NO_BREAK.join(part for part in (self.comparator, value, self.unit) if part)


def quantity_in(text: str) -> Quantity | None:
    """Return what `Quantity.text` wrote; None for anything else."""
    found = _TEXT.fullmatch(text)
    try:
        return Quantity(comparator=found[1], value=found[2], unit=found[3]) if found else None
    except ValueError:
        return None
