"""The bells of the reading windows: heard once, on every page, and quiet while nothing runs."""

from __future__ import annotations

import os
from datetime import datetime
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_sampled, open_house, sign_in
from playwright.sync_api import Page, expect
from test_road_in_browser import shoot

from temoin.lib.clock import now
from temoin.testing.actions import abandon_test
from temoin.testing.queries import read_test

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# What would sound and be shown, noted instead: a headless browser has no loudspeaker.
NOTED = """
window.heard = [];
window.OscillatorNode = class {
  constructor(_audio, { frequency }) { window.heard.push(frequency); }
  connect(next) { return next; }
  start() {}
  stop() {}
};
window.AudioContext = class { constructor() { this.state = "running"; this.currentTime = 0; } };
window.GainNode = class {
  constructor() { this.gain = { setValueAtTime() {}, linearRampToValueAtTime() {} }; }
  connect(next) { return next; }
};
"""


@pytest.fixture
def screen(live_server, page: Page) -> tuple[Page, House, str]:
    house = open_house()
    cookie = sign_in(Client(), house.owner).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.add_init_script(NOTED)
    return page, house, live_server.url


def running(house: House, minutes_ago: int) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner), minutes_ago=minutes_ago)


def heard(page: Page) -> list[int]:
    return page.evaluate("window.heard.splice(0)")


def test_each_moment_sounds_once_and_stands_in_title_and_badge(screen):
    page, house, site = screen
    running(house, 0)
    page.clock.install(time=now())
    page.goto(site + reverse("home"))
    expect(page).to_have_title("Comptoir · Témoin")
    page.get_by_role("button", name="Sonnerie").click()
    page.clock.run_for(500)
    heard(page)  # how it sounds, when it is switched on

    page.clock.run_for(16 * 60_000)

    assert heard(page) == [880]
    expect(page).to_have_title("(1) Comptoir · Témoin")
    expect(page.get_by_role("link", name="Comptoir 1 à lire")).to_be_visible()
    page.clock.run_for(4 * 60_000)
    assert heard(page) == [660, 660]
    page.clock.run_for(2 * 60_000)
    assert heard(page) == [440, 440, 440]
    shoot(page, "bells")


def test_a_moment_that_came_between_two_pages_rings_on_the_next_and_one_long_past_does_not(screen):
    page, house, site = screen
    running(house, 0)
    page.clock.install(time=now())
    page.goto(site + reverse("home"))
    page.get_by_role("button", name="Sonnerie").click()
    page.clock.pause_at(datetime.fromtimestamp(now().timestamp() + 16 * 60, tz=now().tzinfo))
    page.goto(site + reverse("lots"))
    page.keyboard.press("Tab")  # somebody is there: the page may sound
    page.clock.run_for(2000)

    expect(page).to_have_title("(1) Lots · Témoin")
    page.goto(site + reverse("help"))
    page.keyboard.press("Tab")
    page.clock.run_for(2000)
    assert heard(page) == []  # told once


def test_quiet_while_nothing_runs_and_no_name_is_kept(screen):
    page, house, site = screen
    record_id = running(house, 16)
    number = read_test(by=house.owner, record_id=record_id).number
    page.goto(site + reverse("home"))
    expect(page).to_have_title("(1) Comptoir · Témoin")
    stored = page.evaluate("JSON.stringify({...localStorage})")
    assert number in stored
    assert "PAT-TROIS" not in stored

    abandon_test(by=house.owner, record_id=record_id, seen="")
    page.reload()

    expect(page).to_have_title("Comptoir · Témoin")
    expect(page.locator("[data-due]")).to_be_hidden()
    page.goto(site + reverse("lots"))
    expect(page).to_have_title("Lots · Témoin")
