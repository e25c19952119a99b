"""What is asked of a person with a test: each question with its code, its closed answers, and whom it is asked of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.lib.data_file import TRAVELLING_CODE, Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of

# What may use an answer; a question that nothing uses is not asked.
ORDER_ENTRY, DECISION, BILLING = "order-entry", "decision", "billing"
# The tables that the codes of answers are from; each format has its own name for them.
YES_NO, NULL_FLAVOUR, SNOMED = "yes-no", "null-flavour", "snomed"
SEXES = ("F", "M")


@dataclass(frozen=True, slots=True)
class ClosedAnswer:
    """One of the answers that a question allows."""

    code: str
    words: Label
    system: str
    system_code: str

    def label(self, lang: str) -> str:
        return self.words.text(lang)


@dataclass(frozen=True, slots=True)
class KindQuestion:
    """A question: one of its answers is given, or a day; without `loinc` it has a code of ours alone."""

    code: str
    words: Label
    loinc: str
    loinc_display: str
    answers: tuple[ClosedAnswer, ...]
    is_day: bool
    sex: str
    from_age: int | None  # in whole years, included
    to_age: int | None  # not included
    used_by: tuple[str, ...]
    source: str
    unsure: str

    def label(self, lang: str) -> str:
        return self.words.text(lang)

    def is_for(self, *, age: int, sex: str) -> bool:
        """Tell whether somebody of this age and sex is asked; of an unknown sex everybody is."""
        too_young = self.from_age is not None and age < self.from_age
        too_old = self.to_age is not None and age >= self.to_age
        other_sex = bool(self.sex) and sex in SEXES and sex != self.sex
        return not (too_young or too_old or other_sex)

    def answer(self, code: str) -> ClosedAnswer | None:
        return next((answer for answer in self.answers if answer.code == code), None)


@dataclass(frozen=True, slots=True)
class QuestionBook:
    """All questions, and who reviewed them."""

    review: Review
    entries: Mapping[str, KindQuestion]


@cache
def load_kind_questions() -> QuestionBook:
    return build_kind_questions(read_data("catalogue", "questions.toml"))


def build_kind_questions(file: Entry) -> QuestionBook:
    """Check and build the questions of a data file."""
    review = review_of(file)
    answers = {code: _answer(code, entry) for code, entry in file.children("answers", TRAVELLING_CODE)}
    entries = {code: _question(code, entry, answers) for code, entry in file.children("questions", TRAVELLING_CODE)}
    file.finish()
    return QuestionBook(review, MappingProxyType(entries))


def _answer(code: str, entry: Entry) -> ClosedAnswer:
    system = entry.choice("system", (YES_NO, NULL_FLAVOUR, SNOMED))
    of_system = entry.snomed("code") if system == SNOMED else entry.text("code")
    answer = ClosedAnswer(code=code, words=entry.label("label"), system=system, system_code=of_system)
    entry.finish()
    return answer


def _question(code: str, entry: Entry, answers: Mapping[str, ClosedAnswer]) -> KindQuestion:
    is_day = entry.flag("is_day")
    has_loinc = entry.has("loinc")
    question = KindQuestion(
        code=code,
        words=entry.label("label"),
        loinc=entry.loinc("loinc") if has_loinc else "",
        loinc_display=entry.text("name") if has_loinc else "",
        answers=() if is_day else tuple(answers[name] for name in entry.choices("answers", tuple(answers))),
        is_day=is_day,
        sex=entry.choice("sex", SEXES) if entry.has("sex") else "",
        from_age=entry.age("from_age"),
        to_age=entry.age("to_age"),
        used_by=entry.choices("used_by", (ORDER_ENTRY, DECISION, BILLING)),
        source=entry.text("source"),
        unsure=entry.optional_text("unsure"),
    )
    entry.finish()
    return question
