"""What was answered to the questions of a kind of test: checked as given, and as a Report tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind
from temoin.catalogue.questions import KindQuestion
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.zones import age_on, today_in
from temoin.pharmacies.zones import zone_here
from temoin.testing.report import GivenAnswer

FRENCH = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPerson:
    """Of whom questions are asked: what tells whether one is for them."""

    birth_date: date
    sex: str

    def age(self, today: date) -> int:
        return age_on(today, self.birth_date)


def check_answers(answers: Mapping[str, str], kind: Kind, person: AskedPerson) -> dict[str, str]:
    """Return what was answered, in the order of the kind's questions; InvalidError for an answer that is none.

    What was left empty was not asked. An answer to a question that is not for this person, or of another kind of test,
    is refused: a page that shows the questions of several kinds sends those of the one chosen.
    """
    today = today_in(zone_here())
    asked = {question.code: question for question in kind.questions_for(age=person.age(today), sex=person.sex)}
    given = {name: value for name, value in answers.items() if value}
    problems = [
        Problem(f"question-{name}", "not_asked", _("This question is not asked with this test, or of this person."))
        for name in given
        if name not in asked
    ]
    for name, question in asked.items():
        problems += _problems(question, given.get(name, ""), person, today)
    if problems:
        raise InvalidError(problems)
    return {name: given[name] for name in asked if name in given}


def _problems(question: KindQuestion, value: str, person: AskedPerson, today: date) -> list[Problem]:
    field = f"question-{question.code}"
    if not value:
        return []
    if not question.is_day:
        known = question.answer(value) is not None
        return [] if known else [Problem(field, "unknown", _("Choose one of the answers shown."))]
    day = _day(value)
    if day is None:
        return [Problem(field, "malformed", _("Write a day that the calendar has."))]
    if day > today:
        return [Problem(field, "future", _("This day is in the future: check it."))]
    if day < person.birth_date:
        return [Problem(field, "before_birth", _("This day is before the patient's birth."))]
    return []


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if day.isoformat() == value else None


def told_answers(answers: Mapping[str, str], kind: Kind) -> tuple[GivenAnswer, ...]:
    """Return the answers as a Report tells them, with the codes and the words of the catalogue."""
    return tuple(_told(question, answers[question.code]) for question in kind.questions if question.code in answers)


def _told(question: KindQuestion, value: str) -> GivenAnswer:
    words, system, code = _words(question, value)
    return GivenAnswer(
        question=question.code,
        display=question.label(FRENCH),
        loinc=question.loinc,
        loinc_display=question.loinc_display,
        value=value,
        value_display=words,
        value_system=system,
        value_code=code,
    )


def _words(question: KindQuestion, value: str) -> tuple[str, str, str]:
    answer = question.answer(value)
    if answer is None:
        return f"{date.fromisoformat(value):%d/%m/%Y}", "", ""
    return answer.label(FRENCH), answer.system, answer.system_code
