"""The staff site under test: its keys, its people, and a browser before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import launched, profile
from django.test import Client
from people import House, open_house, sign_in
from playwright.sync_api import Browser, Page, sync_playwright


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    """Two pharmacies and their people."""
    return open_house()


@pytest.fixture
def owner(house: House) -> Client:
    """The pharmacist at work."""
    return sign_in(Client(), house.owner)


@pytest.fixture
def colleague(house: House) -> Client:
    """The technician at work."""
    return sign_in(Client(), house.colleague)


@pytest.fixture
def stranger(house: House) -> Client:
    """The pharmacist of the other pharmacy, at work there."""
    return sign_in(Client(), house.stranger)


# By module: while one lives, its event loop runs in this thread, where the ORM and other loops then refuse to work.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's chromium."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh profile at the counter's screen; the test fails on a script's error or a breach of the content policy."""
    context = profile(chromium, viewport={"width": 1280, "height": 900}, locale="fr-FR", timezone_id="Europe/Paris")
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    page.troubles = troubles  # type: ignore[attr-defined]
    yield page
    context.close()
    # A refused form answers 400, which the browser reports as an error of the network.
    assert [line for line in troubles if "status of 4" not in line] == []
