"""What a program proposes of signed results, in a real browser: read on both widths, refused and signed by keyboard."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from people import House, make_lot, make_patient, make_signed, open_house
from playwright.sync_api import Page, expect
from test_amendment_pages import fate, program
from test_group_in_browser import WCAG, enter_site
from test_road_in_browser import shoot

from temoin.testing.amendments import Correction, propose_cancellation, propose_correction

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

WHY = "Saisie inversée avec le test de la personne suivante"


@pytest.fixture
def house(transactional_db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.mark.parametrize("width", [390, 1366])
def test_both_are_read_refused_and_signed_by_keyboard(live_server, page: Page, house: House, width: int):
    by, lot_id = house.owner, make_lot(house.owner)
    mended, void = (
        make_signed(by, make_patient(by, birth_family_name=one, nir=""), lot_id) for one in ("ARNAUD", "BLONDEL")
    )
    correction = Correction(reason=WHY, outcomes={"sars-cov-2": "positive"}, comment="Ligne faible")
    propose_correction(by=program(by), record_id=mended, correction=correction)
    propose_cancellation(by=program(by), record_id=void, reason="Test d’une autre personne")
    page.set_viewport_size({"width": width, "height": 844})
    enter_site(live_server.url, page, by)

    page.goto(f"{live_server.url}/proposals/")
    found = Axe().run(page, options=WCAG)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    shoot(page, f"amendments-{width}")
    assert (found.violations_count, wide) == (0, 0), found.generate_report()

    page.get_by_label("Si vous refusez, pourquoi").nth(1).fill("C’est bien cette personne")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Refusé")).to_be_visible()
    page.get_by_role("button", name="Signer la correction").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ce qui était proposé est signé")).to_be_visible()

    assert fate(by, mended) == ("corrected", "signed", 2)
    assert fate(by, void) == ("signed", "refused", 1)
