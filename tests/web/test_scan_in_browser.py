"""A scanner at the lots page types like a keyboard and presses Enter; no script is needed, and none is in its way."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import open_house, sign_in
from playwright.sync_api import Browser, Page, expect

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CODE = "]d20105012345678900172909301012AB"


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def lots(request: pytest.FixtureRequest, live_server, chromium: Browser) -> Iterator[Page]:
    """The pharmacist's lots page."""
    client = sign_in(Client(), open_house().owner)
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    context = chromium.new_context(locale="fr-FR", java_script_enabled=request.param)
    context.add_cookies([{**session, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(8000)
    page.goto(live_server.url + reverse("lots"))
    yield page
    context.close()


def scan(page: Page, code: str) -> None:
    """Type as a scanner does, once the page has brought the focus to the field, which it does by itself."""
    expect(page.get_by_label("Code IUD")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_boxes_are_received_by_scanning_one_after_the_other(lots: Page):
    scan(lots, CODE)
    expect(lots.get_by_role("alert")).to_contain_text("Ce dispositif est nouveau ici")
    expect(lots.get_by_label("N° de lot")).to_have_value("12AB")
    lots.get_by_label("Dispositif").select_option("abbott-panbio-covid19")
    lots.get_by_role("button", name="Ajouter au stock").click()
    expect(lots.get_by_role("rowheader", name="12AB")).to_be_visible()

    scan(lots, CODE + "2")

    expect(lots.get_by_role("rowheader", name="12AB2")).to_be_visible()
