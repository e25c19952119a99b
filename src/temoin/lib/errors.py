"""The few errors that rooms raise and doors turn into pages and answers, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what a person or a program gave: which field, and how to mend it.

    `message` is translatable and never repeats the value: values may be personal (law 7).
    """

    field: str
    code: str
    message: str | Promise


UNREADABLE = _("This contains characters that cannot be printed, or letters that were lost: type it again.")
GARBLED = _("Letters with accents were garbled on the way here: type it again, as the person writes it.")


def too_long(most: int) -> Promise:
    """Return the sentence for a text that is longer than `most`."""
    return format_lazy(_("This is too long: {most} characters at most."), most=most)


class TemoinError(Exception):
    """Root of all errors that a door may show."""


class DeniedError(TemoinError):
    """The person has no right to do this."""


class NotFoundError(TemoinError):
    """No such object for this pharmacy: unknown and another pharmacy's are the same answer."""


class InvalidError(TemoinError):
    """What was given cannot be taken as it is."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(", ".join(f"{problem.field}:{problem.code}" for problem in problems))
        self.problems = problems


class ConflictError(TemoinError):
    """The object is no longer in a state that allows this: somebody, or a double click, was first."""


class ScopeError(TemoinError):
    """A query without a pharmacy in scope, or a write outside the audited path: a defect of ours."""


def refuse(field: str, code: str, message: str | Promise) -> InvalidError:
    """Build the error for a single problem."""
    return InvalidError([Problem(field, code, message)])
