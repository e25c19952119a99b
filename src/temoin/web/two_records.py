"""Two records of a person side by side, and what the one that stays will say after the merge."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.patients.traits import Traits
from temoin.web.fields import Field
from temoin.web.patient_form import patient_groups, typed_traits
from temoin.web.wording import Words


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One field of both records, in words, and what becomes of it."""

    label: Words
    stays: Words
    goes: Words
    after: Words

    @property
    def differs(self) -> bool:
        """Tell whether the two records say different things."""
        return self.stays != self.goes

    @property
    def is_left_behind(self) -> bool:
        """Tell whether what the other record says is not taken over."""
        return bool(self.goes) and self.after != self.goes


def compared(stays: Traits, goes: Traits, after: Traits) -> list[Compared]:
    """Return every field that one of the two knows, in the order of the form."""
    sides = [_fields(traits) for traits in (stays, goes, after)]
    rows = [
        Compared(label=field.label, stays=_said(field), goes=_said(other), after=_said(then))
        for field, other, then in zip(*sides, strict=True)
    ]
    return [row for row in rows if row.stays or row.goes]


def _fields(traits: Traits) -> list[Field]:
    return [field for _title, group in patient_groups(typed_traits(traits)) for field in group]


def _said(field: Field) -> Words:
    """Return the value of a field as a person reads it; a box that is ticked by its mark."""
    if field.kind == "checkbox":
        return "✓" if field.value else ""
    return next((choice.label for choice in field.choices if choice.value == field.value), field.value)
