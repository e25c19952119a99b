"""The transmissions in a real browser: by keyboard, with and without script, on a narrow screen and on paper."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from browsing import profile
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import make_lot, make_patient, make_signed, open_house, sign_in
from playwright.sync_api import Browser, Page, expect

from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def listed(request: pytest.FixtureRequest, live_server, chromium: Browser, as_role) -> Iterator[Page]:
    """The pharmacist's work list, with one refused sending, on a telephone."""
    house = open_house()
    make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))
    with as_role("temoin_worker"):
        settle_parcels([(load, Answer(Verdict.REFUSED, "http_422")) for load in claim_parcels("fhir", 10)])
    cookie = sign_in(Client(), house.owner).cookies[settings.SESSION_COOKIE_NAME].value
    context = profile(
        chromium, locale="fr-FR", java_script_enabled=request.param, viewport={"width": 360, "height": 800}
    )
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("transmissions"))
    yield page
    context.close()


def fits(page: Page) -> bool:
    page.wait_for_load_state()
    return page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_refused_sending_goes_again_by_keyboard(listed: Page):
    expect(listed.get_by_text("1 envoi à traiter.")).to_be_visible()
    assert fits(listed)

    listed.get_by_role("button", name="Renvoyer").first.focus()
    listed.keyboard.press("Enter")

    expect(listed.get_by_role("status")).to_contain_text("reparti")
    expect(listed.get_by_text("1 envoi est en route.")).to_be_visible()


def test_from_the_list_to_the_correction_and_to_the_statement(listed: Page):
    listed.get_by_role("link", name="Corriger et renvoyer").click()
    assert fits(listed)
    listed.get_by_role("link", name="Corriger le résultat").click()
    expect(listed.get_by_role("heading", level=1)).to_have_text("Corriger le résultat")

    listed.get_by_role("link", name="Transmissions").click()
    listed.get_by_role("link", name="État de la journée").click()

    expect(listed.get_by_text("Il manque 1 accusé de réception.")).to_be_visible()
    assert fits(listed)
    listed.emulate_media(media="print")
    expect(listed.get_by_role("navigation")).to_be_hidden()
    expect(listed.get_by_role("columnheader", name="Signé")).to_be_visible()
