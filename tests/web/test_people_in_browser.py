"""A newcomer and a hand-over in a real browser: the code leaves the address, and the keyboard is where it is needed."""

from __future__ import annotations

import os
import re

from people import NEWCOMER, PASSWORD, House, open_house, person_of, set_up_totp, totp_code
from playwright.sync_api import Page, expect

from temoin.pharmacies.seat import Seat
from temoin.pharmacies.team import invite_member

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def sign_in_by_keyboard(page: Page, seat: Seat) -> None:
    """Type both factors from where the page has put the focus (on the passkey, one step before), and nothing else."""
    set_up_totp(person_of(seat))
    expect(page.get_by_role("button", name="Se connecter avec une clé d’accès")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(person_of(seat).email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/second-factor/**")
    page.locator("input:focus").wait_for()
    page.keyboard.type(totp_code())
    page.keyboard.press("Enter")


def test_the_code_of_a_link_is_typed_in_and_leaves_the_address(page: Page, live_server):
    house: House = open_house()
    code = invite_member(by=house.owner, newcomer=NEWCOMER).code
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{live_server.url}/invitation/#{code}")
    expect(page.get_by_label("Code de l’invitation")).to_have_value(code)
    assert page.url == f"{live_server.url}/invitation/"
    page.keyboard.press("Enter")
    page.wait_for_url("**/invitation/account/")
    page.locator("input:focus").wait_for()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    page.get_by_role("link", name="Utiliser une application d’authentification").click()
    expect(page.locator("code.secret")).to_be_visible()
    assert not [address for address in asked if code[10:] in address.split("#")[0]]


def test_a_screen_changes_hands_by_keyboard_alone(page: Page, live_server):
    house: House = open_house()
    page.goto(f"{live_server.url}/account/sign-in/?next=/lots/")
    sign_in_by_keyboard(page, house.colleague)
    expect(page.get_by_text("Lucas PETIT")).to_be_visible()

    page.get_by_role("button", name="Passer la main").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("La session est fermée.")).to_be_visible()
    expect(page.get_by_text("PETIT")).to_have_count(0)
    sign_in_by_keyboard(page, house.owner)

    expect(page.get_by_text("Claire MARTIN")).to_be_visible()
    assert re.fullmatch(r".*/lots/", page.url)
