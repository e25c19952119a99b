"""What a test measures, as reviewed data: units, what can be shown in each, and ranges that mean something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from temoin.lib.data_file import Entry
from temoin.lib.label import Label
from temoin.lib.quantity import ABOVE, BELOW, Quantity, quantity_in

Limits = Mapping[str, tuple[Decimal, Decimal]]  # by unit: what an instrument measures, from and to
NO_LIMITS: Limits = MappingProxyType({})
_NUMBER = re.compile(r"([<>]?) *([0-9]+)(?:[.,]([0-9]+))?")
_JOINED = re.compile(r"[<>]?\s*[0-9]+(?:[.,][0-9]+)?(?=[A-Za-z])")  # a number that its unit follows without a space
_BEYOND = {"lo": BELOW, "hi": ABOVE}  # what instruments show for a value that they cannot measure
_DECIMAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,4})?")


class Misread(StrEnum):
    """Why what was typed is no quantity of a measure."""

    MALFORMED = "malformed"
    NO_UNIT = "no_unit"
    UNKNOWN_UNIT = "unknown_unit"
    DECIMALS = "decimals"
    OTHER_UNIT = "other_unit"  # possible in another unit only: asked, never converted
    IMPOSSIBLE = "impossible"
    BEYOND = "beyond"  # what this instrument shows as LO or HI
    NO_LIMIT = "no_limit"  # LO or HI of an instrument whose limits the catalogue does not know


class MisreadError(ValueError):
    """What was typed is no quantity: why, and in which units it may have been meant."""

    def __init__(self, why: Misread, units: tuple[str, ...] = ()) -> None:
        super().__init__(why.value)
        self.why, self.units = why, units


@dataclass(frozen=True, slots=True)
class MeasuredUnit:
    """A unit in which instruments show the quantity: what any of them may show, and the LOINC code of a value in it."""

    code: str  # UCUM
    also: tuple[str, ...]  # other spellings of it
    loinc: str
    decimals: int  # at most
    lowest: Decimal
    highest: Decimal

    @property
    def spellings(self) -> frozenset[str]:
        """Return the words that mean it, whatever their case."""
        return frozenset(word.casefold() for word in (self.code, *self.also))


@dataclass(frozen=True, slots=True)
class MeasuredRange:
    """A range that means something; `begins` is its lower bound in each unit, included, empty for the lowest range."""

    code: str
    begins: Mapping[str, Decimal]
    words: Label  # for the professional

    def label(self, lang: str) -> str:
        return self.words.text(lang)


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity that a test measures."""

    units: tuple[MeasuredUnit, ...]
    ranges: tuple[MeasuredRange, ...]
    source: str  # of the ranges

    @property
    def codes(self) -> tuple[str, ...]:
        """Return its units, in the order of the alphabet."""
        return tuple(sorted(unit.code for unit in self.units))

    def unit(self, code: str) -> MeasuredUnit:
        """Return a unit by its UCUM code; KeyError for one in which it is not told."""
        return {unit.code: unit for unit in self.units}[code]

    def range_of(self, quantity: Quantity) -> MeasuredRange | None:
        """Return the range in which a quantity lies; None for one beyond a limit that lies within the ranges."""
        at = [one for one in self.ranges if not one.begins or one.begins[quantity.unit] <= quantity.number]
        if not at:
            return None
        lies = {"": True, BELOW: at[-1] is self.ranges[0], ABOVE: at[-1] is self.ranges[-1]}
        return at[-1] if lies[quantity.comparator] else None

    def read(self, text: str, limits: Limits = NO_LIMITS) -> Quantity:
        """Return the quantity that was typed: `1,26 g/L`, `< 20 mg/dL`, `LO mg/dL`; MisreadError for what is none.

        `limits` are those of the instrument, where the catalogue knows them.
        """
        typed, unit = self._parts(text)
        quantity = self._quantity(typed, unit, limits)
        self._check(quantity, limits.get(unit))
        return quantity

    def unmeasured(self, text: str) -> str:
        """Return `LO mg/dL` or `HI mg/dL` where that was typed, else "": what it means the instrument's limits tell."""
        typed, unit = self._parts(text)
        return f"{typed.upper()} {unit}" if typed.casefold() in _BEYOND else ""

    def unit_spelled(self, word: str) -> str:
        """Return the unit that a word means, "" for none."""
        return next((one.code for one in self.units if word.casefold() in one.spellings), "")

    def _parts(self, text: str) -> tuple[str, str]:
        """Return what was typed before the unit, and the unit."""
        plain = " ".join(_JOINED.sub(r"\g<0> ", text.strip(), count=1).split())
        typed, _space, last = plain.rpartition(" ")
        if unit := self.unit_spelled(last):
            return typed, unit
        why = Misread.NO_UNIT if _is_shown(plain) else Misread.UNKNOWN_UNIT if _is_shown(typed) else Misread.MALFORMED
        raise MisreadError(why, self.codes)

    def _quantity(self, typed: str, unit: str, limits: Limits) -> Quantity:
        if comparator := _BEYOND.get(typed.casefold()):
            if unit not in limits:
                raise MisreadError(Misread.NO_LIMIT)
            limit = limits[unit][comparator == ABOVE]
            return Quantity(comparator=comparator, value=str(limit), unit=unit)
        found = _NUMBER.fullmatch(typed)
        if found is None:
            raise MisreadError(Misread.MALFORMED)
        whole, part = found[2].lstrip("0") or "0", f".{found[3]}" if found[3] else ""
        if len(found[3] or "") > self.unit(unit).decimals:
            raise MisreadError(Misread.DECIMALS, (unit,))
        try:
            return Quantity(comparator=found[1], value=f"{whole}{part}", unit=unit)
        except ValueError:  # of more digits than anything measured has
            raise MisreadError(Misread.IMPOSSIBLE, (unit,)) from None

    def _check(self, quantity: Quantity, limits: tuple[Decimal, Decimal] | None) -> None:
        fitting = tuple(one.code for one in self.units if one.lowest <= quantity.number <= one.highest)
        if quantity.unit not in fitting:
            raise MisreadError(Misread.OTHER_UNIT, fitting) if fitting else MisreadError(Misread.IMPOSSIBLE)
        if limits is None:
            return
        lowest, highest = limits
        beyond = {"": lowest <= quantity.number <= highest, BELOW: quantity.number == lowest}
        if not beyond.get(quantity.comparator, quantity.number == highest):
            raise MisreadError(Misread.BEYOND)


def _is_shown(typed: str) -> bool:
    """Tell whether this is a value as instruments show it."""
    return _NUMBER.fullmatch(typed) is not None or typed.casefold() in _BEYOND


def quantity_of(text: str) -> Quantity:
    """Return the quantity that a reading holds once it was read; ValueError for what is none."""
    found = quantity_in(text)
    if found is None:
        raise ValueError("not a quantity")
    return found


def build_measures(file: Entry, loincs: Mapping[str, object]) -> Mapping[str, Measure]:
    """Check and build the measures of a data file; a file without any has none."""
    found = {}
    for code, entry in file.children("measures") if file.has("measures") else ():
        units = tuple(_unit(each, loincs) for each in entry.tables("units"))
        if not units:
            raise entry.error("units", "must not be empty")
        words = [word for unit in units for word in unit.spellings]
        if len(set(words)) < len(words):
            raise entry.error("units", "has a spelling that means two of them")
        ranges = tuple(_range(each, units) for each in entry.tables("ranges"))
        if [one for one in ranges[1:] if not one.begins] or (ranges and ranges[0].begins):
            raise entry.error("ranges", "must each begin somewhere, but the first")
        for unit in units:
            begins = [one.begins[unit.code] for one in ranges[1:]]
            if sorted(set(begins)) != begins:
                raise entry.error("ranges", f"must rise in {unit.code}")
        found[code] = Measure(units, ranges, entry.text("source"))
        entry.finish()
    return MappingProxyType(found)


def _unit(entry: Entry, loincs: Mapping[str, object]) -> MeasuredUnit:
    unit = MeasuredUnit(
        code=entry.text("unit"),
        also=entry.texts("also") if entry.has("also") else (),
        loinc=entry.choice("loinc", tuple(loincs)),
        decimals=entry.whole("decimals"),
        lowest=decimal_in(entry, "lowest"),
        highest=decimal_in(entry, "highest"),
    )
    entry.finish()
    return unit


def _range(entry: Entry, units: tuple[MeasuredUnit, ...]) -> MeasuredRange:
    begins = entry.table("from") if entry.has("from") else None
    found = MeasuredRange(
        code=entry.text("code"),
        begins=MappingProxyType({unit.code: decimal_in(begins, unit.code) for unit in units} if begins else {}),
        words=entry.label("label"),
    )
    if begins is not None:
        begins.finish()
    entry.finish()
    return found


def decimal_in(entry: Entry, field: str) -> Decimal:
    """Return an exact decimal, which a data file writes as a text with a point."""
    text = entry.text(field)
    if not _DECIMAL.fullmatch(text):
        raise entry.error(field, "must be a decimal in quotes, with a point")
    return Decimal(text)


def limits_in(entry: Entry, field: str) -> Limits:
    """Return what an instrument measures, by unit; nothing where that is not told."""
    if not entry.has(field):
        return NO_LIMITS
    table, found = entry.table(field), {}
    for unit in table.names():
        each = table.table(unit)
        found[unit] = decimal_in(each, "from"), decimal_in(each, "to")
        each.finish()
    table.finish()
    return MappingProxyType(found)
