"""A group in a real browser: labels are scanned, a digit chooses, the next scan keeps; two people at one roster."""

from __future__ import annotations

import os
from uuid import UUID, uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import COVID, House, make_lot, make_patient, open_house, sign_in
from playwright.sync_api import Page, expect
from test_group_pages import note, numbers, sampled
from test_road_in_browser import shoot

from temoin.pharmacies.seat import Seat
from temoin.testing.groups import PlaceState, join_group, mark_place, open_group

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

NAMES = ("ARNAUD", "BLONDEL", "CLEMENT", "DELORME", "ESNAULT", "FABRE", "GAUDIN", "HOUDART", "IMBERT", "JOLY")
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SCANNED_AT = 5  # milliseconds a character


class Roster:
    """The screen of somebody who works at a roster."""

    def __init__(self, site: str, page: Page, house: House, group_id: UUID) -> None:
        self.site, self.page, self.house, self.group_id = site, page, house, group_id

    def open(self, name: str = "group", **query: str) -> None:
        asked = "".join(f"?{key}={value}" for key, value in query.items())
        self.page.goto(self.site + reverse(name, args=[self.group_id]) + asked)

    def wait_for_row(self, number: str) -> None:
        """Wait until the row is open for its result, and hears what is typed."""
        self.page.locator(f"#row-{number} input[type=radio]:focus").wait_for()
        self.page.wait_for_load_state()

    def scan(self, number: str) -> None:
        self.page.wait_for_load_state()
        self.page.keyboard.type(f"T{number}", delay=SCANNED_AT)
        self.page.keyboard.press("Enter")


def enter_site(site: str, page: Page, seat: Seat) -> None:
    cookie = sign_in(Client(), seat).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])


@pytest.fixture
def roster(live_server, page: Page) -> Roster:
    house = open_house()
    enter_site(live_server.url, page, house.owner)
    group_id = uuid4()
    open_group(by=house.owner, group_id=group_id, name="École Jules-Ferry, Bourg-Saint-Léger", kind=COVID)
    people = [make_patient(house.owner, birth_family_name=name, nir="") for name in NAMES]
    join_group(by=house.owner, group_id=group_id, patient_ids=people)
    return Roster(live_server.url, page, house, group_id)


def test_a_label_and_enter_sample_a_person_and_a_second_scan_presses_nothing(roster: Roster):
    make_lot(roster.house.owner)
    first, second, *_others = numbers(roster.house.owner, roster.group_id)
    roster.open()

    roster.scan(first)
    expect(roster.page.locator(f"#row-{first} button:focus")).to_contain_text("Consent, prélevé maintenant")
    roster.scan(second)  # another label instead of the press
    expect(roster.page.locator(f"#row-{second} button:focus")).to_contain_text("Consent, prélevé maintenant")
    roster.page.keyboard.press("Enter")

    expect(roster.page.locator(f"#row-{second}")).to_contain_text("À lire")
    expect(roster.page.locator(f"#row-{first}")).to_contain_text("À venir")


def test_a_digit_chooses_the_next_scan_keeps_it_and_the_batch_is_signed(roster: Roster):
    owner, page = roster.house.owner, roster.page
    lot_id = make_lot(owner)
    first, second, third, *_others = numbers(owner, roster.group_id)
    for number in (first, second, third):
        sampled(owner, roster.group_id, number, lot_id)
    roster.open()

    for number, digit in ((first, "1"), (second, "2"), (third, "1")):
        roster.scan(number)
        roster.wait_for_row(number)
        page.keyboard.press(digit)
        expect(page.locator("#field-scan")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Relire et signer 3 résultats")).to_be_visible()
    expect(page.locator(f"#row-{second} .finding.positive")).to_be_visible()
    page.get_by_role("link", name="Relire et signer 3 résultats").click()
    expect(page.locator("input[name=take]:checked")).to_have_count(2)
    page.locator("input[name=take]:not(:checked)").check()
    page.get_by_role("button", name="Signer ce qui est coché").click()
    expect(page.locator(".messages")).to_contain_text("3 résultats sont signés")


def test_a_label_scanned_by_mistake_leaves_the_row_that_was_open_as_it_was(roster: Roster):
    owner, page = roster.house.owner, roster.page
    lot_id = make_lot(owner)
    first, second, *_others = numbers(owner, roster.group_id)
    for number in (first, second):
        sampled(owner, roster.group_id, number, lot_id)
    roster.open()

    roster.scan(first)
    roster.wait_for_row(first)
    roster.scan(second)  # its digits choose nothing in the row of the first

    roster.wait_for_row(second)
    expect(page.locator(f"#row-{first}")).to_contain_text("À lire")


def test_what_a_colleague_ticks_off_stands_on_this_screen_without_a_reload(roster: Roster):
    number = numbers(roster.house.owner, roster.group_id)[0]
    roster.open()
    roster.page.evaluate("document.body.dataset.same = 'yes'")

    mark_place(by=roster.house.colleague, group_id=roster.group_id, number=number, state=PlaceState.ABSENT)

    expect(roster.page.locator(f"#row-{number}")).to_contain_text("N’est plus absent")
    assert roster.page.evaluate("document.body.dataset.same") == "yes"


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (768, 1024), (390, 844)])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_pages_of_a_group_fit_and_keep_nobody_out(roster: Roster, width: int, height: int, language: str):
    owner, page = roster.house.owner, roster.page
    lot_id = make_lot(owner)
    drawn = numbers(owner, roster.group_id)
    tests = [sampled(owner, roster.group_id, number, lot_id) for number in drawn[:4]]
    note(owner, tests[:3], ("negative", "positive", "indeterminate"))
    mark_place(by=owner, group_id=roster.group_id, number=drawn[5], state=PlaceState.ABSENT)
    mark_place(by=owner, group_id=roster.group_id, number=drawn[6], state=PlaceState.REFUSED)
    page.set_viewport_size({"width": width, "height": height})
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": roster.site}])

    for name in ("group", "group_labels", "group_attendance", "review_group"):
        roster.open(name, **({"row": drawn[3]} if name == "group" else {}))
        shoot(page, f"{name}-{width}-{language}")
        check(page, width)
    page.goto(roster.site + reverse("groups"))
    shoot(page, f"groups-{width}-{language}")
    check(page, width)


def check(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [one["id"] for one in Axe().run(page, options=WCAG).response["violations"]] == []


def test_a_result_noted_elsewhere_meanwhile_is_shown_before_it_is_replaced(roster: Roster):
    owner, page = roster.house.owner, roster.page
    first = numbers(owner, roster.group_id)[0]
    test = sampled(owner, roster.group_id, first, make_lot(owner))
    roster.open()
    roster.scan(first)
    roster.wait_for_row(first)
    note(owner, [test], ("positive",))

    page.keyboard.press("1")
    expect(page.locator("#field-scan")).to_be_focused()
    page.keyboard.press("Enter")

    row = page.locator(f"#row-{first}")
    expect(row).to_contain_text("Un autre résultat a été noté entre-temps")
    expect(row.locator(".finding")).to_contain_text("Positif")
    expect(row.locator("input[type=radio]:checked")).to_have_value("negative")
    shoot(page, "group-noted-elsewhere")
