"""A walk-in without network: noted, sampled and timed in the page, sealed in the browser, and sent once it is back."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import TRAITS, House, make_lot, make_patient, open_house, sign_in
from playwright.sync_api import Page, expect
from test_group_in_browser import WCAG
from test_road_in_browser import shoot

from temoin.lib.clock import now
from temoin.testing.lists import list_tests
from temoin.testing.queries import read_test
from temoin.testing.states import RecordState

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

EVERYTHING_KEPT = """async () => {
  const text = (bytes) => new TextDecoder("latin1").decode(bytes);
  const read = async (database) => new Promise((resolve) => {
    const opening = indexedDB.open(database.name);
    opening.onsuccess = async () => {
      const rows = [];
      for (const name of opening.result.objectStoreNames) {
        rows.push(...await new Promise((all) => {
          const asked = opening.result.transaction(name).objectStore(name).getAll();
          asked.onsuccess = () => all(asked.result);
        }));
      }
      opening.result.close();
      resolve(rows);
    };
  });
  const rows = (await Promise.all((await indexedDB.databases()).map(read))).flat();
  const plain = (one) => Object.entries(one).map(([name, value]) => {
    return `${name}=${value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? text(value) : JSON.stringify(value)}`;
  }).join(" ");
  const stores = [localStorage, sessionStorage].map((one) => JSON.stringify({ ...one })).join(" ");
  return { rows: rows.map(plain), stores, names: rows.flatMap(Object.keys) };
}"""


def signed_in(page: Page, site: str, who) -> None:
    cookie = sign_in(Client(), who).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])


@pytest.fixture
def house(live_server, page: Page) -> House:
    house = open_house()
    make_lot(house.owner)
    signed_in(page, live_server.url, house.owner)
    page.goto(live_server.url + reverse("home"))
    return house


def go_away(page: Page) -> None:
    page.context.set_offline(True)


def come_back(page: Page) -> None:
    page.context.set_offline(False)
    # what the browser says of the requests that failed meanwhile
    page.troubles[:] = [line for line in page.troubles if "ERR_INTERNET_DISCONNECTED" not in line]  # type: ignore[attr-defined]


def crash(page: Page) -> Page:
    """Close the page as a crash does, and open another once the network is back."""
    page.close(run_before_unload=False)
    come_back(page)
    return page.context.new_page()


def note_walk_in(page: Page, **changes: str) -> None:
    """Note somebody by the dialog of a counter without network."""
    typed = {**TRAITS, **changes}
    page.locator(".head").get_by_role("link", name="Nouveau test").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("#field-birth_family_name").fill(typed["birth_family_name"])
    dialog.locator("#field-birth_given_names").fill(typed["birth_given_names"])
    dialog.locator("#field-birth_date").fill("28/03/1979")
    dialog.locator("#field-sex-1").check()
    dialog.locator("#field-kind input").first.check()
    dialog.locator("#field-consent").check()
    dialog.get_by_role("button", name="Noter", exact=True).click()


def test_a_walk_in_is_noted_sampled_timed_and_sent_once_at_its_times(house: House, page: Page):
    go_away(page)
    before = now()
    note_walk_in(page)
    row = page.locator("#list-away tbody tr")
    expect(row).to_contain_text("PAT-TROIS")
    expect(row.get_by_role("button", name="Prélevé maintenant")).to_be_focused()
    row.get_by_role("button", name="Prélevé maintenant").click()
    pressed = now()
    expect(row.locator(".window")).to_contain_text("À lire dans")
    shoot(page, "walk-in-without-network")
    assert [one["id"] for one in Axe().run(page, options=WCAG).response["violations"]] == []
    assert list_tests(by=house.owner).under_way == []

    come_back(page)

    expect(page.locator("#list-running tbody tr")).to_contain_text("PAT-TROIS")
    expect(page.locator("#list-away")).to_be_hidden()
    (listed,) = list_tests(by=house.owner).under_way
    test = read_test(by=house.owner, record_id=listed.id)
    assert test.state is RecordState.SAMPLED
    assert before - timedelta(seconds=1) <= test.registered_at <= test.sampled_at <= pressed


def test_what_is_noted_outlives_a_crash_and_stands_nowhere_in_clear(house: House, live_server, page: Page):
    go_away(page)
    note_walk_in(page, birth_family_name="ZZOLAVIE", birth_given_names="Xénophon")
    row = page.locator("#list-away tbody tr")
    row.get_by_role("button", name="Prélevé maintenant").click()
    expect(row.locator(".window")).to_be_visible()
    kept = page.evaluate(EVERYTHING_KEPT)
    assert len(kept["rows"]) == 2
    assert set(kept["names"]) == {"id", "whose", "day", "iv", "sealed"}
    for clear in ("ZZOLAVIE", "phon", "1979", "record", "covid", "sampled", str(house.owner.person_id)):
        assert clear not in str(kept)

    again = crash(page)
    again.goto(live_server.url + reverse("home"))

    expect(again.locator("#list-running tbody tr")).to_contain_text("ZZOLAVIE")
    assert len(list_tests(by=house.owner).under_way) == 1
    assert again.evaluate(EVERYTHING_KEPT)["rows"] == []


def test_a_colleague_sees_that_something_waits_and_opens_and_sends_nothing_of_it(house: House, live_server, page: Page):
    go_away(page)
    note_walk_in(page)
    expect(page.locator("#list-away tbody tr")).to_contain_text("PAT-TROIS")
    again = crash(page)
    signed_in(again, live_server.url, house.colleague)

    again.goto(live_server.url + reverse("home"))

    expect(again.locator("#list-away")).to_contain_text("quelqu’un d’autre sur cet ordinateur\xa0: 1")
    expect(again.locator("#list-away")).not_to_contain_text("PAT-TROIS")
    assert list_tests(by=house.owner).under_way == []
    signed_in(again, live_server.url, house.owner)
    again.goto(live_server.url + reverse("home"))
    expect(again.locator("#list-waiting tbody tr")).to_contain_text("PAT-TROIS")


def test_a_person_who_may_be_known_is_asked_about_and_keeps_the_time_of_the_sample(
    house: House, live_server, page: Page
):
    known = make_patient(house.owner)
    go_away(page)
    note_walk_in(page)
    row = page.locator("#list-away tbody tr")
    row.get_by_role("button", name="Prélevé maintenant").click()
    pressed = now()
    come_back(page)
    row.get_by_role("button", name="Voir ce qui est demandé").click()

    page.get_by_role("alert").get_by_role("link", name="Nouveau test").click()
    page.locator("#field-consent").check()
    page.locator("#field-kind input").first.check()
    page.get_by_role("button", name="Enregistrer le test").click()
    page.wait_for_url("**/tests/**")
    page.goto(live_server.url + reverse("home"))

    expect(page.locator("#list-running tbody tr")).to_contain_text("PAT-TROIS")
    expect(page.locator("#list-away")).to_be_hidden()
    (listed,) = list_tests(by=house.owner).under_way
    test = read_test(by=house.owner, record_id=listed.id)
    assert (test.patient_id, test.sampled_at <= pressed) == (known, True)


def test_a_result_read_without_network_stands_in_its_row_to_be_signed_at_its_time(house: House, page: Page):
    go_away(page)
    note_walk_in(page)
    row = page.locator("#list-away tbody tr")
    row.get_by_role("button", name="Prélevé maintenant").click()
    row.get_by_role("radio", name="Négatif").check()
    before = now()
    row.get_by_role("button", name="Noter").click()
    expect(row).to_contain_text("lu à")
    pressed = now()
    come_back(page)

    form = page.locator("#list-running tbody tr")
    expect(form).to_contain_text("Lu sans réseau")
    expect(form.get_by_role("radio", name="Négatif")).to_be_checked()
    kept = form.locator("[name=read_at-instant]").input_value()
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(kept) <= pressed
    (listed,) = list_tests(by=house.owner).under_way
    assert listed.state is RecordState.SAMPLED
    form.get_by_role("button", name="Ne pas l’envoyer").click()
    expect(form.locator("[name=read_at-instant]")).to_have_count(0)
    expect(form).not_to_contain_text("Lu sans réseau")


def test_whoever_works_without_network_keeps_the_page_and_whoever_left_does_not(house: House, page: Page):
    del house
    page.clock.install()
    page.reload()
    go_away(page)
    for _ten_minutes in range(3):
        page.clock.run_for(10 * 60_000)
        page.keyboard.press("Shift")
    page.clock.run_for(2_000)
    expect(page.locator("#counter-lists")).to_be_visible()

    page.clock.run_for(16 * 60_000)

    expect(page.get_by_role("dialog", name="Votre session est terminée")).to_be_visible()
    expect(page.locator("#counter-lists")).to_have_count(0)
    page.troubles.clear()  # type: ignore[attr-defined]
