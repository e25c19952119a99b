"""Reads what a person typed, field by field, and gathers what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import UNREADABLE, Problem
from temoin.lib.text import UnreadableTextError, clean_line

_LONGEST = 120  # characters of a name


class Reader:
    """Reads fields one by one and gathers every problem, so that a person sees all of them at once."""

    def __init__(self, raw: Mapping[str, str]) -> None:
        self.raw = raw
        self.problems: list[Problem] = []

    def text(self, field: str) -> str:
        try:
            value = clean_line(self.raw.get(field, "") or "")
        except UnreadableTextError:
            self.refuse(field, "unreadable", UNREADABLE)
            return ""
        if len(value) > _LONGEST:
            self.refuse(field, "too_long", _("This is too long: 120 characters at most."))
            return ""
        return value

    def name(self, field: str) -> str:
        value = self.text(field)
        if any(problem.field == field for problem in self.problems):
            return ""
        if not any(character.isalpha() for character in value):
            self.refuse(field, "required", _("Enter the name as on the identity document."))
        return value

    def refuse(self, field: str, code: str, message: Any) -> None:
        self.problems.append(Problem(field, code, message))
