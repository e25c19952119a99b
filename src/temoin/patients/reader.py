"""Reads what a person typed, field by field, and gathers what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import InvalidError, Problem
from temoin.lib.typed import typed_line

YES = "yes"


class TraitsReader:
    """Reads fields one by one and gathers every problem, so that a person sees all of them at once."""

    def __init__(self, raw: Mapping[str, str]) -> None:
        self.raw = raw
        self.problems: list[Problem] = []

    def text(self, field: str) -> str:
        """Return the clean text of a field; the fields' lengths are in `lib.lengths`."""
        try:
            return typed_line(field, self.raw.get(field, "") or "", of="Patient")
        except InvalidError as error:
            self.problems += error.problems
            return ""

    def name(self, field: str) -> str:
        value = self.text(field)
        if self.has_problem(field):
            return ""
        if not any(character.isalpha() for character in value):
            self.refuse(field, "required", _("Enter the name as on the identity document."))
        return value

    def ticked(self, field: str) -> bool:
        """Tell whether a box was ticked: it says yes or nothing, and "no" is no other way to say yes."""
        said = self.text(field)
        if said not in {"", YES}:
            self.refuse(field, "unknown", _("Choose one of the answers."))
        return said == YES

    def has_problem(self, field: str) -> bool:
        """Tell whether something is wrong with a field already."""
        return any(problem.field == field for problem in self.problems)

    def refuse(self, field: str, code: str, message: Any) -> None:
        self.problems.append(Problem(field, code, message))
