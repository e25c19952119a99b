"""The data file of the CDA format: read strictly, and in agreement with the catalogue."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from cda_values import PROFESSIONS, RESULTS

from temoin.catalogue.kinds import counter_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.formats.cda.terms import build_terms, load_terms
from temoin.formats.reviewed import parse_reviewed
from temoin.lib.data_file import DataFileError
from temoin.pharmacies.professions import PROFESSION_CODE

RIGHT = """
review = { on = 2026-11-24, by = "nobody", placeholder = true }
source = "the guide"
[groups.viral]
loinc = "92893-7"
label = "Sérologie virale"
[diseases]
"U07.1" = "COVID-19"
[tests.94558-4]
target = "sars-cov-2"
label = "Ag"
group = "viral"
disease = "U07.1"
[results.10828004]
outcome = "positive"
label = "positif"
[results.441614007]
outcome = "plus-1"
label = "+ sur +++"
reported_as = "10828004"
"""


def test_each_test_of_the_counter_has_the_codes_of_the_catalogue() -> None:
    terms = load_terms()

    for kind in counter_kinds():
        for target in kind.targets:
            test = terms.tests[target.loinc]
            assert (test.target, test.disease.code) == (target.code, target.icd10), kind.code


def test_each_outcome_has_the_code_and_the_words_of_the_catalogue() -> None:
    outcomes = {one.snomed: (one.code, one.label("fr")) for one in load_outcomes().values()}

    text = resources.files("temoin.formats.cda").joinpath("data", "tests.toml").read_text("utf-8")
    written = tomllib.loads(text)["results"]

    assert {code: (one["outcome"], one["label"]) for code, one in written.items()} == outcomes
    assert {code: one.outcome for code, one in load_terms().results.items()} == {
        code: one["outcome"] for code, one in written.items()
    }


def test_a_grade_is_reported_as_what_the_catalogue_says_it_means() -> None:
    for outcome in load_outcomes().values():
        reported_as = load_terms().results[outcome.snomed].reported_as.code
        meant = {"positive": {"10828004"}, "negative": {"260385009"}, "none": {"373068000", "125154007"}}

        assert reported_as in meant[outcome.means], outcome.code


def test_each_value_that_is_reported_is_in_the_words_of_the_national_set() -> None:
    reported = {result.reported_as.code: result.reported_as.label for result in load_terms().results.values()}

    assert reported == RESULTS


@pytest.mark.parametrize(("code", "words"), [pair for pair in PROFESSION_CODE.values() if pair[0]])
def test_each_profession_is_in_the_words_of_the_national_set(code: str, words: str) -> None:
    assert PROFESSIONS[code] == words


def test_the_data_of_this_test_are_right() -> None:
    assert build_terms(*parse_reviewed("x.toml", RIGHT)).results["441614007"].reported_as.label == "positif"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('loinc = "92893-7"', 'loinc = "92893-8"'),
        ("[tests.94558-4]", "[tests.94558-5]"),
        ('group = "viral"', 'group = "other"'),
        ('disease = "U07.1"', 'disease = "J09"'),
        ('target = "sars-cov-2"', ""),
        ('outcome = "plus-1"', ""),
        ('reported_as = "10828004"', 'reported_as = "1"'),
        ('label = "Ag"', 'label = "Ag"\nother = "x"'),
        ("[diseases]", "[other]\n[diseases]"),
        ('label = "+ sur +++"', 'label = ""'),
    ],
)
def test_a_wrong_data_file_is_refused(right: str, wrong: str) -> None:
    assert right in RIGHT

    with pytest.raises(DataFileError, match=r"x\.toml"):
        build_terms(*parse_reviewed("x.toml", RIGHT.replace(right, wrong)))
