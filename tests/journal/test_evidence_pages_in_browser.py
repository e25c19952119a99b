"""The pack's pages as files on a supervisor's machine: read and printed, in both languages."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import launched, profile
from playwright.sync_api import Browser, sync_playwright
from pydantic import BaseModel

from temoin.evidence.facts import CountTold, EvidencePack, RequirementTold, told_count
from temoin.evidence.page_words import CODES, FAILINGS, FIELDS, WORDS
from temoin.evidence.pages import NAMES, page_files
from temoin.evidence.requirements import judged

ODD = '<b>"Officine" & Cie</b>'
PLAIN = {bool: True, int: 7, str: ODD, date: date(2026, 11, 30), datetime: datetime(2026, 11, 30, 8, tzinfo=UTC)}


def filled(kind: Any) -> Any:
    """Return a value of a type in which nothing is empty."""
    if get_origin(kind) is list:
        return [filled(get_args(kind)[0])] * 2
    if get_origin(kind) is dict:
        return {"one": filled(get_args(kind)[1])}
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) in {Union, types.UnionType}:
        return filled(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind(**{name: filled(field.annotation) for name, field in kind.model_fields.items()})
    return PLAIN[kind]


@pytest.fixture(scope="module")
def pack() -> EvidencePack:
    failings = list(FAILINGS)
    rows = [
        RequirementTold(code=code, failing=failings[n % 5], is_so=n % 2 == 0, measured={"/a/b": ODD})
        for n, code in enumerate(CODES)
    ]
    return filled(EvidencePack).model_copy(update={"requirements": rows})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.mark.parametrize("lang", NAMES)
def test_a_page_is_read_and_printed_without_a_server(pack: EvidencePack, browser: Browser, tmp_path: Path, lang: str):
    for name, content in page_files(pack).items():
        (tmp_path / name).write_bytes(content)
    page = profile(browser, viewport={"width": 320, "height": 640}).new_page()

    page.goto((tmp_path / NAMES[lang]).as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse") == "collapse"  # styled
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator("script, [style], b").count() == 0
    assert page.get_by_text(ODD).count() > 10
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.wide')).overflowX") == "visible"
    page.emulate_media(media="screen")
    found = Axe().run(page).response["violations"]
    assert {each["id"]: [node["html"][:120] for node in each["nodes"][:3]] for each in found} == {}
    page.close()


def test_everything_that_must_be_so_and_every_field_has_its_words(pack: EvidencePack):
    of_a_site = pack.site.model_copy(update={"demonstration": False})
    codes = {one.code for one in judged(pack.model_copy(update={"site": of_a_site}))}

    assert codes == set(CODES)
    for label in (*WORDS.values(), *FIELDS.values(), *CODES.values(), *FAILINGS.values()):
        assert label.en


@pytest.mark.parametrize(
    ("count", "pharmacies", "complete", "told"),
    [
        (0, 0, True, (0, 0)),
        (1, 1, True, (1, 9)),
        (9, 9, True, (1, 9)),
        (10, 3, True, (10, 10)),
        (10, 2, True, (10, 99)),
        (4321, 40, True, (4321, 4321)),
        (4321, 40, False, (1000, 9999)),
    ],
)
def test_a_count_that_could_tell_of_somebody_has_bounds(count: int, pharmacies: int, complete: bool, told: tuple):
    assert told_count(count, pharmacies, complete=complete) == CountTold(least=told[0], most=told[1])
