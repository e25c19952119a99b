"""An appointment in a real browser on a phone: taken by keyboard, moved and cancelled by its number and code."""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from appointing import Booking
from arriving import token_of
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from people import House, open_house, sign_in
from playwright.sync_api import Page, expect

from temoin.arrivals.appointed import appointments_to_come
from temoin.arrivals.calendar import set_hours
from temoin.arrivals.hours import Hours, Opening
from temoin.catalogue.patient_languages import patient_languages
from temoin.lib.label import PATIENT_LANGUAGES
from temoin.lib.zones import HOUSE, wall_clock

SHOTS = Path(__file__).parents[2] / "artefacts" / "portal"
PHONE = {"width": 320, "height": 640}
OPENINGS = [
    *(Opening(day, 540, 660) for day in range(7)),
    *(Opening(day, 840, 900, "strep-a-ag") for day in range(7)),
]
HOURS = Hours(tuple(OPENINGS), minutes=30, places=2, ahead=9)
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    house = open_house()
    token_of(house.owner)
    set_hours(by=house.owner, hours=HOURS, expected_version=None)
    return house


@pytest.fixture
def booking(page: Page, portal_url: str, house: House) -> Page:
    page.set_viewport_size(PHONE)
    token = urlsafe_b64encode(token_of(house.owner)).rstrip(b"=").decode()
    page.goto(f"{portal_url}/appointments/#{token}")
    expect(page.locator("#fill")).to_be_visible()
    return page


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"appointment-{name}.png", full_page=True)


def look_through(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert {each["id"]: [node["html"][:120] for node in each["nodes"][:3]] for each in found} == {}


def fill(page: Page) -> None:
    for name, text in {
        "birth_family_name": "LÉGER-NOÉ",
        "birth_given_names": "Zoé",
        "birth_date": "28031979",
        "email": "zoe@patient.example",
    }.items():
        page.locator(f"#{name}").fill(text)
    for name, value in {"kind": "covid19-ag", "sex": "F", "way": "email"}.items():
        page.locator(f'[name="{name}"][value="{value}"]').check()
    for name in ("remind", "consent"):
        page.locator(f'[name="{name}"]').check()


def choose_hour(page: Page, part: str, day: int, hour: str) -> None:
    """Choose by keyboard: the day in its list, then the hour among its choices."""
    page.locator(f"#{part}-day").focus()
    page.locator(f"#{part}-day").select_option(index=day)
    page.keyboard.press("Tab")
    chosen = page.locator(f'input[name="{"hour" if part == "new" else "own-hour"}"]:checked')
    page.keyboard.press("Space")
    while hour not in page.locator("label", has=chosen).inner_text():
        page.keyboard.press("ArrowDown")


def open_own(page: Page) -> None:
    """Come back another day, to move or cancel."""
    page.reload()
    expect(page.locator("#to-own")).to_be_visible()
    page.locator("#to-own").press("Enter")


def test_an_appointment_is_taken_moved_and_cancelled_by_keyboard(booking: Page, house: House):
    posts: list[str] = []
    booking.on("request", lambda asked: posts.append(f"{asked.url} {asked.post_data or ''}"))
    fill(booking)
    choose_hour(booking, "new", 5, "10:00")
    shoot(booking, "filled")
    booking.keyboard.press("Enter")
    expect(booking.locator("#done")).to_be_visible()
    shoot(booking, "done")
    look_through(booking)
    number, code = booking.locator("#number").inner_text(), booking.locator("#code").inner_text()
    (mine,) = appointments_to_come(by=house.owner)

    listed = sign_in(Client(), house.owner).get(f"/arrivals/{mine.id}/").content.decode()
    assert str(mine.number) == number
    assert f"{wall_clock(mine.starts_at, HOUSE):%H:%M}" == "10:00"
    assert "10:00" in booking.locator('#done [data-field="when"]').inner_text()
    assert 'value="LÉGER-NOÉ"' in listed
    assert not re.search("LÉGER|zoe@|28031979|covid19", "".join(posts))

    open_own(booking)
    booking.locator("#own-number").fill(number)
    booking.locator("#own-code").fill(code[:-1] + ("0" if code[-1] != "0" else "1"))
    booking.locator("#own-cancel").press("Enter")
    expect(booking.locator("#status")).to_contain_text("Aucun rendez-vous")
    booking.locator("#own-code").fill(code.lower())
    choose_hour(booking, "own", 6, "09:30")
    look_through(booking)
    shoot(booking, "own")
    booking.locator("#own-put-off").press("Enter")
    expect(booking.locator("#status")).to_contain_text("Le rendez-vous est déplacé")
    (moved,) = appointments_to_come(by=house.owner)
    assert f"{wall_clock(moved.starts_at, HOUSE):%H:%M}" == "09:30"

    open_own(booking)
    booking.locator("#own-number").fill(number)
    booking.locator("#own-code").fill(code)
    booking.locator("#own-cancel").press("Enter")
    expect(booking.locator("#status")).to_contain_text("Le rendez-vous est annulé")
    assert appointments_to_come(by=house.owner) == []


def test_who_is_too_late_for_the_last_place_keeps_what_was_typed(booking: Page, house: House):
    fill(booking)
    choose_hour(booking, "new", 5, "10:00")
    set_hours(
        by=house.owner, hours=Hours((Opening(0, 540, 570),)), expected_version=None
    )  # as though everybody had been faster
    booking.locator("#send").press("Enter")

    expect(booking.locator("#status")).to_contain_text("quelqu’un a été plus rapide")
    expect(booking.locator("#birth_family_name")).to_have_value("LÉGER-NOÉ")
    expect(booking.locator('[data-problem="hour"]').first).to_be_visible()
    assert appointments_to_come(by=house.owner) == []


def test_the_page_is_read_on_a_phone_in_each_language(booking: Page):
    booking.locator('[name="kind"][value="strep-a-ag"]').check()
    booking.locator("#new-day").select_option(index=3)
    expect(booking.locator("#fill [data-hours] label")).to_have_count(6)
    booking.locator('[name="kind"][value="covid19-ag"]').check()
    expect(booking.locator("#fill [data-hours] label")).to_have_count(4)  # those of the other test are gone
    booking.locator("#send").click()
    for language in PATIENT_LANGUAGES:
        booking.locator("#language").select_option(language)
        expect(booking).to_have_title(patient_languages()[language].form["a_title"])
        assert booking.locator('main [lang]:visible:not([lang="' + language + '"])').count() == 0
        assert booking.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        left = patient_languages()[language].form["left"].replace("{left}", "2")
        expect(booking.locator("[data-hours] small").first).to_have_text(left)
        if language in ("fr", "ar"):
            look_through(booking)
        shoot(booking, language)


def test_the_link_of_the_reminder_cancels_without_number_or_code(page: Page, portal_url: str, house: House):
    booking = Booking(house.owner, HOURS)
    secret = os.urandom(16)
    booking.take(booking.hour(8), number=4170, proof=secret)
    page.set_viewport_size(PHONE)
    page.goto(f"{portal_url}/appointments/#~{shown(house.here.id.bytes)}.{shown(secret)}")
    expect(page.locator("#own-by-link")).to_be_visible()
    look_through(page)
    page.locator("#own-cancel").press("Enter")

    expect(page.locator("#status")).to_contain_text("Le rendez-vous est annulé")
    assert page.locator("#own-code").is_hidden()
    assert appointments_to_come(by=house.owner) == []


def shown(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
