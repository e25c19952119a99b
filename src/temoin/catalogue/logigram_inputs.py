"""The inputs of a logigram: what each may be, and what it can still be from the facts that are known.

`possible` has every value that what is not known yet leaves open, one where all that matters is known; `missing` has
the questions whose answers could tell more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from temoin.catalogue.outcomes import NEGATIVE, NONE, POSITIVE
from temoin.catalogue.questions import KindQuestion
from temoin.lib.label import Label

YES, NO = "yes", "no"
LOW, HIGH = "low", "high"
SEXES = ("F", "M", "U")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a person and a test; `means` has what each finding means, and is empty before the result.

    `before` has the outcomes that the table for before the test can still have.
    """

    age: int
    sex: str
    answers: Mapping[str, str] = field(default_factory=dict)
    means: tuple[str, ...] = ()
    before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AgeInput:
    """Bands of the age, in whole years."""

    words: Label
    starts: tuple[int, ...]

    @property
    def values(self) -> tuple[str, ...]:
        firsts = (0, *self.starts)
        bands = [f"{first}-{after - 1}" for first, after in zip(firsts, self.starts, strict=False)]
        return (*bands, f"{self.starts[-1]}+")

    def possible(self, facts: Facts) -> frozenset[str]:
        return frozenset({self.values[sum(facts.age >= start for start in self.starts)]})

    def missing(self, facts: Facts) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class SexInput:
    """The sex, which may be unknown: that is a value of its own."""

    words: Label

    @property
    def values(self) -> tuple[str, ...]:
        return SEXES

    def possible(self, facts: Facts) -> frozenset[str]:
        return frozenset({facts.sex})

    def missing(self, facts: Facts) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class AnyInput:
    """Whether one of some answers was given; a question that is not for this person is none of its questions."""

    words: Label
    questions: Mapping[str, KindQuestion]
    answers: Mapping[str, tuple[str, ...]]

    @property
    def values(self) -> tuple[str, ...]:
        return (YES, NO)

    def possible(self, facts: Facts) -> frozenset[str]:
        given = {name: facts.answers.get(name, "") for name in asked(self.questions.values(), facts)}
        if any(answer in self.answers[name] for name, answer in given.items()):
            return frozenset({YES})
        return frozenset({NO}) if all(given.values()) else frozenset({YES, NO})

    def missing(self, facts: Facts) -> tuple[str, ...]:
        if len(self.possible(facts)) == 1:
            return ()
        return unanswered(self.questions.values(), facts)


@dataclass(frozen=True, slots=True)
class AnswerPoints:
    """Points for one answer to a question."""

    question: KindQuestion
    answer: str
    points: int


@dataclass(frozen=True, slots=True)
class AgePoints:
    """Points for an age, `to_age` not included."""

    from_age: int
    to_age: int
    points: int


@dataclass(frozen=True, slots=True)
class ScoreInput:
    """Whether a sum of points is low or high."""

    words: Label
    high_from: int
    of_answers: tuple[AnswerPoints, ...]
    of_ages: tuple[AgePoints, ...]

    @property
    def values(self) -> tuple[str, ...]:
        return (LOW, HIGH)

    def bounds(self, facts: Facts) -> tuple[int, int]:
        """Return the least and the most that the score can be with the answers known."""
        sure = sum(one.points for one in self.of_ages if one.from_age <= facts.age < one.to_age)
        given = {one.question.code: facts.answers.get(one.question.code, "") for one in self.of_answers}
        sure += sum(one.points for one in self.of_answers if given[one.question.code] == one.answer)
        open_points = [one.points for one in self.of_answers if not given[one.question.code]]
        return sure + sum(min(one, 0) for one in open_points), sure + sum(max(one, 0) for one in open_points)

    def possible(self, facts: Facts) -> frozenset[str]:
        return frozenset(HIGH if bound >= self.high_from else LOW for bound in self.bounds(facts))

    def missing(self, facts: Facts) -> tuple[str, ...]:
        if len(self.possible(facts)) == 1:
            return ()
        return unanswered((one.question for one in self.of_answers), facts)


@dataclass(frozen=True, slots=True)
class ResultInput:
    """What the findings mean together."""

    words: Label

    @property
    def values(self) -> tuple[str, ...]:
        return (POSITIVE, NEGATIVE, NONE)

    def possible(self, facts: Facts) -> frozenset[str]:
        if not facts.means:
            return frozenset(self.values)
        if POSITIVE in facts.means:
            return frozenset({POSITIVE})
        return frozenset({NEGATIVE if set(facts.means) == {NEGATIVE} else NONE})

    def missing(self, facts: Facts) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class BeforeInput:
    """What the table for before the test came to."""

    words: Label
    table: str
    values: tuple[str, ...]

    def possible(self, facts: Facts) -> frozenset[str]:
        return facts.before or frozenset(self.values)

    def missing(self, facts: Facts) -> tuple[str, ...]:
        return ()


LogigramInput = AgeInput | SexInput | AnyInput | ScoreInput | ResultInput | BeforeInput


def asked(questions: Iterable[KindQuestion], facts: Facts) -> list[str]:
    """Return the questions that a person of this age and sex is asked."""
    return [question.code for question in questions if question.is_for(age=facts.age, sex=facts.sex)]


def unanswered(questions: Iterable[KindQuestion], facts: Facts) -> tuple[str, ...]:
    return tuple(name for name in asked(questions, facts) if not facts.answers.get(name))
