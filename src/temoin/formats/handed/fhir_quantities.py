"""What a foreign Observation, or a component of one, tells of a test that measures."""

from __future__ import annotations

from decimal import Decimal

from temoin.catalogue.measures import Measure
from temoin.formats.handed.codes import ToldCode, outcome_of, system_of
from temoin.formats.handed.fhir_parts import codes_of
from temoin.formats.handed.fhir_tree import Node, Placed, few, first, many, text
from temoin.formats.handed.quantities import ToldQuantity, tell_quantity
from temoin.formats.handed.told import ToldResult

_PARTS = ("value", "comparator", "unit", "system", "code")


def interpretations_of(result: Placed) -> list[ToldCode]:
    return [one for each in few(result.node, "interpretation") for one in codes_of(each)]


def tell_measured(told: ToldResult, result: Placed, measure: Measure) -> None:
    """Tell a quantity, or the words in which a meter's software writes one."""
    names = [name for name in result.node if name.startswith("value")]
    place, value = f"{result.path}.{names[0] if names else 'valueQuantity'}", ""
    quantity = first(result.node, "valueQuantity")
    if len(names) > 1 or any(len(many(result.node, name)) > 1 for name in names):
        told.refuse(f"{result.path}.value", "several_values")
    elif names == ["valueQuantity"]:
        value = _value(told, quantity, place)
    elif names == ["valueString"]:
        value = text(result.node, "valueString")
    elif names == ["valueCodeableConcept"]:
        value = outcome_of(codes_of(first(result.node, "valueCodeableConcept"))) or ""
    elif names:
        told.refuse(place, "quantity_form")
    units = [ToldCode(text(quantity, "code"), text(quantity, "unit"), system_of(text(quantity, "system")))]
    interpretations, unit_place = interpretations_of(result), f"{result.path}.valueQuantity.unit"
    said = ToldQuantity(place, value, unit_place, units, f"{result.path}.interpretation", interpretations)
    tell_quantity(told, said, measure)


def _value(told: ToldResult, quantity: Node, place: str) -> str:
    if any(len(many(quantity, part)) > 1 for part in _PARTS):
        told.refuse(place, "several_values")
    number = next(iter(many(quantity, "value")), "")
    value = str(number) if isinstance(number, Decimal) else text(quantity, "value")
    return f"{text(quantity, 'comparator')}{value}"
