"""To the training counter and back in the browser: another colour, the words on paper too, and no sign-in between."""

from __future__ import annotations

import os

from people import make_patient, open_house
from person_menu import open_person_menu
from playwright.sync_api import Page, expect
from test_road_in_browser import shoot
from test_session_in_browser import at_work

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

ACCENT = "getComputedStyle(document.body).getPropertyValue('--accent')"


def test_a_person_practises_and_comes_back(page: Page, live_server):
    house = open_house()
    make_patient(house.owner)
    at_work(page, live_server.url, house)
    page.goto(live_server.url)
    at_work_colour = page.evaluate(ACCENT)

    open_person_menu(page)
    page.get_by_role("button", name="Comptoir d’entraînement").click()

    band = page.get_by_text("N’y saisissez aucune vraie personne.")
    expect(band).to_be_visible()
    assert page.evaluate(ACCENT) != at_work_colour
    shoot(page, "training-counter")
    page.emulate_media(media="print")
    expect(page.get_by_text("EXERCICE – sans valeur")).to_be_visible()
    page.emulate_media(media="screen")

    open_person_menu(page)
    page.get_by_role("button", name="Quitter l’entraînement").click()

    expect(page.get_by_text("Vous êtes de retour au travail")).to_be_visible()
    expect(band).to_be_hidden()
    assert page.evaluate(ACCENT) == at_work_colour
