"""Form fields as the templates draw them: what was typed is kept, and each problem stands beside its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from temoin.lib.errors import Problem
from temoin.web.wording import Words

GROUPS = frozenset({"radio", "cards", "outcome"})  # of inputs: the group itself takes no focus
KEYED = "outcome"  # a group of which a digit of the keyboard chooses one


@dataclass(frozen=True)
class Choice:
    """One thing to choose; `detail` stands under its label in small letters."""

    value: str
    label: Words
    detail: Words = ""


@dataclass(frozen=True, kw_only=True)
class Option:
    """A choice as its field draws it."""

    id: str
    value: str
    label: Words
    detail: Words
    is_chosen: bool
    takes_focus: bool
    key: str  # the digit that chooses it; "" where none does

    @property
    def line(self) -> str:
        """Return label and detail as one line, which is all that a list can show."""
        return f"{self.label} ({self.detail})" if self.detail else str(self.label)


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    label: Words
    kind: str = "text"  # text | email | tel | date | datetime-local | select | radio | cards | checkbox | textarea
    value: str = ""
    hint: Words = ""
    choices: Sequence[Choice] = ()
    required: bool = False
    autofocus: bool = False
    now_button: bool = False
    instant: str = ""  # what *Now* sent, kept while the form goes to and fro
    inserts: Sequence[str] = ()  # what a telephone's digits cannot type, put in by a button
    row: str = ""  # whose row of a list it stands in, so that no two have one id
    is_one_of: bool = False  # one of several that will do: neither required nor optional, and the form says so
    attributes: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Words] = ()

    @property
    def id(self) -> str:
        """Return the id of the input, or of the group of inputs."""
        return f"field-{self.row}-{self.name}" if self.row else f"field-{self.name}"

    @property
    def is_group(self) -> bool:
        """Tell whether it is drawn as several inputs, of which one is chosen."""
        return self.kind in GROUPS

    @property
    def is_tick(self) -> bool:
        """Tell whether it is a box whose label is a whole sentence."""
        return self.kind == "checkbox"

    @property
    def is_list(self) -> bool:
        """Tell whether one is chosen from a list that opens."""
        return self.kind == "select"

    @property
    def is_long(self) -> bool:
        """Tell whether several lines may be typed."""
        return self.kind == "textarea"

    @property
    def is_optional(self) -> bool:
        """Tell whether the label says that it may stay empty."""
        return not self.required and not self.is_one_of

    @property
    def options(self) -> list[Option]:
        """Return the choices as they are drawn: the chosen one takes the focus, else the first."""
        return [self._option(place, choice) for place, choice in enumerate(self.choices, 1)]

    def _option(self, place: int, choice: Choice) -> Option:
        return Option(
            id=f"{self.id}-{place}",
            value=choice.value,
            label=choice.label,
            detail=choice.detail,
            is_chosen=choice.value == self.value,
            takes_focus=self.autofocus and self.target == f"{self.id}-{place}",
            key=str(place) if self.kind == KEYED else "",
        )

    @property
    def target(self) -> str:
        """Return the id of what takes the focus: the input, or the one chosen in a group, else its first."""
        if not self.is_group:
            return self.id
        values = [choice.value for choice in self.choices]
        return f"{self.id}-{values.index(self.value) + 1 if self.value in values else 1}"

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that a screen reader adds to the label."""
        parts = [f"{self.id}-hint"] if self.hint else []
        return " ".join([*parts, f"{self.id}-problem"] if self.problems else parts)


class Typed:
    """What was typed into a form, with the problems found in it."""

    def __init__(self, values: Mapping[str, Any], problems: Iterable[Problem] = ()) -> None:
        self.values = values
        self.problems = list(problems)

    def __call__(self, name: str, label: Words, kind: str = "text", **options: Any) -> Field:
        """Return the field of this name with its value and its problems."""
        value = str(self.values.get(name) or options.pop("initial", "") or "")
        options.pop("initial", None)
        if options.get("now_button"):
            options["instant"] = str(self.values.get(f"{name}-instant") or "")
        found = [problem.message for problem in self.problems if problem.field == name]
        return Field(name=name, label=label, kind=kind, value=value, problems=found, **options)
