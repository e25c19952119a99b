"""The questions of each kind of test: asked where something uses them, of whom they are for."""

from __future__ import annotations

import pytest

from temoin.catalogue.kinds import counter_kinds, load_kinds
from temoin.catalogue.logigram_inputs import AnyInput, ScoreInput
from temoin.catalogue.logigrams import load_logigrams
from temoin.catalogue.questions import DECISION, ORDER_ENTRY, load_kind_questions
from temoin.formats.fhir import codes as fhir
from temoin.formats.hl7v2 import codes as hl7v2
from temoin.formats.hl7v2.questions import load_questions

QUESTIONS = load_kind_questions().entries


def decided_by(kind: str) -> set[str]:
    """The questions that the tables of a kind look at."""
    found: set[str] = set()
    for table in load_logigrams().tables.values():
        for one in table.inputs.values() if table.kind == kind else ():
            found |= set(one.questions) if isinstance(one, AnyInput) else set()
            found |= {each.question.code for each in one.of_answers} if isinstance(one, ScoreInput) else set()
    return found


@pytest.mark.parametrize("code", load_kinds())
def test_what_a_logigram_looks_at_is_asked_and_what_only_a_logigram_uses_is_looked_at(code: str):
    asked = {question.code: question for question in load_kinds()[code].questions}
    for_it_alone = {name for name, question in asked.items() if question.used_by == (DECISION,)}

    assert for_it_alone <= decided_by(code) <= set(asked)


def test_each_question_is_asked_with_some_test_of_the_counter():
    assert {question.code for kind in counter_kinds() for question in kind.questions} == set(QUESTIONS)


def test_a_test_read_from_a_file_asks_nothing():
    assert [kind.code for kind in load_kinds().values() if kind.questions and kind.offered_at != "counter"] == []


def test_a_question_with_a_code_of_loinc_is_one_that_messages_ask_on_entry():
    known = load_questions().words

    for question in QUESTIONS.values():
        assert not question.loinc or known[question.loinc] == question.loinc_display
        assert not question.loinc or ORDER_ENTRY in question.used_by


def test_each_table_of_answers_has_its_name_in_each_format():
    systems = {answer.system for question in QUESTIONS.values() for answer in question.answers}

    assert systems == set(fhir.ANSWER_TABLES) == set(hl7v2.ANSWER_TABLES)


@pytest.mark.parametrize(
    ("age", "sex", "is_asked"),
    [(11, "F", False), (12, "F", True), (55, "F", True), (56, "F", False), (30, "M", False), (30, "U", True)],
)
def test_a_question_is_asked_of_whom_it_is_for(age, sex, is_asked):
    assert QUESTIONS["pregnancy"].is_for(age=age, sex=sex) is is_asked
