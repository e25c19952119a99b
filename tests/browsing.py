"""The browser of the tests: Debian's chromium without the window around its pages, which takes half the time."""

from __future__ import annotations

from typing import Any

from patience import PATIENCE
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect
from programs import need

expect.set_options(timeout=PATIENCE * 1000)


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=need("chromium-headless-shell", "/usr/bin/chromium-headless-shell"),
        args=["--no-sandbox", "--disable-background-networking"],
    )


def profile(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh profile, whose pages wait with the patience of all."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    return context


def all_of(page: Page, selector: str) -> list[Locator]:
    """All that a page shows of something: of one that is still coming, it would be the beginning."""
    page.wait_for_load_state()
    return page.locator(selector).all()
