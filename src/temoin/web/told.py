"""Problems as a summary tells them: each names its field, and leads to what can take the focus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from temoin.lib.errors import Problem
from temoin.web.fields import Field
from temoin.web.wording import Words


@dataclass(frozen=True)
class Told:
    """One line of the summary; without a target, it is about no field of this page."""

    message: Words
    target: str = ""


def told(problems: Iterable[Problem], *places: Any) -> list[Told]:
    """Return problems in words, in the order of the fields found in some places (fields, or what holds them)."""
    fields = {field.name: field for field in _fields_in(places)}
    order = list(fields)
    in_order = sorted(problems, key=lambda one: order.index(one.field) if one.field in fields else -1)
    return [_told(problem, fields.get(problem.field)) for problem in in_order]


def _told(problem: Problem, field: Field | None) -> Told:
    if field is None:
        return Told(problem.message)
    if field.kind == "checkbox":  # its label is a whole sentence, which says what the problem says
        return Told(problem.message, field.target)
    if str(field.label).endswith("?"):
        return Told(f"{field.label} {problem.message}", field.target)
    return Told(_("%(field)s: %(problem)s") % {"field": field.label, "problem": problem.message}, field.target)


def _fields_in(place: Any) -> Iterator[Field]:
    if isinstance(place, Field):
        yield place
    elif isinstance(place, list | tuple):
        for one in place:
            yield from _fields_in(one)
