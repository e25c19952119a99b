"""The browser of the tests: Debian's chromium without the window around its pages, which takes half the time."""

from __future__ import annotations

from playwright.sync_api import Browser, Playwright
from programs import need


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=need("chromium-headless-shell", "/usr/bin/chromium-headless-shell"),
        args=["--no-sandbox", "--disable-background-networking"],
    )
