"""The authority's page as a file: read by eye, ear and keyboard, in both languages, also on a small screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import launched, profile
from playwright.sync_api import Browser, sync_playwright
from releases import ABOUT, published

from temoin.surveillance.pages import page_files
from temoin.surveillance.quality_page import NAMES, QUALITY_NAMES


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("authority")
    of_one = {"targets", "incidence", "positivity", "lots"}
    shown = [
        replace(one, figures=[row for row in one.figures if "sars-cov-2" in row or one.name not in of_one])
        for one in published()
        if one.name in {*of_one, "senders", "delays", "receipts"}
    ]
    for name, content in page_files(shown, ABOUT).items():
        (found / name).write_bytes(content)
    return found


@pytest.mark.parametrize(("names", "maps"), [(NAMES, 1), (QUALITY_NAMES, 0)], ids=["spreads", "quality"])
@pytest.mark.parametrize(("lang", "scheme"), [("fr", "light"), ("en", "dark")])
def test_a_page_has_no_fault_and_fits_a_small_screen(browser: Browser, folder: Path, names, maps, lang, scheme):
    page = profile(browser, viewport={"width": 320, "height": 640}, color_scheme=scheme).new_page()

    page.goto((folder / names[lang]).as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator(".map svg").count() == maps
    violations = Axe().run(page, context={"exclude": [["tbody tr:nth-child(n+4)"]]}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []


def test_a_square_of_the_map_is_reached_by_keyboard_and_leads_to_its_line_of_the_table(browser: Browser, folder: Path):
    page = profile(browser).new_page()
    page.goto((folder / NAMES["fr"]).as_uri())
    square = page.locator('.map a[href="#sars-cov-2-59"]')
    square.focus()

    page.keyboard.press("Enter")

    assert page.url.endswith("#sars-cov-2-59")
    line = page.locator("tr:target")
    assert line.locator("td").first.inner_text() == "Nord"
    rate = line.locator("td").nth(2).inner_text()
    assert square.get_attribute("aria-label") == f"59 Nord\u00a0: {rate}"


def test_the_map_can_be_passed_by(browser: Browser, folder: Path):
    page = profile(browser).new_page()
    page.goto((folder / NAMES["en"]).as_uri())

    page.get_by_role("link", name="Skip the map").first.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.className") == "wide"
