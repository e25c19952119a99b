"""What a cell tells of a test that measures: a quantity as the device showed it, or why it is none; never converted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temoin.catalogue.measures import Limits, Measure, Misread, MisreadError
from temoin.formats.csv.vocabulary import folded, words

if TYPE_CHECKING:
    from temoin.formats.csv.cells import Cells

VALUE, UNIT, CODE = "test_result", "test_result_unit", "test_performed_code"
_OF_UNIT = frozenset({Misread.NO_UNIT, Misread.UNKNOWN_UNIT, Misread.OTHER_UNIT})


def read_quantity(cells: Cells, measure: Measure, limits: Limits | None) -> str:
    """Return a quantity as records write it, "" for none, which is noted.

    `limits` are None where the instrument is not known yet: LO and HI then stay, for who knows it.
    """
    value, unit = cells.required(VALUE), cells.optional(UNIT)
    if not value:
        return ""
    if folded(value) in words("outcomes"):
        cells.refuse(VALUE, "quantity_word", measure.codes)
        return ""
    text = f"{value} {unit}".strip()
    try:
        if limits is None and (shown := measure.unmeasured(text)):
            return shown
        quantity = measure.read(text, limits or {})
    except MisreadError as error:
        place = UNIT if error.why in _OF_UNIT and cells.has_column(UNIT) else VALUE
        cells.refuse(place, f"quantity_{error.why}", error.units)
        return ""
    if measure.unit(quantity.unit).loinc != cells.optional(CODE):
        cells.refuse(CODE, "quantity_unit_of_code", tuple(f"{one.code} {one.loinc}" for one in measure.units))
    return quantity.text
