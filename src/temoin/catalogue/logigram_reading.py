"""Reads the inputs of a logigram from its data file, against the questions that its kind of test asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from temoin.catalogue.kinds import Kind
from temoin.catalogue.logigram_inputs import (
    AgeInput,
    AgePoints,
    AnswerPoints,
    AnyInput,
    BeforeInput,
    LogigramInput,
    ResultInput,
    ScoreInput,
    SexInput,
)
from temoin.catalogue.questions import DECISION, KindQuestion
from temoin.lib.data_file import Entry
from temoin.lib.label import Label

OLDEST = 200


@dataclass(frozen=True, slots=True)
class InputReader:
    """Reads inputs of one kind of test; `former` has the outcomes of the tables that stand before this one."""

    kind: Kind
    former: Mapping[str, tuple[str, ...]]

    def read(self, entry: Entry) -> LogigramInput:
        words = entry.label("label")
        readers: dict[str, Callable[[Entry, Label], LogigramInput]] = {
            "ages": self._ages,
            "sex": self._sex,
            "any": self._any,
            "score": self._score,
            "result": self._result,
            "before": self._before,
        }
        named = [name for name in readers if entry.has(name)]
        if len(named) != 1:
            raise entry.error("", f"must have one of {', '.join(readers)}")
        built = readers[named[0]](entry, words)
        entry.finish()
        return built

    def _ages(self, entry: Entry, words: Label) -> LogigramInput:
        return AgeInput(words, entry.rising_ages("ages"))

    def _sex(self, entry: Entry, words: Label) -> LogigramInput:
        self._must_be_true(entry, "sex")
        return SexInput(words)

    def _result(self, entry: Entry, words: Label) -> LogigramInput:
        self._must_be_true(entry, "result")
        return ResultInput(words)

    def _before(self, entry: Entry, words: Label) -> LogigramInput:
        table = entry.choice("before", tuple(self.former))
        return BeforeInput(words, table, self.former[table])

    def _any(self, entry: Entry, words: Label) -> LogigramInput:
        named = entry.table("any")
        questions = {name: self._question(named, name) for name in named.names()}
        answers = {name: named.choices(name, _answers(question)) for name, question in questions.items()}
        return AnyInput(words, MappingProxyType(questions), MappingProxyType(answers))

    def _score(self, entry: Entry, words: Label) -> LogigramInput:
        of_answers, of_ages = [], []
        for one in entry.tables("score"):
            if one.has("question"):
                of_answers.append(self._answer_points(one))
            else:
                of_ages.append(_age_points(one))
            one.finish()
        return ScoreInput(words, entry.whole("high_from"), tuple(of_answers), tuple(of_ages))

    def _answer_points(self, entry: Entry) -> AnswerPoints:
        question = self._question(entry, entry.text("question"))
        return AnswerPoints(question, entry.choice("answer", _answers(question)), entry.whole("points"))

    def _question(self, entry: Entry, name: str) -> KindQuestion:
        asked = {question.code: question for question in self.kind.questions if DECISION in question.used_by}
        if name not in asked:
            raise entry.error(name, f"is not a question that {self.kind.code} asks for its decision")
        return asked[name]

    @staticmethod
    def _must_be_true(entry: Entry, name: str) -> None:
        if not entry.flag(name):
            raise entry.error(name, "must be true, or left out")


def _answers(question: KindQuestion) -> tuple[str, ...]:
    return tuple(answer.code for answer in question.answers)


def _age_points(entry: Entry) -> AgePoints:
    return AgePoints(entry.age("from_age") or 0, entry.age("to_age") or OLDEST, entry.whole("points"))
