"""What patients are told to do: one entry for each finding at each age, in both languages, with its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from strategies import covid_positive

from temoin.catalogue.advice import GENERAL, OLDEST, FoundMeaning, build_advice, load_advice
from temoin.catalogue.kinds import counter_kinds
from temoin.catalogue.outcomes import MEASURED, NEGATIVE, NONE, POSITIVE, load_outcomes
from temoin.delivery.content import advice_of, letter_content
from temoin.lib.data_file import DataFileError, Entry

AGES = (0, 1, 2, 17, 64, 65, 90, OLDEST - 1)
COUNTER = counter_kinds()
TARGETS = {target.code: target for kind in COUNTER for target in kind.targets}
FOUND = sorted(
    FoundMeaning(code, *found)
    for code, target in TARGETS.items()
    for found in (
        [(MEASURED, one.code) for one in target.measure.ranges]
        if target.measure
        else [(means,) for means in (POSITIVE, NEGATIVE, NONE)]
    )
)


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("found", FOUND)
def test_each_finding_of_the_counter_has_one_entry_at_each_age(found, age):
    suited = [one.key for one in load_advice().entries.values() if one.suits(found, age)]

    assert len(suited) == 1


def test_what_nobody_names_has_the_general_entry():
    assert [one.key for one in load_advice().about([FoundMeaning("sars-cov-2-igg", POSITIVE)], 30)] == [GENERAL]


@pytest.mark.parametrize(
    ("findings", "keys"),
    [
        ([("sars-cov-2", POSITIVE), ("influenza-a", NEGATIVE), ("rsv", NONE)], ["covid-positive"]),
        ([("sars-cov-2", NEGATIVE), ("influenza-a", NONE)], ["unclear"]),
        ([("leucocytes", POSITIVE), ("nitrites", NONE)], ["cystitis-positive"]),
        ([("leucocytes", NEGATIVE), ("nitrites", NONE)], ["strip-unclear"]),
        ([("sars-cov-2", POSITIVE), ("influenza-a", POSITIVE)], ["covid-positive", "flu-positive"]),
        ([("glucose", MEASURED, "low")], ["glucose-low"]),
        ([("glucose", MEASURED, "")], [GENERAL]),
    ],
)
def test_advice_of_several_findings_does_not_contradict_itself(findings, keys):
    assert [one.key for one in load_advice().about([FoundMeaning(*one) for one in findings], 30)] == keys


@pytest.mark.parametrize("means", [POSITIVE, NEGATIVE])
@pytest.mark.parametrize("target", ["sars-cov-2", "influenza-a", "influenza-b"])
def test_the_fever_of_a_baby_is_never_waited_for(target, means):
    (advice,) = load_advice().about([FoundMeaning(target, means)], 0)

    assert "Avant trois mois, toute fièvre se montre à un médecin sans attendre" in advice.today.fr


def test_the_same_advice_is_given_once():
    findings = [FoundMeaning(target, NEGATIVE) for target in ("sars-cov-2", "influenza-a", "rsv")]

    assert [one.key for one in load_advice().about(findings, 30)] == ["respiratory-negative"]


@pytest.mark.parametrize(
    ("born", "key"), [(date(1961, 1, 15), "covid-positive-from-65"), (date(1961, 1, 16), "covid-positive")]
)
def test_the_age_is_that_of_the_day_of_the_sample(born, key):
    report = covid_positive()
    sampled_at = report.sampled_at.replace(year=2026, month=1, day=15)
    report = replace(report, sampled_at=sampled_at, patient=replace(report.patient, birth_date=born))

    assert [one.key for one in advice_of(report)] == [key]


@pytest.mark.parametrize(
    ("outcome", "headline"),
    [
        ("positive", "Votre test est positif\u00a0: COVID-19 (SARS-CoV-2)"),
        ("negative", "Votre test est négatif"),
        ("indeterminate", "Votre test ne permet pas de conclure"),
    ],
)
def test_the_headline_is_the_result(outcome, headline):
    report = covid_positive()
    report = replace(report, findings=(replace(report.findings[0], outcome=outcome),))

    assert letter_content(report)["headline"]["fr"] == headline


def test_every_outcome_means_something_that_advice_knows():
    assert {one.means for one in load_outcomes().values()} == {POSITIVE, NEGATIVE, NONE}


def test_advice_names_no_medicine_and_no_dose():
    words = " ".join(
        label.text(language).lower()
        for one in load_advice().entries.values()
        for label in (one.meaning, one.today, one.protect or one.meaning, one.again, one.urgent)
        for language in ("fr", "en")
    )

    for word in ("paracétamol", "ibuprof", "paxlovid", "amoxicill", "fosfomycin", " mg"):
        assert word not in words


def test_a_target_that_the_catalogue_lacks_is_refused():
    words = {"fr": "a", "en": "a"}
    entry = {
        "targets": ["plague"],
        "means": "positive",
        "source": "s",
        **dict.fromkeys(("meaning", "today", "again", "urgent"), words),
    }
    review = {"on": date(2026, 11, 29), "by": "nobody", "placeholder": True}

    with pytest.raises(DataFileError, match="plague"):
        build_advice(Entry("advice.toml", "file", {"review": review, "source": "s", "advice": {"x": entry}}))
