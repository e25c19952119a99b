"""The languages in which patients are written to: a file each, so that who speaks one reviews one file.

French and English have their own words of results and advice beside the thing that they name (`Label`); a file of
another language holds these too. What a file does not say is said in French and English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from temoin.catalogue.advice import Advice
from temoin.catalogue.kinds import Kind, Target
from temoin.catalogue.outcomes import Outcome
from temoin.catalogue.questions import ClosedAnswer, KindQuestion
from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import PATIENT_LANGUAGES, Label
from temoin.lib.reviewed import Review, review_of

RIGHT_TO_LEFT = "rtl"

Words = Mapping[str, str]  # by a code of ours, or by language


@dataclass(frozen=True, slots=True)
class AdviceWords:
    """One piece of advice in one language."""

    meaning: str
    today: str
    protect: str
    again: str
    urgent: str


@dataclass(frozen=True, slots=True)
class PatientLanguage:
    """What patients are told in one language."""

    code: str
    name: str  # as who speaks it calls it
    locale: str  # in which browsers write dates
    direction: str  # of its script: ltr or rtl
    review: Review
    page: Words
    form: Words  # that a patient fills in
    headline: Words
    message: Words
    outcomes: Words = field(default_factory=dict)
    targets: Words = field(default_factory=dict)
    kinds: Words = field(default_factory=dict)
    questions: Words = field(default_factory=dict)
    answers: Words = field(default_factory=dict)
    advice: Mapping[str, AdviceWords] = field(default_factory=dict)


_OF_CATALOGUE = ("outcomes", "targets", "kinds", "questions", "answers")


@cache
def patient_languages() -> Mapping[str, PatientLanguage]:
    """Return the languages by their codes, in the order in which they are offered."""
    files = {code: read_data("catalogue", f"patients/{code}.toml") for code in PATIENT_LANGUAGES}
    return MappingProxyType({code: build_language(code, file) for code, file in files.items()})


def build_language(code: str, file: Entry) -> PatientLanguage:
    review = review_of(file)
    language = PatientLanguage(
        code=code,
        name=file.text("name"),
        locale=file.text("locale"),
        direction=file.choice("direction", ("ltr", RIGHT_TO_LEFT)),
        review=review,
        page=file.mapping("page"),
        form=file.mapping("form"),
        headline=file.mapping("headline"),
        message=file.mapping("message"),
        **{part: file.mapping(part) for part in _OF_CATALOGUE if file.has(part)},
        advice={key: _advice(entry) for key, entry in file.children("advice")} if file.has("advice") else {},
    )
    file.finish()
    return language


def _advice(entry: Entry) -> AdviceWords:
    words = AdviceWords(
        meaning=entry.text("meaning"),
        today=entry.text("today"),
        protect=entry.optional_text("protect"),
        again=entry.text("again"),
        urgent=entry.text("urgent"),
    )
    entry.finish()
    return words


def outcome_in_each(outcome: Outcome) -> dict[str, str]:
    """Return an outcome's words by language."""
    return _each(outcome.words, {one.code: one.outcomes.get(outcome.code, "") for one in _others()})


def read_in_each(target: Target, read: str) -> dict[str, str]:
    """Return the words of a reading by language."""
    if target.measure is None:
        return outcome_in_each(target.outcome_of(read))
    return {code: target.words_of(read, code) for code in patient_languages()}


def target_in_each(target: Target) -> dict[str, str]:
    """Return the words of what is looked for by language."""
    return _each(target.words, {one.code: one.targets.get(target.code, "") for one in _others()})


def kind_in_each(kind: Kind) -> dict[str, str]:
    """Return the name of a kind of test by language."""
    return _each(kind.words, {one.code: one.kinds.get(kind.code, "") for one in _others()})


def question_in_each(question: KindQuestion) -> dict[str, str]:
    """Return what is asked with a test by language."""
    return _each(question.words, {one.code: one.questions.get(question.code, "") for one in _others()})


def answer_in_each(answer: ClosedAnswer) -> dict[str, str]:
    """Return one of the answers to a question by language."""
    return _each(answer.words, {one.code: one.answers.get(answer.code, "") for one in _others()})


def advice_in_each(advice: Advice) -> dict[str, dict[str, str]]:
    """Return the parts of a piece of advice in the order in which they are read, each by language."""
    spoken = {one.code: one.advice[advice.key] for one in _others() if advice.key in one.advice}
    protect = _each(advice.protect, {code: one.protect for code, one in spoken.items()}) if advice.protect else {}
    return {
        "meaning": _each(advice.meaning, {code: one.meaning for code, one in spoken.items()}),
        "today": _each(advice.today, {code: one.today for code, one in spoken.items()}),
        **({"protect": protect} if protect else {}),
        "again": _each(advice.again, {code: one.again for code, one in spoken.items()}),
        "urgent": _each(advice.urgent, {code: one.urgent for code, one in spoken.items()}),
    }


def _others() -> list[PatientLanguage]:
    return [one for one in patient_languages().values() if one.code not in {"fr", "en"}]


def _each(label: Label, others: Words) -> dict[str, str]:
    return {"fr": label.fr, "en": label.en, **{code: text for code, text in others.items() if text}}
