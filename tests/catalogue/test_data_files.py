"""The catalogue's data: complete, consistent, and the codes of the French reports and of the value set."""

from __future__ import annotations

import pytest

from temoin.catalogue.kinds import Kind, counter_kinds, kind, load_kinds, load_loincs
from temoin.catalogue.kits import (
    Kit,
    allowed_loincs,
    find_kit,
    is_gtin,
    kit,
    kits,
    kits_for,
    knows_device,
    load_kits,
)
from temoin.catalogue.outcomes import find_specimen, load_outcomes, load_specimens, outcome, specimen

LANGUAGES = ("fr", "en")


@pytest.mark.parametrize("one", load_kinds().values(), ids=lambda one: one.code)
def test_every_kind_is_complete(one: Kind):
    assert all(one.label(lang) for lang in LANGUAGES)
    assert one.chapter.loinc in {"18725-2", "18719-5"}
    assert all(one.chapter.label(lang) for lang in LANGUAGES)
    assert one.specimens
    assert one.signers == ("pharmacist", "biologist")
    for target in one.targets:
        assert all(target.label(lang) for lang in LANGUAGES)
        assert target.icd10
        assert target.display_of(target.loinc) == target.loinc_display
        read = {outcome.code for outcome in target.outcomes}
        assert {"negative", "unsatisfactory"} <= read if target.measure is None else not read
    for rule in one.rules:
        assert all(rule.label(lang) for lang in LANGUAGES)


@pytest.mark.parametrize("one", kits(), ids=lambda one: one.code)
def test_every_kit_is_complete_and_findable_by_each_of_its_names(one: Kit):
    assert one.manufacturer
    assert all(one.label(lang) for lang in LANGUAGES)
    for loinc, reported in one.reports.items():
        for name in (one.name, *one.known_as, f"  {one.name.upper()}*"):
            match = find_kit(name, loinc)
            assert match is not None
            assert match.kit == one
            assert match.kind.code == reported
            assert match.loinc.code == loinc
            assert match.target == match.kind.targets[0]


@pytest.mark.parametrize("one", counter_kinds(), ids=lambda one: one.code)
def test_every_kind_of_the_counter_has_a_kit_that_can_be_used_at_once(one: Kind):
    assert [kit for kit in kits_for(one.code) if kit.window_is_known and kit.specimens]


def test_forty_kits_and_more_are_for_the_kinds_on_offer():
    assert len([kit for known in counter_kinds() for kit in kits_for(known.code)]) >= 40


@pytest.mark.parametrize("one", kits(), ids=lambda one: one.code)
def test_no_identifier_stands_without_its_source(one: Kit):
    """The number of a device is in no source that we have: none is written until a box was scanned."""
    assert not one.gtin
    assert not one.reference or one.reference in one.source.en or "SimpleReport" in one.source.en


def test_every_outcome_and_specimen_has_words_in_both_languages():
    for one in (*load_outcomes().values(), *load_specimens().values()):
        assert all(one.label(lang) for lang in LANGUAGES)


def test_no_loinc_code_is_listed_for_nothing():
    used = {loinc.code for one in load_kinds().values() for target in one.targets for loinc in target.loincs}

    assert used == set(load_loincs())


@pytest.mark.parametrize(
    ("code", "snomed", "french"),
    [
        ("positive", "10828004", "positif"),
        ("negative", "260385009", "négatif"),
        ("indeterminate", "373068000", "indéterminé(e)"),
        ("unsatisfactory", "125154007", "échantillon insatisfaisant pour l’évaluation"),
        ("trace", "260405006", "trace"),
        ("plus-1", "441614007", "+ sur +++"),
        ("plus-2", "441517005", "++ sur +++"),
        ("plus-3", "441521003", "+++ sur +++"),
    ],
)
def test_outcomes_carry_the_codes_of_the_french_value_sets(code: str, snomed: str, french: str):
    assert (outcome(code).snomed, outcome(code).label("fr")) == (snomed, french)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("covid19-ag", [("sars-cov-2", "94558-4", "U07.1")]),
        ("flu-ag", [("influenza-a", "80382-5", "J09"), ("influenza-b", "80383-3", "J10")]),
        (
            "covid19-flu-ag",
            [
                ("sars-cov-2", "94558-4", "U07.1"),
                ("influenza-a", "80382-5", "J09"),
                ("influenza-b", "80383-3", "J10"),
            ],
        ),
        ("strep-a-ag", [("strep-a", "78012-2", "J02.0")]),
        ("cystitis-strip", [("leucocytes", "5799-2", "N30"), ("nitrites", "5802-4", "N30")]),
    ],
)
def test_kinds_carry_the_codes_of_the_bio_trod_examples(code: str, expected: list[tuple[str, str, str]]):
    assert [(one.code, one.loinc, one.icd10) for one in kind(code).targets] == expected


def test_the_four_line_combined_kit_reads_rsv_too():
    assert [one.code for one in kind("covid19-flu-rsv-ag").targets] == [
        "sars-cov-2",
        "influenza-a",
        "influenza-b",
        "rsv",
    ]


def test_a_urine_strip_is_read_in_grades_that_fold_into_positive_or_not():
    leucocytes, nitrites = kind("cystitis-strip").targets

    assert [one.code for one in leucocytes.outcomes] == [
        "negative",
        "plus-1",
        "plus-2",
        "plus-3",
        "unsatisfactory",
    ]
    assert nitrites.allows("trace")
    assert not nitrites.allows("plus-1")
    assert outcome("plus-1").means == "positive"


@pytest.mark.parametrize(
    ("code", "age", "sex", "expected"),
    [
        ("strep-a-ag", 12, "M", []),
        ("strep-a-ag", 10, "F", []),
        ("strep-a-ag", 9, "F", [(10, None, "")]),
        ("strep-a-ag", 2, "F", [(10, None, ""), (3, None, "")]),
        ("cystitis-strip", 16, "F", []),
        ("cystitis-strip", 65, "F", []),
        ("cystitis-strip", 66, "F", [(16, 65, "")]),
        ("cystitis-strip", 15, "M", [(16, 65, ""), (None, None, "F")]),
        ("cystitis-strip", 30, "U", []),
        ("covid19-ag", 1, "M", []),
    ],
)
def test_a_person_outside_the_rules_is_a_warning(code: str, age: int, sex: str, expected: list[tuple[object, ...]]):
    warnings = kind(code).warnings(age=age, sex=sex)

    assert [(rule.min_age, rule.max_age, rule.sex) for rule in warnings] == expected


def test_a_kit_that_is_not_ours_says_its_code_and_no_more():
    lost = kit("nobody-knows")

    assert (lost.is_known, lost.label("fr"), lost.specimens, lost.window_is_known) == (False, "nobody-knows", (), False)
    assert all(one.is_known for one in load_kits().kits.values())


def test_what_is_not_ours_is_a_key_error():
    for look_up in (kind, outcome, specimen, kind("covid19-ag").target):
        with pytest.raises(KeyError):
            look_up("unheard-of")


@pytest.mark.parametrize(
    ("name", "loinc", "kind_code"),
    [
        ("ID NOW", "94534-5", "covid19-naat"),
        ("BD Veritor System for Rapid Detection of SARS-CoV-2*", "94558-4", "covid19-ag"),
        ("BD Veritor System for Rapid Detection of SARS-CoV-2 & Flu A+B*", "97097-0", "covid19-ag"),
        ("RightSign COVID-19 IgG/IgM Rapid Test Cassette*", "94507-1", "covid19-igg"),
        ("RightSign COVID-19 IgG/IgM Rapid Test Cassette*", "94508-9", "covid19-igm"),
    ],
)
def test_devices_are_known_under_the_names_that_files_use(name: str, loinc: str, kind_code: str):
    match = find_kit(name, loinc)

    assert match is not None
    assert match.kit is not None
    assert match.kind.code == kind_code


def test_an_unlisted_device_is_taken_for_a_loinc_of_the_allow_list_only():
    taken = find_kit("model3", "5229-0")

    assert taken is not None
    assert taken.kit is None
    assert (taken.device_name, taken.manufacturer.text("fr"), taken.reference) == (
        "model3",
        "non précisé",
        "",
    )
    assert find_kit("model3", "94534-5") is None
    assert find_kit("ID NOW", "94558-4") is None
    assert "5229-0" in allowed_loincs()
    assert knows_device("id now")
    assert not knows_device("model3")


def test_specimens_are_known_by_name_in_any_case_and_by_code():
    assert find_specimen("ANTERIOR NARES SWAB") == specimen("anterior-nares-swab")
    assert find_specimen("258500001") == specimen("nasopharyngeal-swab")
    assert find_specimen("1") is None


def test_a_urine_strip_is_read_between_one_and_two_minutes():
    strip = kits_for("cystitis-strip")[0]

    assert (strip.read_after_minutes, strip.read_before_minutes) == (1, 2)


def test_the_data_files_are_read_once():
    assert load_kits() is load_kits()
    assert load_kinds() is load_kinds()


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("03612345678904", True),
        ("03612345678903", False),
        ("0361234567890", False),
        ("٠3612345678900", False),
    ],
)
def test_a_gtin_is_checked_by_its_last_digit(code: str, right: bool):
    assert is_gtin(code) is right
