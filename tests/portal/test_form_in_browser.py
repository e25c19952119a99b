"""The patient's own form in a real browser on a phone: from the poster to the queue, and accepted at the counter."""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from arriving import token_of
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from people import House, open_house, sign_in
from playwright.sync_api import Dialog, Page, Route, expect
from site_under_test import Site

from temoin.arrivals.queries import waiting_arrivals
from temoin.catalogue.patient_languages import patient_languages
from temoin.lib.clock import now
from temoin.lib.label import PATIENT_LANGUAGES
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.counter_bell import CHANNEL, topic_of
from temoin.testing.tickets import read_ticket

SHOTS = Path(__file__).parents[2] / "artefacts" / "portal"
PHONE = {"width": 320, "height": 640}
LOOKED_THROUGH = ("fr", "ar")  # one of each direction: the languages differ in words alone
# Browser and database work are in one thread here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    return open_house()


@pytest.fixture
def form(page: Page, portal_url: str, house: House) -> Page:
    """The page that the pharmacy's poster leads to."""
    open_form(page, portal_url, house)
    return page


def open_form(page: Page, portal_url: str, house: House) -> None:
    page.set_viewport_size(PHONE)
    token = urlsafe_b64encode(token_of(house.owner)).rstrip(b"=").decode()
    page.goto(f"{portal_url}/form/#{token}")
    expect(page.locator("#fill")).to_be_visible()


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"form-{name}.png", full_page=True)


def fill(page: Page) -> None:
    for name, text in {
        "birth_family_name": "LÉGER-NOÉ",
        "birth_given_names": "Zoé",
        "birth_date": "28031979",
        "email": "zoe@patient.example",
    }.items():
        page.locator(f"#{name}").fill(text)
    for name, value in {"sex": "F", "kind": "covid19-ag", "question-symptoms": "yes", "way": "email"}.items():
        page.locator(f'[name="{name}"][value="{value}"]').check()
    page.locator('[name="consent"]').check()


def test_from_the_poster_to_the_queue_and_accepted_at_the_counter(
    form: Page, posts: list[str], house: House, site: Site
):
    site.database.execute(f"LISTEN {CHANNEL}")
    expect(form.locator('[data-field="place"]').first).to_have_text(house.here.name)
    fill(form)
    shoot(form, "filled")
    form.locator("#send").click()
    expect(form.locator("#done")).to_be_visible()
    shoot(form, "done")
    number, code = form.locator("#number").inner_text(), form.locator("#code").inner_text()
    told = next(site.database.notifies())
    kept = form.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")

    counter = sign_in(Client(), house.owner)
    listed = counter.get("/").content.decode()
    (arrival,) = re.findall(r'href="(/arrivals/[0-9a-f-]+/)"', listed)
    opened = counter.get(arrival).content.decode()
    sent = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', opened))
    ids = {name: sent[name] for name in ("patient_id", "record_id")}
    traits = {"birth_family_name": "LÉGER-NOÉ", "birth_given_names": "Zoé", "birth_date": "28031979", "sex": "F"}
    pressed = {**ids, **traits, "kind": "covid19-ag", "consent": "2026-11", "identity_status": "VALI"}
    done = counter.post(f"{arrival}accept/", pressed)

    assert told.payload == topic_of(house.here.id)
    assert f"Numéro {number}" in listed
    assert "LÉGER" not in listed
    assert all(f'value="{text}"' in opened for text in ("LÉGER-NOÉ", "Zoé", "zoe@patient.example"))
    assert done.status_code == 302
    assert read_ticket(by=house.owner, record_id=ids["record_id"]) == code  # type: ignore[arg-type]
    assert not re.search("LÉGER|zoe@|patient.example|28031979|covid19", "".join(posts) + kept)


@pytest.mark.parametrize("changed", [False, True])
def test_a_form_whose_answer_was_lost_is_the_same_when_sent_again(form: Page, house: House, *, changed: bool):
    answers = iter(("lost", "told"))

    def pass_on(route: Route) -> None:
        answer = route.fetch()
        if next(answers) == "lost":
            route.abort()
        else:
            route.fulfill(response=answer)

    form.route("**/form/hand-in", pass_on)
    fill(form)
    form.locator("#send").click()
    expect(form.locator("#status .problem")).to_be_visible()
    if changed:
        form.locator("#email").fill("autre@patient.example")
    form.locator("#send").click()
    expect(form.locator("#done")).to_be_visible()

    expect(form.locator("#status .notice")).to_have_count(int(changed))  # that the first counts
    assert [str(one.number) for one in waiting_arrivals(by=house.owner)] == [form.locator("#number").inner_text()]


def test_a_reload_by_mistake_asks_before_it_loses_what_was_typed(form: Page):
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    form.on("dialog", stay)
    fill(form)
    with form.expect_event("dialog"):
        form.evaluate("() => { setTimeout(() => location.reload(), 0); }")
    expect(form.locator("#birth_family_name")).to_have_value("LÉGER-NOÉ")

    form.locator("#send").click()
    expect(form.locator("#done")).to_be_visible()
    form.locator("#another").click()  # it was sent: nothing is asked
    expect(form.locator("#fill")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("days", [-700, -2, 2, 700])
def test_a_wrong_clock_of_the_phone_does_not_matter(page: Page, portal_url: str, house: House, days: int):
    page.clock.set_fixed_time(now() + timedelta(days=days))
    open_form(page, portal_url, house)
    fill(page)
    page.locator("#birth_date").fill(f"{today_in(HOUSE):%d%m%Y}")
    page.locator('[name="question-symptoms-onset"]').fill(f"{today_in(HOUSE):%d%m%Y}")
    page.locator("#send").click()

    expect(page.locator("#done")).to_be_visible()
    assert len(waiting_arrivals(by=house.owner)) == 1


@pytest.mark.parametrize("given", [{"day": "2026-01-02"}, {"key": str(UUID(int=7))}], ids=["day", "key"])
def test_a_page_left_open_is_stamped_and_sealed_anew_when_it_is_sent(
    page: Page, portal_url: str, house: House, given: dict[str, str]
):
    offers: list[dict[str, str]] = []

    def pass_on(route: Route) -> None:
        """Let the page be one that was opened on another day, or under a key that has ended since."""
        answer = route.fetch()
        offers.append({**answer.json(), **(given if not offers else {})})
        route.fulfill(response=answer, json=offers[-1])

    page.route("**/form/poster", pass_on)
    open_form(page, portal_url, house)
    fill(page)
    page.locator("#send").click()

    expect(page.locator("#done")).to_be_visible()
    (arrival,) = waiting_arrivals(by=house.owner)
    assert len(offers) == 2
    opened = sign_in(Client(), house.owner).get(f"/arrivals/{arrival.id}/").content.decode()
    assert 'value="LÉGER-NOÉ"' in opened


def test_what_is_wrong_is_told_by_field_and_what_was_typed_stays(form: Page):
    form.locator("#birth_family_name").fill("LÉGER")
    form.locator("#birth_date").fill("31/02/2020")
    form.locator("#birth_date").blur()
    expect(form.locator("#birth_date-problem")).to_be_visible()
    form.locator("#send").click()

    expect(form.locator("#birth_given_names")).to_be_focused()
    expect(form.locator("#status")).to_contain_text("corriger")
    for name in ("birth_given_names", "birth_date", "sex", "kind", "way", "consent"):
        expect(form.locator(f"#{name}-problem")).to_be_visible()
    expect(form.locator("#birth_family_name")).to_have_value("LÉGER")
    form.locator("#birth_date").fill("28/02/2020")
    expect(form.locator("#birth_date-problem")).to_be_hidden()


def test_the_form_is_read_on_a_phone_in_each_language(form: Page):
    fill(form)
    form.locator("#birth_given_names").fill("")
    form.locator("#send").click()
    for language in PATIENT_LANGUAGES:
        form.locator("#language").select_option(language)
        said = patient_languages()[language]
        expect(form.locator("html")).to_have_attribute("dir", said.direction)
        expect(form.locator(f'#send [lang="{language}"]')).to_be_visible()
        assert form.locator('main [lang]:visible:not([lang="' + language + '"])').count() == 0
        assert form.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        shoot(form, language)
        if language in LOOKED_THROUGH:
            found = Axe().run(form).response["violations"]
            assert {each["id"]: [node["html"][:120] for node in each["nodes"][:3]] for each in found} == {}


def test_a_poster_that_was_replaced_leads_to_the_counter(page: Page, portal_url: str):
    page.goto(f"{portal_url}/form/#{'A' * 22}")

    expect(page.locator("#status")).to_contain_text("Inscrivez-vous au comptoir")
    expect(page.locator("#fill")).to_be_hidden()
