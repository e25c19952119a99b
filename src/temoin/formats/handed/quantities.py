"""What a message tells of a test that measures: value and unit into the cells by which a table's are judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from temoin.catalogue.measures import Measure
from temoin.formats.csv.quantities import UNIT, VALUE
from temoin.formats.handed.codes import ToldCode, meaning_of
from temoin.formats.handed.told import ToldResult
from temoin.lib.quantity import ABOVE, BELOW

UCUM = "UCUM"
_SHOWN = {"lo": BELOW, "hi": ABOVE}


@dataclass(frozen=True, slots=True)
class ToldQuantity:
    """A value as a message has it, with what it says beside it."""

    place: str
    value: str = field(repr=False)
    unit_place: str
    units: list[ToldCode]
    interpretation_place: str
    interpretations: list[ToldCode]


def tell_quantity(told: ToldResult, said: ToldQuantity, measure: Measure) -> None:
    """Note a measured value, and refuse what contradicts itself."""
    unit = _unit(said.units, measure)
    if unit is None:
        told.refuse(said.unit_place, "values_differ")
    if any(meaning_of(one) for one in said.interpretations):
        told.refuse(said.interpretation_place, "values_differ")
    flags = {one.code for one in said.interpretations} & {BELOW, ABOVE}
    if flags and flags != {_SHOWN.get(said.value.casefold(), said.value[:1])}:
        told.refuse(said.interpretation_place, "quantity_off_scale")
    told.tell(VALUE, (said.place, said.value))
    told.tell(UNIT, (said.unit_place, unit or ""))
    told.cells.setdefault(UNIT, "")  # the place of a unit that is not told is known all the same


def _unit(told: list[ToldCode], measure: Measure) -> str | None:
    """Return the unit, as told where the measure has no such one; None where two are told. A UCUM code tells most."""
    sure = [one.code for one in told if one.system == UCUM and one.code]
    words = [word for one in told for word in (one.code, one.words) if word]
    meant = {measure.unit_spelled(word) or word for word in sure}
    meant |= {measure.unit_spelled(word) for word in words} - {""}
    if len(meant) > 1:
        return None
    return next(iter(meant), next(iter(words), ""))
