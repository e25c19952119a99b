"""The menu under a person's name, in the browser."""

from __future__ import annotations

from playwright.sync_api import Page


def open_person_menu(page: Page) -> None:
    page.locator("details.person > summary").click()
