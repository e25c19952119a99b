"""The logigrams of an act: each combination has one row, more answers never change a decision, and the known cases."""

from __future__ import annotations

import copy
import tomllib
from importlib import resources
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from temoin.catalogue.kinds import kind
from temoin.catalogue.logigram_inputs import Facts, ScoreInput
from temoin.catalogue.logigrams import AFTER, BEFORE, Logigram, build_logigrams, load_logigrams
from temoin.catalogue.outcomes import NEGATIVE, NONE, POSITIVE
from temoin.lib.data_file import DataFileError, Entry

BOOK = load_logigrams()
KINDS = sorted({table.kind for table in BOOK.tables.values()})
FILE = tomllib.loads(resources.files("temoin.catalogue").joinpath("data/logigrams.toml").read_text("utf-8"))
SORE_THROAT = {"throat-emergency": "no", "throat-exclusion": "no", "prescription": "no"}
UNWELL = {"fever-38": "yes", "cough": "no", "neck-nodes": "yes", "tonsils": "yes"}
WELL = {"fever-38": "no", "cough": "yes", "neck-nodes": "no", "tonsils": "no"}
CYSTITIS = {
    **dict.fromkeys(("cystitis-emergency", "cystitis-repeat", "cystitis-exclusion", "prescription"), "no"),
    "pregnancy": "not-pregnant",
}
MEANS = [(), (POSITIVE,), (NEGATIVE,), (NONE,), (POSITIVE, NONE), (NEGATIVE, NEGATIVE), (NEGATIVE, NONE)]


def answers(code: str) -> st.SearchStrategy[dict[str, str]]:
    asked = [question for question in kind(code).questions if question.answers]
    return st.fixed_dictionaries(
        {}, optional={one.code: st.sampled_from([each.code for each in one.answers]) for one in asked}
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, Facts]:
    code = draw(st.sampled_from(KINDS))
    age, sex = draw(st.integers(0, 110)), draw(st.sampled_from("FMU"))
    return code, Facts(age=age, sex=sex, answers=draw(answers(code)), means=draw(st.sampled_from(MEANS)))


def all_answered(code: str, facts: Facts) -> Facts:
    """The same with an answer to each question of the kind, a first one where there was none."""
    first = {one.code: one.answers[0].code for one in kind(code).questions if one.answers}
    return Facts(age=facts.age, sex=facts.sex, answers={**first, **facts.answers}, means=facts.means or (POSITIVE,))


@pytest.mark.parametrize("table", BOOK.tables.values(), ids=lambda table: table.code)
def test_each_combination_of_a_table_has_one_row(table: Logigram):
    for values in table.combinations():
        assert len([row for row in table.rows if row.takes(values)]) == 1, values


def test_each_kind_with_a_table_has_one_for_before_and_one_for_after():
    assert sorted((table.kind, table.step) for table in BOOK.tables.values()) == sorted(product(KINDS, (BEFORE, AFTER)))


@examples(300)
@given(cases())
def test_whoever_answered_everything_has_one_decision(case):
    code, facts = case
    whole = all_answered(code, facts)

    assert BOOK.decide_before(code, whole).row is not None
    assert BOOK.decide_after(code, whole).row is not None


@examples(300)
@given(cases(), st.data())
def test_what_is_decided_stays_decided_whatever_else_is_answered(case, data):
    code, facts = case
    more = {**data.draw(answers(code)), **facts.answers}
    told = Facts(age=facts.age, sex=facts.sex, answers=more, means=facts.means)
    for decide in (BOOK.decide_before, BOOK.decide_after):
        first, then = decide(code, facts), decide(code, told)
        assert first.row is None or first.row == then.row
        assert then.outcomes <= first.outcomes


@examples(300)
@given(cases())
def test_what_is_not_decided_names_a_question_that_has_no_answer(case):
    code, facts = case
    for found in (BOOK.decide_before(code, facts), BOOK.decide_after(code, facts) if facts.means else None):
        if found is not None and found.row is None:
            assert found.missing
            assert not set(found.missing) & set(facts.answers)


@pytest.mark.parametrize(
    ("age", "sex", "changed", "outcome"),
    [
        (2, "M", {}, "refer"),
        (5, "M", {}, "refer"),
        (5, "M", {"prescription": "yes"}, "test"),
        (10, "M", WELL, "test"),
        (15, "M", WELL, "no-test"),
        (15, "M", UNWELL, "test"),
        (15, "M", {**UNWELL, "throat-emergency": "yes"}, "refer"),
        (30, "F", {**UNWELL, "pregnancy": "pregnant"}, "refer"),
        (30, "F", {**UNWELL, "pregnancy": "unknown"}, "refer"),
        (30, "F", {**UNWELL, "pregnancy": "not-pregnant"}, "test"),
        (44, "M", {**WELL, "cough": "no", "fever-38": "yes"}, "test"),
        (45, "M", {**WELL, "cough": "no", "fever-38": "yes"}, "no-test"),
    ],
)
def test_a_sore_throat_before_the_test(age, sex, changed, outcome):
    found = BOOK.decide_before("strep-a-ag", Facts(age=age, sex=sex, answers=SORE_THROAT | changed))

    assert found.row is not None
    assert found.row.outcome.code == outcome


@pytest.mark.parametrize(
    ("age", "sex", "changed", "outcome"),
    [
        (15, "F", {}, "refer"),
        (16, "F", {}, "test"),
        (65, "F", {}, "test"),
        (66, "F", {}, "refer"),
        (30, "M", {}, "refer"),
        (30, "U", {}, "refer"),
        (30, "F", {"cystitis-emergency": "yes"}, "refer-urgently"),
        (30, "F", {"cystitis-repeat": "yes"}, "refer"),
        (30, "F", {"pregnancy": "unknown"}, "refer"),
    ],
)
def test_a_cystitis_before_the_test(age, sex, changed, outcome):
    found = BOOK.decide_before("cystitis-strip", Facts(age=age, sex=sex, answers=CYSTITIS | changed))

    assert found.row is not None
    assert found.row.outcome.code == outcome


@pytest.mark.parametrize(
    ("changed", "means", "outcome"),
    [
        ({}, (POSITIVE, NEGATIVE), "antibiotic"),
        ({}, (NEGATIVE, NEGATIVE), "no-antibiotic"),
        ({}, (NEGATIVE, NONE), "test-again"),
        ({"prescription": "yes"}, (NEGATIVE, POSITIVE), "prescribed"),
        ({"cystitis-repeat": "yes"}, (POSITIVE, POSITIVE), "refer"),
        ({"cystitis-emergency": "yes"}, (NEGATIVE, NEGATIVE), "refer-urgently"),
    ],
)
def test_a_cystitis_after_the_test(changed, means, outcome):
    facts = Facts(age=30, sex="F", answers=CYSTITIS | changed, means=means)

    assert BOOK.decide_after("cystitis-strip", facts).row.outcome.code == outcome


def test_an_antibiotic_for_adults_alone_is_not_offered_to_a_child():
    row = next(row for row in BOOK.tables["strep-after"].rows if row.medicines)

    assert "cefuroxime-axetil" in {one.code for one in row.medicines if one.suits(18)}
    assert "cefuroxime-axetil" not in {one.code for one in row.medicines if one.suits(17)}
    assert all(any(one.suits(age) for one in row.medicines) for age in range(3, 110))


@pytest.mark.parametrize(
    ("age", "given_answers", "score"),
    [(14, UNWELL, 5), (15, UNWELL, 4), (44, UNWELL, 4), (45, UNWELL, 3), (15, WELL, 0), (45, WELL, -1), (3, WELL, 1)],
)
def test_the_score_of_mac_isaac(age, given_answers, score):
    summed = BOOK.tables["strep-before"].inputs["score"]
    assert isinstance(summed, ScoreInput)

    assert summed.bounds(Facts(age=age, sex="F", answers=given_answers)) == (score, score)


def built(change: Any) -> None:
    values = copy.deepcopy(FILE)
    change(values["tables"]["strep-before"])
    build_logigrams(Entry("logigrams.toml", "file", values))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda table: table["rows"].pop(), "has no row for"),
        (lambda table: table["rows"].append(copy.deepcopy(table["rows"][0])), "has rows"),
        (lambda table: table["inputs"]["age"].update(ages=[10, 3]), "lowest to the highest"),
        (lambda table: table["inputs"]["age"].update(sex=True), "must have one of"),
        (lambda table: table["inputs"]["emergency"]["any"].update(cough=["maybe"]), "not in the catalogue"),
        (lambda table: table["inputs"]["emergency"]["any"].update(contact=["yes"]), "does not ask|is not a question"),
        (lambda table: table["inputs"]["age"].update(ages=[]), "list of ages"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(change, says):
    with pytest.raises(DataFileError, match=says):
        built(change)


def test_an_input_that_is_there_must_be_true():
    values = copy.deepcopy(FILE)
    values["tables"]["cystitis-before"]["inputs"]["sex"]["sex"] = False

    with pytest.raises(DataFileError, match="must be true"):
        build_logigrams(Entry("logigrams.toml", "file", values))


def test_a_kind_without_a_table_has_no_decision():
    facts = Facts(age=30, sex="F")

    assert BOOK.decide_before("covid19-ag", facts) is None
    assert BOOK.decide_after("covid19-ag", facts) is None
