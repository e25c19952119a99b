"""What a patient reads beside a result: reviewed data, chosen by what was looked for, what was found, and age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import MEASURED, NEGATIVE, NONE, POSITIVE
from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of

GENERAL = "general"  # for what no other entry names
OLDEST = 200


class FoundMeaning(NamedTuple):
    """A finding, as far as advice depends on it."""

    target: str
    means: str
    range: str = ""  # in which a measured quantity lies


@dataclass(frozen=True, slots=True)
class Advice:
    """What to tell a patient of one finding; `source` is where it is from."""

    key: str
    targets: tuple[str, ...]
    means: str
    range: str  # of what was measured; "" where nothing is
    from_age: int  # whole years at the time of the sample, included
    to_age: int  # not included
    source: str
    meaning: Label
    today: Label
    protect: Label | None
    again: Label
    urgent: Label

    def suits(self, found: FoundMeaning, age: int) -> bool:
        """Tell whether it is about this finding, of a person of this age."""
        is_it = found.target in self.targets and (found.means, found.range) == (self.means, self.range)
        return is_it and self.from_age <= age < self.to_age


@dataclass(frozen=True, slots=True)
class AdviceBook:
    """All advice, and who reviewed it."""

    review: Review
    entries: Mapping[str, Advice]

    def about(self, findings: Iterable[FoundMeaning], age: int) -> tuple[Advice, ...]:
        """Return what to tell of all findings, each piece once.

        What was found comes alone; else what was measured; else what is unclear; else that nothing was found: no advice
        contradicts itself.
        """
        chosen = {advice.key: advice for found in findings if (advice := self._one(found, age))}
        for means in (POSITIVE, MEASURED, NONE, NEGATIVE):
            if told := tuple(advice for advice in chosen.values() if advice.means == means):
                return told
        return (self.entries[GENERAL],)

    def _one(self, found: FoundMeaning, age: int) -> Advice | None:
        return next((one for one in self.entries.values() if one.suits(found, age)), None)


@cache
def load_advice() -> AdviceBook:
    return build_advice(read_data("catalogue", "advice.toml"))


def build_advice(file: Entry) -> AdviceBook:
    review = review_of(file)
    entries = {key: _advice(key, entry) for key, entry in file.children("advice")}
    file.finish()
    return AdviceBook(review, MappingProxyType(entries))


def _known_targets() -> tuple[str, ...]:
    return tuple({target.code for kind in load_kinds().values() for target in kind.targets})


def _known_ranges() -> tuple[str, ...]:
    measures = [target.measure for kind in load_kinds().values() for target in kind.targets if target.measure]
    return tuple({one.code for measure in measures for one in measure.ranges})


def _advice(key: str, entry: Entry) -> Advice:
    is_general = key == GENERAL
    advice = Advice(
        key=key,
        targets=() if is_general else entry.choices("targets", _known_targets()),
        means="" if is_general else entry.choice("means", (POSITIVE, NEGATIVE, NONE, MEASURED)),
        range=entry.choice("range", _known_ranges()) if entry.has("range") else "",
        from_age=entry.age("from_age") or 0,
        to_age=entry.age("to_age") or OLDEST,
        source=entry.text("source"),
        meaning=entry.label("meaning"),
        today=entry.label("today"),
        protect=entry.label("protect") if entry.has("protect") else None,
        again=entry.label("again"),
        urgent=entry.label("urgent"),
    )
    entry.finish()
    return advice
