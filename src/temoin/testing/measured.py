"""Readings of quantities as they were typed: read exactly, or refused with what to do; nothing is converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind, Target
from temoin.catalogue.kits import Kit
from temoin.catalogue.measures import NO_LIMITS, Measure, Misread, MisreadError
from temoin.lib.errors import Problem
from temoin.lib.quantity import Quantity

_WORDS: Mapping[Misread, Any] = {
    Misread.MALFORMED: _("Write the number that the device shows, such as 1,26, or LO or HI, and nothing else."),
    Misread.NO_UNIT: _("Choose the unit that the device shows: %(units)s."),
    Misread.UNKNOWN_UNIT: _("This test is not told in this unit: choose the one that the device shows, %(units)s."),
    Misread.DECIMALS: _("No device shows so many decimals in %(units)s: write what it shows."),
    Misread.OTHER_UNIT: _(
        "This value is not possible in this unit, and is in %(units)s: look at the unit that the device shows."
    ),
    Misread.IMPOSSIBLE: _("No device shows such a value: look at it again, and at its unit."),
    Misread.BEYOND: _("This device shows LO or HI instead of such a value: write what it shows."),
    Misread.NO_LIMIT: _(
        "The limits of this device are not in the catalogue: write < or > and the limit that its leaflet tells."
    ),
}


def read_quantities(outcomes: Mapping[str, str], kind: Kind, kit: Kit | None) -> dict[str, str]:
    """Return a reading with each quantity as records write it; what is none stays as it was typed, to be refused."""
    return {name: _read(text, _measure_of(kind, name), kit) for name, text in outcomes.items()}


def _measure_of(kind: Kind, target: str) -> Measure | None:
    return next((one.measure for one in kind.targets if one.code == target), None)


def _read(text: str, measure: Measure | None, kit: Kit | None) -> str:
    if measure is None:
        return text
    try:
        return _quantity(text, measure, kit).text
    except MisreadError:
        return text


def _quantity(text: str, measure: Measure, kit: Kit | None) -> Quantity:
    return measure.read(text, kit.limits if kit is not None else NO_LIMITS)


def quantity_problem(text: str, target: Target, kit: Kit | None) -> Problem | None:
    """Return why a text is no quantity of a target that is measured, and what to do; None when it is one."""
    field = f"outcome-{target.code}"
    if target.measure is None or not text:
        return Problem(field, "required", _("Write the value that the device shows, and choose its unit."))
    try:
        _quantity(text, target.measure, kit)
    except MisreadError as error:
        return Problem(field, error.why.value, _WORDS[error.why] % {"units": ", ".join(error.units)})
    return None
