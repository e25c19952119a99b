"""What patients are told is whole in each language: nothing is missing, the same is filled in, and counts agree."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path

import pytest

import temoin.portal
from temoin.catalogue.advice import load_advice
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.catalogue.patient_languages import (
    advice_in_each,
    kind_in_each,
    outcome_in_each,
    patient_languages,
    target_in_each,
)
from temoin.lib.label import PATIENT_LANGUAGES
from temoin.portal.words import MEANINGS, MESSAGES

FRENCH = patient_languages()["fr"]
OTHERS = [language for language in PATIENT_LANGUAGES if language not in {"fr", "en"}]
PARTS = ("page", "headline", "message")
TARGETS = {target.code: target for kind in load_kinds().values() for target in kind.targets}
# Of a language in another script: names alone are in ours, and no word was left behind.
LATIN = re.compile("[A-Za-zÀ-ÿ]{2,}")
NAMES = {"QR", "COVID", "SARS", "CoV", "pyogenes", "RSV", "IgG", "IgM", "TROD", "JavaScript", "SMART", "Health", "Card"}
NOT_UKRAINIAN = re.compile("[ыэъёЫЭЪЁ]")


@pytest.mark.parametrize("language", PATIENT_LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_each_text_is_there_with_the_same_places_to_fill(language, part):
    said, base = (getattr(one, part) for one in (patient_languages()[language], FRENCH))

    assert said.keys() == base.keys()
    for name, text in base.items():
        assert sorted(re.findall(r"\{\w+\}", said[name])) == sorted(re.findall(r"\{\w+\}", text)), name
        assert said[name].count("*") == text.count("*"), name


def test_each_text_of_the_page_is_on_it_and_no_other():
    template = (Path(temoin.portal.__file__).parent / "templates/portal/page.html").read_text("utf-8")
    named = set(re.findall(r"\bw\.(\w+)|\bone\.page\.(\w+)", template))
    shown = {one or other for one, other in named} | {f"means_{meaning}" for meaning in MEANINGS} | MESSAGES.keys()
    advised = {f"advice_{part}" for part in ("meaning", "today", "protect", "again", "urgent")}

    assert shown | advised == FRENCH.page.keys()


@pytest.mark.parametrize("language", OTHERS)
def test_each_result_has_its_words(language):
    assert all(language in outcome_in_each(one) for one in load_outcomes().values())
    assert all(language in kind_in_each(one) for one in load_kinds().values())
    assert all(language in target_in_each(one) for one in TARGETS.values())


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_names_nothing_that_the_catalogue_has_not(language):
    said = patient_languages()[language]

    assert said.outcomes.keys() == load_outcomes().keys()
    assert said.kinds.keys() == load_kinds().keys()
    assert said.targets.keys() == TARGETS.keys()
    assert said.advice.keys() == load_advice().entries.keys()


@pytest.mark.parametrize("key", load_advice().entries)
def test_each_part_of_the_advice_has_each_language_and_its_numbers(key):
    for part, texts in advice_in_each(load_advice().entries[key]).items():
        assert tuple(texts) == PATIENT_LANGUAGES, part
        numbers = {language: Counter(re.findall("[0-9]+", text)) for language, text in texts.items()}
        assert all(found == numbers["fr"] for found in numbers.values()), (part, numbers)


def texts_of(language: str) -> list[str]:
    said = patient_languages()[language]
    parts = [getattr(said, part) for part in (*PARTS, "outcomes", "targets", "kinds")]
    advised = [text for one in said.advice.values() for text in astuple(one) if text]
    return [text for part in parts for text in part.values()] + advised


@pytest.mark.parametrize("language", ["ar", "uk"])
def test_no_word_of_another_script_was_left(language):
    for text in texts_of(language):
        words = LATIN.findall(re.sub(r"\{\w+\}", "", text))
        assert [word for word in words if word not in NAMES] == [], text


def test_ukrainian_has_no_letter_of_its_neighbour():
    assert [text for text in texts_of("uk") if NOT_UKRAINIAN.search(text)] == []


def test_no_message_has_a_word_of_health():
    health = re.compile(
        "covid|grip|test|résultat|result|santé|health|médic|salud|saúde|farm|pharm|prueba|teste|"
        "نتيجة|اختبار|صيدلية|طبيب|тест|результат|аптек|лікар",
        re.IGNORECASE,
    )
    said = [text for language in patient_languages().values() for text in language.message.values()]

    assert [text for text in said if health.search(text)] == []


def test_what_a_language_has_no_words_for_is_said_in_french_and_english():
    kind = load_kinds()["covid19-ag"]

    assert kind_in_each(replace(kind, code="new-kind")) == {"fr": kind.words.fr, "en": kind.words.en}


@pytest.mark.parametrize("language", PATIENT_LANGUAGES)
def test_nobody_is_said_to_have_reviewed_what_nobody_has(language):
    review = patient_languages()[language].review

    assert review.is_placeholder
    assert "yet" in review.by
