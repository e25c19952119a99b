"""A scanner types like a keyboard and presses Enter: the form is filled and nothing sent, with script or without."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from browsing import profile
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import open_house, sign_in
from playwright.sync_api import Browser, Page, expect

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CODE = "]d20105012345678900172909301012AB"
CARD = ("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6")


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, live_server, chromium: Browser) -> Iterator[Page]:
    """A page of the pharmacist at work."""
    client = sign_in(Client(), open_house().owner)
    session = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    context = profile(
        chromium,
        locale="fr-FR",
        java_script_enabled=request.param,
        base_url=live_server.url,
        viewport={"width": 1280, "height": 900},
    )
    context.add_cookies([{**session, "url": live_server.url}])
    page = context.new_page()
    yield page
    context.close()


def scan(page: Page, *lines: str) -> None:
    """Type as a scanner does, once the page has brought the focus to the field, which it does by itself."""
    expect(page.locator("#field-scan")).to_be_focused()
    for line in lines:
        page.keyboard.type(line)
        page.keyboard.press("Enter")


def test_boxes_are_received_by_scanning_one_after_the_other(page: Page):
    page.goto(reverse("lots"))
    scan(page, CODE)
    expect(page.get_by_role("alert")).to_contain_text("Ce dispositif est nouveau ici")
    expect(page.get_by_label("N° de lot")).to_have_value("12AB")
    page.get_by_label("Dispositif").select_option("abbott-panbio-covid19")
    page.get_by_role("button", name="Ajouter au stock").click()
    expect(page.get_by_role("rowheader", name="12AB")).to_be_visible()

    scan(page, CODE + "2")
    expect(page.get_by_label("N° de lot")).to_have_value("12AB2")
    expect(page.get_by_role("rowheader", name="12AB2")).to_have_count(0)
    page.get_by_role("button", name="Ajouter au stock").press("Enter")

    expect(page.get_by_role("rowheader", name="12AB2")).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True)
def test_a_card_scanned_where_the_patient_is_looked_for_fills_the_form_of_a_new_one(page: Page):
    page.goto(reverse("find_patient"))
    scan(page, *CARD)  # each line with an Enter: the field waits for the second
    expect(page.get_by_role("heading", name="0 patient")).to_be_visible()
    expect(page.get_by_role("button", name="Créer un nouveau patient")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("textbox", name="Nom de naissance")).to_have_value("BERTHIER")
    expect(page.get_by_role("textbox", name="Date de naissance")).to_have_value("06/12/1965")
    page.wait_for_load_state()
    page.get_by_role("textbox", name="Nom de naissance").press("Enter")  # a scan into another field would press it
    expect(page.get_by_role("textbox", name="Prénom(s) de naissance")).to_be_focused()
    assert "BERTHIER" not in page.url
