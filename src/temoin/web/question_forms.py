"""The questions of a kind of test as fields, and what the logigram of the act says, as a test's pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind
from temoin.catalogue.logigrams import ActDecision, load_logigrams
from temoin.catalogue.questions import KindQuestion, load_kind_questions
from temoin.lib.errors import Problem
from temoin.lib.zones import day_of
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.testing.conduct import decision_after, decision_before, medicines_for
from temoin.testing.queries import TestView
from temoin.testing.report import Report, ReportStatus
from temoin.testing.sample import Reading
from temoin.testing.states import UNDER_WAY
from temoin.web.fields import Choice, Field, Typed
from temoin.web.times import page_today, read_day
from temoin.web.wording import Words

PREFIX = "question-"


@dataclass(frozen=True)
class ActLine:
    """What the logigram says: what is done and why, or which questions are left."""

    outcome: Words
    reason: Words
    source: str
    unsure: str
    missing: Sequence[Words]
    tone: str
    is_unreviewed: bool


def questions_context(seat: Seat, test: TestView, typed: Typed) -> dict[str, Any]:
    """Return what the page of a test shows of its questions, and of the logigram before its result."""
    if test.state not in UNDER_WAY or not has_right(by=seat, right=Right.REGISTER_TEST):
        return {"questions": [], "act_line": None}
    decision = decision_before(test.kind, test.person, test.answers, _day_of(test))
    return {
        "questions": question_fields(test, typed),
        "act_line": act_line(decision),
        "questions_first": decision is not None,
        "questions_open": decision is not None or any(map(_is_of_questions, typed.problems)),
    }


def _is_of_questions(problem: Problem) -> bool:
    return problem.field.startswith(PREFIX) or problem.code == "changed"


def question_fields(test: TestView, typed: Typed) -> list[Field]:
    """Return a field for each question that is asked of this person; what was answered stands in it."""
    asked = test.kind.questions_for(age=test.person.age(_day_of(test)), sex=test.person.sex)
    return [_field(question, test.answers.get(question.code, ""), typed) for question in asked]


def fields_of_kind(kind: Kind, age: int, sex: str, typed: Typed) -> list[Field]:
    """Return a field for each question that a kind of test asks of whoever is of this age and sex."""
    return [_field(question, "", typed) for question in kind.questions_for(age=age, sex=sex)]


def _field(question: KindQuestion, answer: str, typed: Typed) -> Field:
    language = get_language() or "fr"
    name, label = f"{PREFIX}{question.code}", question.label(language)
    if question.is_day:
        return typed(name, label, "date", initial=answer, is_one_of=True, attributes={"max": page_today().isoformat()})
    choices = [Choice(one.code, capfirst(one.label(language))) for one in question.answers]
    return typed(name, label, "radio", initial=answer, choices=[*choices, Choice("", _("Not asked"))])


def read_answers(typed: Mapping[str, str]) -> dict[str, str]:
    """Read the answers from a form; the action judges them."""
    given = {name.removeprefix(PREFIX): value for name, value in typed.items() if name.startswith(PREFIX)}
    days = {name: read_day(value) for name, value in given.items() if name in _days()}
    return given | {name: day.isoformat() for name, day in days.items() if day is not None}


def _days() -> set[str]:
    return {question.code for question in load_kind_questions().entries.values() if question.is_day}


def review_context(test: TestView, reading: Reading, typed: Typed) -> dict[str, Any]:
    """Return what the page before the signature shows of the logigram, with the choice of what is delivered."""
    day = _day_of(test)
    decision = decision_after(test.kind, test.person, test.answers, day, outcomes=reading.outcomes)
    language = get_language() or "fr"
    choices = [
        Choice(one.code, f"{one.words.text(language)}, {one.dose.text(language)}", one.unsure and _("to be checked"))
        for one in medicines_for(decision, test.person.age(day))
    ]
    hint = _("Leave empty when none is delivered. The dose is to be compared with the order.")
    medicine = typed("medicine", _("Medicine delivered"), "select", choices=choices, hint=hint) if choices else None
    return {"act_line": act_line(decision), "medicine": medicine}


def attests(report: Report) -> bool:
    """Tell whether the printed result is an attestation too, of what was delivered without a prescription."""
    is_void = report.status is ReportStatus.CANCELLED
    return report.conduct is not None and bool(report.conduct.medicine) and not is_void


def act_line(decision: ActDecision | None) -> ActLine | None:
    """Return what a decision says in words; None where no logigram speaks of this kind of test."""
    if decision is None:
        return None
    language, unreviewed = get_language() or "fr", load_logigrams().review.is_placeholder
    row = decision.row
    if row is None:
        known = load_kind_questions().entries
        missing = [known[name].label(language) for name in decision.missing]
        return ActLine(_("The logigram has no answer yet"), "", "", "", missing, "info", is_unreviewed=unreviewed)
    tone = "warning" if row.outcome.refers else "info"
    outcome, reason = row.outcome.words.text(language), row.reason.text(language)
    return ActLine(outcome, reason, row.source, row.unsure, [], tone, is_unreviewed=unreviewed)


def _day_of(test: TestView) -> date:
    return day_of(test.sampled_at, page_zone()) if test.sampled_at else page_today()
