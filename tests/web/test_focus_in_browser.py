"""A person who is faster than the page's scripts keeps the field in which they have begun."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from people import PASSWORD, open_house, person_of, set_up_totp, sign_in
from playwright.sync_api import Page, Route, expect

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def open_before_its_scripts(page: Page, url: str) -> list[Route]:
    """The page, drawn while the network still holds its scripts back."""
    held: list[Route] = []
    page.route("**/*.js", lambda route: held.append(route))  # the driver marks what it calls: no method of a list
    page.goto(url, wait_until="commit")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return held


def let_scripts_come(page: Page, held: list[Route]) -> None:
    for one in held:
        one.continue_()
    page.unroute("**/*.js")  # those that the page asks for later come too
    page.wait_for_load_state()


def at_work(page: Page, site: str) -> None:
    key = sign_in(Client(), open_house().owner).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": key, "domain": urlsplit(site).hostname, "path": "/"}]
    )


def test_a_password_typed_at_once_is_sent(page: Page, live_server):
    person = person_of(open_house().owner)
    set_up_totp(person)
    held = open_before_its_scripts(page, live_server.url)
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)

    let_scripts_come(page, held)
    page.keyboard.press("Enter")

    expect(page.get_by_label("Code")).to_be_visible()


@pytest.mark.parametrize("field", ["Nom de naissance", "Prénom(s) de naissance"])
def test_a_field_begun_before_the_scripts_keeps_the_focus(page: Page, live_server, field: str):
    at_work(page, live_server.url)
    held = open_before_its_scripts(page, f"{live_server.url}/patients/new/")
    page.get_by_role("textbox", name=field).press_sequentially("MAR")

    let_scripts_come(page, held)
    page.keyboard.type("TIN")

    expect(page.get_by_role("textbox", name=field)).to_have_value("MARTIN")


def test_a_page_nobody_has_touched_leads_the_focus(page: Page, live_server):
    held = open_before_its_scripts(page, live_server.url)

    let_scripts_come(page, held)

    expect(page.get_by_role("button", name="Se connecter avec une clé d’accès")).to_be_focused()


def test_a_page_that_has_loaded_has_its_focus_before_it_is_drawn(page: Page, live_server):
    at_work(page, live_server.url)
    page.add_init_script("addEventListener('load', () => { window.focusedAtLoad = document.activeElement.id; });")

    page.goto(f"{live_server.url}/patients/new/")

    assert page.evaluate("window.focusedAtLoad") == page.locator("main [autofocus]").get_attribute("id")
