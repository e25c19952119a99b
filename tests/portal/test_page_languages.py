"""The patient's page on a phone in each language: axe finds nothing, nothing scrolls sideways, no other is seen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import all_of
from letters import sealed_bytes, sealed_under
from playwright.sync_api import Page, expect

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.catalogue.patient_languages import kind_in_each, outcome_in_each, patient_languages, target_in_each
from temoin.crypto.letter import draw_link, draw_salt, link_fragment
from temoin.lib.label import PATIENT_LANGUAGES

CODE, WRONG = "7K2QF-XM04CP", "7K2QF-XM04DM"
SHOTS = Path(__file__).parents[2] / "artefacts" / "portal"
PHONE = {"width": 320, "height": 640}
KIND = load_kinds()["covid19-flu-rsv-ag"]  # with the longest names


@pytest.fixture
def link(site) -> str:
    """A corrected result, positive, in every language, with words of the pharmacy in French."""
    findings = [
        {
            "target": target_in_each(target),
            "outcome": code,
            "means": load_outcomes()[code].means,
            "label": outcome_in_each(load_outcomes()[code]),
        }
        for target, code in zip(KIND.targets, ("positive", "negative", "indeterminate", "unsatisfactory"), strict=True)
    ]
    found = target_in_each(KIND.targets[0])
    headline = {code: one.headline["positive"].format(found=found[code]) for code, one in patient_languages().items()}
    changes = {"kind": kind_in_each(KIND), "findings": findings, "headline": headline, "before": [findings[1]]}
    told = {"status": "corrected", "version": 2, "reason": "Lecture inversée", "comment": "Second prélèvement."}
    made = draw_link(draw_salt())
    sealed = sealed_under(made, CODE, sealed_bytes(**changes, **told))
    site.post(sealed, state="open", lasting=timedelta(days=7))
    return f"{site.url}/#{link_fragment(made)}"


def is_sound(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page).response["violations"]
    assert {each["id"]: [node["html"][:120] for node in each["nodes"][:3]] for each in found} == {}


@pytest.mark.parametrize("language", PATIENT_LANGUAGES)
def test_a_letter_is_read_on_a_phone_in_each_language(page, link, language):
    said = patient_languages()[language]
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size(PHONE)
    page.goto(link)
    page.locator("#language").select_option(language)
    expect(page.locator("html")).to_have_attribute("dir", said.direction)
    expect(page).to_have_title(said.page["title"])

    page.locator("#code").fill(WRONG)
    page.locator("#open").click()
    expect(page.locator("#status")).to_contain_text(said.page["wrong"].split("*")[1], use_inner_text=True)
    is_sound(page)
    page.locator("#code").fill(CODE)
    page.locator("#open").click()
    headline = said.headline["positive"].format(found=target_in_each(KIND.targets[0])[language])
    expect(page.locator("#result-title")).to_have_text(headline, use_inner_text=True)
    is_sound(page)
    page.screenshot(path=SHOTS / f"letter-{language}.png", full_page=True)

    seen = all_of(page, "#letter span[lang]:visible")
    assert {span.get_attribute("lang") for span in seen} == {language}
    assert said.page["limits"] in page.locator("#letter").inner_text()


def test_what_the_catalogue_has_no_words_for_is_shown_in_french_and_english(page, site):
    made = draw_link(draw_salt())
    site.post(sealed_under(made, CODE, sealed_bytes(lang="ar")), state="open", lasting=timedelta(days=7))
    page.goto(f"{site.url}/#{link_fragment(made)}")
    page.locator("#code").fill(CODE)
    page.locator("#open").click()

    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.locator("#findings")).to_contain_text("Négatif / Negative", use_inner_text=True)
    assert page.locator("#findings .headline span[lang]:visible").first.get_attribute("dir") == "ltr"
