"""What is asked with a test: recorded until the signature, sealed in the version, and what the logigram made of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, make_test, open_house

from temoin.catalogue.kinds import kind
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.testing.actions import answer_questions, take_sample
from temoin.testing.answers import AskedPerson, told_answers
from temoin.testing.conduct import conduct_of, decision_after
from temoin.testing.queries import read_test
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import correct_result, sign_result

NEGATIVE = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())
WOMAN = AskedPerson(birth_date=date(1990, 1, 1), sex="F")
STREP = {
    **dict.fromkeys(("throat-emergency", "throat-exclusion", "prescription", "cough"), "no"),
    **dict.fromkeys(("fever-38", "neck-nodes", "tonsils"), "yes"),
    "pregnancy": "not-pregnant",
}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def sampled(house: House) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))


def test_what_was_answered_is_in_the_signed_version(house: House):
    record_id = sampled(house)
    day = (today_in(HOUSE) - timedelta(days=2)).isoformat()
    answer_questions(
        by=house.colleague, record_id=record_id, answers={"symptoms": "yes", "symptoms-onset": day}, seen=""
    )

    report = sign_result(by=house.owner, record_id=record_id, reading=replace(NEGATIVE, read_at=now()), seen="")

    assert [(one.question, one.value) for one in report.answers] == [("symptoms", "yes"), ("symptoms-onset", day)]
    assert report.conduct is None  # no logigram speaks of this test
    assert read_test(by=house.owner, record_id=record_id).report == report
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.QUESTIONS_ANSWERED.value).count() == 1


def test_what_nobody_answered_was_not_asked(house: House):
    record_id = sampled(house)
    answer_questions(by=house.owner, record_id=record_id, answers={"symptoms": "yes", "contact": ""}, seen="")
    answer_questions(by=house.owner, record_id=record_id, answers={"symptoms": ""}, seen="")

    assert read_test(by=house.owner, record_id=record_id).answers == {}


def test_answers_are_given_before_the_sample_and_kept_by_it(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))
    answer_questions(by=house.owner, record_id=record_id, answers={"contact": "no"}, seen="")
    sample = Sample(specimen="nasal-swab", sampled_at=now(), lot_id=make_lot(house.owner))
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")

    assert read_test(by=house.owner, record_id=record_id).answers == {"contact": "no"}


def test_after_the_signature_no_answer_is_changed(house: House):
    record_id = sampled(house)
    sign_result(by=house.owner, record_id=record_id, reading=replace(NEGATIVE, read_at=now()), seen="")

    with pytest.raises(ConflictError):
        answer_questions(by=house.owner, record_id=record_id, answers={"symptoms": "yes"}, seen="")


def test_a_correction_keeps_what_was_answered(house: House):
    record_id = sampled(house)
    answer_questions(by=house.owner, record_id=record_id, answers={"symptoms": "yes"}, seen="")
    first = sign_result(by=house.owner, record_id=record_id, reading=replace(NEGATIVE, read_at=now()), seen="")
    positive = Reading(outcomes={"sars-cov-2": "positive"}, read_at=first.read_at)
    mended = correct_result(
        by=house.owner, record_id=record_id, expected_version=1, reading=positive, reason="Two lines."
    )

    assert mended.answers == first.answers != ()


def test_answers_are_recorded_by_whoever_registers_and_nobody_else(house: House):
    record_id = sampled(house)

    with pytest.raises(DeniedError):
        answer_questions(by=house.administrator, record_id=record_id, answers={}, seen="")
    with pytest.raises(NotFoundError):
        answer_questions(by=house.stranger, record_id=record_id, answers={}, seen="")


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"symptoms": "perhaps"}, "question-symptoms"),
        ({"symptoms-onset": "2026-13-01"}, "question-symptoms-onset"),
        ({"symptoms-onset": "01/11/2026"}, "question-symptoms-onset"),
        ({"symptoms-onset": "20261101"}, "question-symptoms-onset"),
        ({"symptoms-onset": "2999-01-01"}, "question-symptoms-onset"),
        ({"symptoms-onset": "1979-01-01"}, "question-symptoms-onset"),
        ({"cough": "yes"}, "question-cough"),
    ],
)
def test_an_answer_that_is_none_is_refused_at_its_field(house: House, answers, field):
    record_id = sampled(house)

    with pytest.raises(InvalidError) as caught:
        answer_questions(by=house.owner, record_id=record_id, answers={**answers, "care-worker": "no"}, seen="")

    assert field in [problem.field for problem in caught.value.problems]


def test_a_question_that_is_not_for_a_person_takes_no_answer(house: House):
    record_id = make_test(house.owner, make_patient(house.owner, sex="M", nir=""))

    with pytest.raises(InvalidError):
        answer_questions(by=house.owner, record_id=record_id, answers={"pregnancy": "pregnant"}, seen="")


def decided(outcome: str, answers=STREP):
    return decision_after(kind("strep-a-ag"), WOMAN, answers, date(2026, 11, 29), outcomes={"strep-a": outcome})


def test_a_report_tells_what_was_done_and_what_was_delivered():
    told = conduct_of(decided("positive"), "amoxicilline", 36)

    assert told is not None
    assert (told.outcome, told.medicine) == ("antibiotic", "Amoxicilline")
    assert "6 jours" in told.dose
    assert conduct_of(decided("positive"), "", 36).medicine == ""


@pytest.mark.parametrize(
    ("outcome", "medicine"), [("negative", "amoxicilline"), ("positive", "fosfomycine"), ("positive", "unknown")]
)
def test_a_medicine_that_the_result_does_not_allow_is_refused(outcome, medicine):
    with pytest.raises(InvalidError):
        conduct_of(decided(outcome), medicine, 36)


def test_where_questions_are_left_nothing_was_decided():
    assert conduct_of(decided("positive", answers={}), "", 36) is None
    with pytest.raises(InvalidError):
        conduct_of(decided("positive", answers={}), "amoxicilline", 36)


def test_answers_are_told_in_the_order_in_which_they_are_asked():
    told = told_answers({"cough": "no", "pregnancy": "not-pregnant"}, kind("strep-a-ag"))

    assert [one.question for one in told] == ["pregnancy", "cough"]
