"""The end of a session as a person at the counter meets it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from django.conf import settings as now_set
from django.test import Client
from people import (
    PASSWORD,
    House,
    make_lot,
    make_patient,
    make_sampled,
    open_house,
    person_of,
    set_up_totp,
    sign_in,
    totp_code,
)
from person_menu import open_person_menu
from playwright.sync_api import Page, expect
from test_road_in_browser import shoot

from temoin.signin.models import Session

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def at_work(page: Page, site: str, house: House) -> None:
    """Give the browser the owner's session."""
    key = sign_in(Client(), house.owner).cookies[now_set.SESSION_COOKIE_NAME].value
    host = urlsplit(site).hostname
    page.context.add_cookies([{"name": now_set.SESSION_COOKIE_NAME, "value": key, "domain": host, "path": "/"}])


def sign_in_here(page: Page, house: House) -> None:
    page.get_by_label("E-mail").fill(person_of(house.owner).email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code").fill(totp_code())
    page.keyboard.press("Enter")


def test_any_key_keeps_the_session_that_is_about_to_end(page: Page, live_server, settings):
    house = open_house()
    at_work(page, live_server.url, house)
    settings.SESSION_COOKIE_AGE = 122
    page.goto(f"{live_server.url}/patients/new/")
    warning = page.get_by_role("dialog", name="Votre session va se terminer")
    expect(warning).to_be_visible()
    shoot(page, "session-warning")

    settings.SESSION_COOKIE_AGE = 900
    page.keyboard.press("a")

    expect(warning).to_be_hidden()
    page.wait_for_timeout(2500)
    expect(warning).to_be_hidden()


def test_an_ended_session_veils_the_page_and_gives_back_what_was_typed(page: Page, live_server):
    house = open_house()
    set_up_totp(person_of(house.owner))
    at_work(page, live_server.url, house)
    page.goto(f"{live_server.url}/patients/new/")
    page.get_by_role("textbox", name="Nom de naissance").fill("Gardé")
    Session.objects.all().delete()  # from another device

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_role("dialog", name="Votre session est terminée")).to_be_visible()
    assert "Gardé" not in page.locator("body").inner_text()
    assert page.locator("main").count() == 0
    shoot(page, "session-veil")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Se connecter").click()
    sign_in_here(page, house)
    expect(page.get_by_role("textbox", name="Nom de naissance")).to_have_value("Gardé")
    expect(page.get_by_text("Votre saisie est de retour")).to_be_visible()
    shoot(page, "session-form-back")


def test_signing_out_in_one_page_veils_the_others(page: Page, live_server):
    house = open_house()
    at_work(page, live_server.url, house)
    page.goto(f"{live_server.url}/patients/new/")
    other = page.context.new_page()
    other.goto(live_server.url)

    open_person_menu(other)
    other.get_by_role("button", name="Se déconnecter").click()

    expect(page.get_by_role("dialog", name="Votre session est terminée")).to_be_visible()


@pytest.mark.parametrize(("minutes_ago", "lives"), [(16, True), (21, False)])
def test_a_timer_keeps_the_session_of_its_page_up_to_the_end_of_the_reading(
    page: Page, live_server, settings, minutes_ago: int, lives: bool
):
    house = open_house()
    patient, lot = make_patient(house.owner), make_lot(house.owner)
    make_sampled(house.owner, patient, lot, minutes_ago=minutes_ago)
    at_work(page, live_server.url, house)
    settings.SESSION_COOKIE_AGE = 200
    page.clock.install()
    page.goto(live_server.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))

    page.clock.run_for(70_000)
    page.wait_for_timeout(500)

    assert ("POST /session/" in asked) is lives


def test_going_back_to_a_form_that_was_refused_gives_back_what_was_typed(page: Page, live_server):
    house = open_house()
    at_work(page, live_server.url, house)
    page.goto(f"{live_server.url}/patients/new/")
    page.get_by_role("textbox", name="Nom de naissance").fill("Gardé")
    page.get_by_role("button", name="Enregistrer le test").click()
    expect(page.get_by_role("alert").first).to_contain_text("à corriger")

    page.go_back()

    expect(page.get_by_role("textbox", name="Nom de naissance")).to_have_value("Gardé")
