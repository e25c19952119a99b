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
    """Return problems in words, with the fields found in some places (fields, groups of them, whatever holds them)."""
    fields = {field.name: field for field in _fields_in(places)}
    return [_told(problem, fields.get(problem.field)) for problem in problems]


def _told(problem: Problem, field: Field | None) -> Told:
    if field is None:
        return Told(problem.message)
    if field.kind == "checkbox":  # its label is a whole sentence, which says what the problem says
        return Told(problem.message, field.target)
    return Told(_("%(field)s: %(problem)s") % {"field": field.label, "problem": problem.message}, field.target)


def _fields_in(place: Any) -> Iterator[Field]:
    if isinstance(place, Field):
        yield place
    elif isinstance(place, list | tuple):
        for one in place:
            yield from _fields_in(one)
