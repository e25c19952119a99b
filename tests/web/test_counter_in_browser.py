"""The counter in a real browser, for whoever works by keyboard, by ear, or on a telephone."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from browsing import profile
from django.conf import settings
from django.test import Client
from django.urls import reverse
from patience import wait_until
from people import (
    House,
    make_lot,
    make_patient,
    make_sampled,
    make_signed,
    make_test,
    open_house,
    person_of,
    set_up_totp,
    sign_in,
)
from person_menu import open_person_menu
from playwright.sync_api import Browser, Page, expect
from test_bulk_reading import at_work, list_many
from test_road_in_browser import shoot

from temoin.delivery.ticket_codes import destroy_codes
from temoin.journal.act import HouseActor
from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.oversight.reading_settings import ReadingPace
from temoin.testing.actions import abandon_test
from temoin.testing.queries import read_test

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


class Counter:
    """A pharmacist's screen."""

    def __init__(self, address: str, page: Page, house: House) -> None:
        self.address, self.page, self.house = address, page, house

    def open(self, name: str, *args: UUID) -> None:
        self.page.goto(self.address + reverse(name, args=args))

    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.id || document.activeElement.className || 'BODY'")

    def expect_title(self, words: str) -> None:
        expect(self.page).to_have_title(f"{words} · Témoin")


@pytest.fixture
def counter(live_server, page: Page) -> Counter:
    house = open_house()
    cookie = sign_in(Client(), house.owner).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return Counter(live_server.url, page, house)


# The tops of the inputs in each row of fields of which they are not all on one line.
UNEVEN = """() => [...document.querySelectorAll('.columns')].flatMap(columns => {
  const rows = [];
  for (const field of columns.querySelectorAll(':scope > .field:has(> .with-button, > select)')) {
    const { top, bottom } = field.getBoundingClientRect();
    const input = Math.round(field.querySelector('input, select').getBoundingClientRect().top);
    const row = rows.find(one => one.bottom > top + 1 && one.top < bottom - 1);
    if (row) Object.assign(row, { top: Math.min(row.top, top), bottom: Math.max(row.bottom, bottom) });
    if (row) row.inputs.push(input);
    else rows.push({ top, bottom, inputs: [input] });
  }
  return rows.map(row => row.inputs).filter(inputs => new Set(inputs).size > 1);
})"""


def sampled(house: House, minutes_ago: int = 16) -> UUID:
    return make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner), minutes_ago=minutes_ago)


def signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def test_what_was_done_has_the_focus_unless_work_goes_on_in_a_field(counter: Counter):
    counter.open("test", sampled(counter.house))
    counter.page.keyboard.press("1")
    counter.page.keyboard.press("Enter")
    counter.expect_title("Vérifier avant de signer – TROD antigénique COVID-19")
    expect(counter.page.locator(".review")).to_be_focused()
    counter.page.keyboard.press("Tab")
    counter.page.keyboard.press("Enter")

    expect(counter.page.locator(".messages")).to_contain_text("Le résultat est signé")
    expect(counter.page.locator(".messages")).to_be_focused()
    counter.expect_title("Signé – TROD antigénique COVID-19")


def test_a_digit_opens_the_review_in_the_row_and_enter_signs(counter: Counter):
    owner = counter.house.owner
    patient, lot = make_patient(owner), make_lot(owner)
    first, second = (make_sampled(owner, patient, lot, minutes_ago=minutes) for minutes in (17, 16))
    counter.open("home")
    asked: list[str] = []
    counter.page.on("framenavigated", lambda frame: asked.append(frame.url))
    counter.page.locator(f"#field-{first}-outcome-sars-cov-2-1").focus()

    counter.page.keyboard.press("1")
    review = counter.page.get_by_role("dialog", name="Vérifier avant de signer")
    expect(review).to_contain_text("Négatif")
    expect(review.get_by_role("button", name="Signer : Claire")).to_be_focused()
    shoot(counter.page, "in-row-review")
    counter.page.keyboard.press("Enter")

    expect(counter.page.locator(".messages")).to_contain_text("Le résultat est signé")
    expect(counter.page.locator(f"#field-{second}-outcome-sars-cov-2-1")).to_be_focused()
    expect(counter.page.locator(f"#field-{first}-outcome-sars-cov-2-1")).to_have_count(0)
    assert len(asked) == 1  # one page for the whole of it
    shoot(counter.page, "in-row-next")


def test_a_positive_result_has_one_more_look_and_no_more_page(counter: Counter):
    record_id = sampled(counter.house)
    counter.open("home")
    counter.page.get_by_role("radio", name="Positif").click()
    review = counter.page.get_by_role("dialog", name="Vérifier avant de signer")
    expect(review.locator("[data-look]")).to_be_focused()
    shoot(counter.page, "in-row-positive")

    counter.page.keyboard.press("Enter")
    expect(review.get_by_role("button", name="Signer : Claire")).to_be_focused()
    assert read_test(by=counter.house.owner, record_id=record_id).report is None
    counter.page.keyboard.press("Enter")

    expect(counter.page.locator(".messages")).to_contain_text("Le résultat est signé")
    expect(counter.page.locator("#field-scan")).to_be_focused()  # nothing is due: the next person


def test_a_press_of_a_moment_ago_signs_nothing(counter: Counter):
    record_id = sampled(counter.house)
    counter.page.clock.install()
    counter.open("home")
    counter.page.locator(f"#field-{record_id}-outcome-sars-cov-2-1").focus()
    counter.page.clock.pause_at(now() + timedelta(seconds=30))
    counter.page.keyboard.press("1")
    review = counter.page.get_by_role("dialog", name="Vérifier avant de signer")
    expect(review).to_be_visible()

    for _each in range(3):
        counter.page.keyboard.press("Enter")

    expect(review).to_be_visible()
    assert read_test(by=counter.house.owner, record_id=record_id).report is None
    counter.page.clock.run_for(500)
    expect(review.get_by_role("button", name="Signer : Claire")).to_be_focused()


def test_arrows_choose_and_ask_for_no_review(counter: Counter):
    record_id = sampled(counter.house)
    counter.open("home")
    counter.page.locator(f"#field-{record_id}-outcome-sars-cov-2-1").focus()

    counter.page.keyboard.press("ArrowRight")

    expect(counter.page.locator(f"#field-{record_id}-outcome-sars-cov-2-2")).to_be_checked()
    expect(counter.page.get_by_role("dialog")).to_have_count(0)
    counter.page.keyboard.press("Enter")
    expect(counter.page.get_by_role("dialog", name="Vérifier avant de signer")).to_contain_text("Positif")


def test_the_first_to_be_read_takes_the_focus_when_its_bell_rings_and_nobody_works(counter: Counter):
    first = sampled(counter.house, minutes_ago=14)
    counter.page.clock.install()
    counter.open("home")
    expect(counter.page.locator("#field-scan")).to_be_focused()

    counter.page.clock.run_for(timedelta(minutes=2).total_seconds() * 1000)

    expect(counter.page.locator(f"#field-{first}-outcome-sars-cov-2-1")).to_be_focused()


def test_a_bell_leads_nobody_away_who_is_typing(counter: Counter):
    sampled(counter.house, minutes_ago=14)
    counter.page.clock.install()
    counter.open("home")
    counter.page.keyboard.type("mart")

    counter.page.clock.run_for(timedelta(minutes=2).total_seconds() * 1000)

    expect(counter.page.locator("#field-scan")).to_be_focused()


def test_a_known_patient_is_tested_by_two_presses_of_enter(counter: Counter):
    make_lot(counter.house.owner)
    make_patient(counter.house.owner, email="patient@exemple.fr")
    counter.page.add_init_script("window.print = () => { window.printed = (window.printed ?? 0) + 1; }")
    counter.open("home")

    counter.page.keyboard.type("pat-trois")
    counter.page.keyboard.press("Enter")
    button = counter.page.get_by_role("button", name="Prélevé maintenant")
    expect(button).to_be_focused()
    shoot(counter.page, "hit")
    counter.page.keyboard.press("Enter")

    expect(counter.page.locator("#list-running tr.is-new")).to_have_count(1)
    expect(counter.page.locator("#field-scan")).to_be_focused()
    wait_until(lambda: counter.page.evaluate("window.printed") == 1)
    shoot(counter.page, "sampled-now")


def test_a_list_that_the_server_keeps_back_leads_the_page_to_the_question_for_a_factor(counter: Counter):
    owner = counter.house.owner
    set_up_totp(person_of(owner))
    cookie = at_work(owner).cookies[settings.SESSION_COOKIE_NAME].value
    place = {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": counter.address}
    counter.page.context.add_cookies([place])
    counter.open("home")
    counter.expect_title("Comptoir")
    list_many(owner, ReadingPace().shown_per_hour)

    counter.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(counter.page).to_have_url(re.compile(re.escape(reverse("confirm"))))


# The rows that the first screen shows whole, and the labels of results that are cut or taller than a row.
SHOWN = """() => ({
  rows: [...document.querySelectorAll('#list-running tbody tr')]
    .filter(row => row.getBoundingClientRect().bottom <= innerHeight).length,
  cut: [...document.querySelectorAll('.in-row .text > span')]
    .filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent),
})"""


def test_the_screen_of_a_counter_shows_twelve_running_tests_and_cuts_no_result(counter: Counter):
    owner = counter.house.owner
    lot = make_lot(owner)
    for number in range(12):
        name = f"{'ABCDEFGHIJKL'[number]}ERTRAND"
        patient = make_patient(owner, birth_family_name=name, birth_date=f"{number + 1:02}/03/1979")
        make_sampled(owner, patient, lot, minutes_ago=number + 5)  # some of them due: the badge is there
    counter.page.set_viewport_size({"width": 1366, "height": 768})
    counter.open("home")
    expect(counter.page.locator(".window .count").first).to_be_visible()
    shoot(counter.page, "twelve")

    assert counter.page.evaluate(SHOWN) == {"rows": 12, "cut": []}


def look_again(page: Page) -> None:
    """Have the page look at its list, as it does by the clock or when a stream tells it to."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_colleagues_acts_come_into_the_list_and_not_under_the_hand(counter: Counter):
    owner, colleague = counter.house.owner, counter.house.colleague
    patient, lot = make_patient(owner), make_lot(owner)
    ours, theirs = (make_sampled(owner, patient, lot, minutes_ago=minutes) for minutes in (16, 17))
    counter.open("home")
    chosen = counter.page.locator(f"#field-{ours}-outcome-sars-cov-2-2")
    counter.page.locator(f"#field-{ours}-outcome-sars-cov-2-1").focus()
    counter.page.keyboard.press("ArrowRight")

    new = make_test(colleague, patient)
    abandon_test(by=colleague, record_id=theirs, seen="")
    look_again(counter.page)

    expect(counter.page.locator(f"#list-waiting #row-{new}")).to_be_visible()
    expect(counter.page.locator(f"#list-running #row-{theirs}")).to_have_count(0)
    expect(chosen).to_be_checked()
    expect(chosen).to_be_focused()
    counter.page.keyboard.press("Enter")
    expect(counter.page.get_by_role("dialog", name="Vérifier avant de signer")).to_contain_text("Positif")


def test_an_answer_to_a_test_that_somebody_else_went_on_with_stays_and_says_so(counter: Counter):
    owner = counter.house.owner
    record_id = sampled(counter.house)
    counter.open("home")
    counter.page.locator(f"#field-{record_id}-outcome-sars-cov-2-1").focus()
    counter.page.keyboard.press("ArrowRight")  # chooses; a press would ask for the review already

    abandon_test(by=owner, record_id=record_id, seen="")
    look_again(counter.page)

    row = counter.page.locator(f"#row-{record_id}:has(.gone)")
    expect(row).to_contain_text("Quelqu’un d’autre a continué ce test")
    expect(row.get_by_role("button", name="Vérifier")).to_be_disabled()


def test_the_label_of_a_cassette_opens_its_row_wherever_the_focus_is(counter: Counter):
    owner = counter.house.owner
    patient, lot = make_patient(owner), make_lot(owner)
    first, second = (make_sampled(owner, patient, lot, minutes_ago=minutes) for minutes in (16, 17))
    number = read_test(by=owner, record_id=first).number
    counter.open("home")
    assert counter.focused() == "field-scan"
    counter.page.locator(f"#field-{second}-outcome-sars-cov-2-1").focus()

    counter.page.keyboard.type(f"T{number}")
    counter.page.keyboard.press("Enter")

    expect(counter.page.locator(f"#field-{first}-outcome-sars-cov-2-1")).to_be_focused()
    expect(counter.page.locator(f"#row-{first}")).to_have_class("is-opened")
    expect(counter.page.locator("#counter-lists input:checked")).to_have_count(0)
    shoot(counter.page, "row-opened")


def test_a_scan_over_an_open_review_signs_nothing(counter: Counter):
    record_id = sampled(counter.house)
    counter.open("home")
    counter.page.get_by_role("radio", name="Négatif").click()
    review = counter.page.get_by_role("dialog", name="Vérifier avant de signer")
    expect(review.get_by_role("button", name="Signer : Claire")).to_be_focused()

    counter.page.keyboard.type("T50006")
    counter.page.keyboard.press("Enter")

    expect(review).to_be_visible()
    assert read_test(by=counter.house.owner, record_id=record_id).report is None


def test_going_back_from_the_review_signs_nothing_and_keeps_what_was_chosen(counter: Counter):
    record_id = sampled(counter.house)
    counter.open("home")
    counter.page.get_by_role("radio", name="Positif").click()
    review = counter.page.get_by_role("dialog", name="Vérifier avant de signer")
    expect(review.locator("[data-look]")).to_be_focused()
    review.get_by_role("button", name="Revenir").press("Enter")

    expect(review).to_be_hidden()
    expect(counter.page.locator(f"#field-{record_id}-outcome-sars-cov-2-2")).to_be_checked()
    expect(counter.page.locator(f"#field-{record_id}-outcome-sars-cov-2-2")).to_be_focused()


def test_a_result_that_may_not_be_signed_leads_to_the_page_of_its_test(counter: Counter):
    sampled(counter.house, minutes_ago=3)  # too early
    counter.open("home")
    counter.page.get_by_role("radio", name="Négatif").click()

    expect(counter.page.locator(".summary")).to_contain_text("Trop tôt")


def test_digits_choose_a_result_where_nothing_has_the_focus(counter: Counter):
    counter.open("test", sampled(counter.house))
    counter.page.evaluate("document.activeElement.blur()")

    counter.page.keyboard.press("2")

    expect(counter.page.locator("#field-outcome-sars-cov-2-2")).to_be_checked()


def test_each_line_of_the_summary_leads_to_a_field_that_takes_the_focus(counter: Counter):
    counter.open("new_patient")
    counter.page.get_by_role("button", name="Enregistrer le test").click()
    expect(counter.page.locator(".summary")).to_be_focused()
    lines = counter.page.locator(".summary a")

    for place in range(lines.count()):
        lines.nth(place).press("Enter")
        assert f"#{counter.focused()}" == lines.nth(place).get_attribute("href")


def test_the_fields_of_one_row_stand_on_one_line(counter: Counter):
    patient_id = make_patient(counter.house.owner)
    pages = [("find_patient",), ("new_patient",), ("lots",), ("journal",), ("same_person", patient_id)]

    for name, *args in pages:
        counter.open(name, *args)
        for width in (1366, 768, 390):
            counter.page.set_viewport_size({"width": width, "height": 768})
            assert counter.page.locator(".columns > .field").count() > 1
            assert counter.page.evaluate(UNEVEN) == [], (name, width)


def test_back_from_the_review_by_keyboard_keeps_the_result(counter: Counter):
    counter.open("test", sampled(counter.house))
    counter.page.keyboard.press("2")
    counter.page.get_by_label("Commentaire").fill("Bande pâle")
    counter.page.get_by_role("button", name="Vérifier avant de signer").press("Enter")
    counter.page.get_by_role("button", name="Revenir").press("Enter")

    expect(counter.page.locator("#field-outcome-sars-cov-2-2")).to_be_focused()
    expect(counter.page.locator("#field-outcome-sars-cov-2-2")).to_be_checked()
    expect(counter.page.get_by_label("Commentaire")).to_have_value("Bande pâle")


@pytest.mark.parametrize("says", [True, False])
def test_another_language_asks_before_what_was_typed_is_lost(counter: Counter, says: bool):
    asked: list[str] = []

    def answer(dialog) -> None:
        asked.append(dialog.message)
        dialog.accept() if says else dialog.dismiss()

    counter.page.on("dialog", answer)
    counter.open("new_patient")
    counter.page.get_by_role("textbox", name="Nom de naissance").fill("MARTIN")
    open_person_menu(counter.page)
    counter.page.get_by_role("button", name="English").click()

    expect(counter.page.locator("html")).to_have_attribute("lang", "en" if says else "fr")
    expect(counter.page.locator("#field-birth_family_name")).to_have_value("" if says else "MARTIN")
    assert len(asked) == 1


def test_another_language_asks_nothing_where_nothing_was_typed(counter: Counter):
    counter.open("new_patient")
    open_person_menu(counter.page)
    counter.page.get_by_role("button", name="English").click()

    expect(counter.page.locator("html")).to_have_attribute("lang", "en")


def test_a_screen_reader_hears_the_window_open_draw_to_its_end_and_close(counter: Counter):
    record_id = sampled(counter.house, minutes_ago=0)
    counter.page.clock.install()
    counter.open("test", record_id)
    told = counter.page.locator("[role=log] p")
    expect(counter.page.locator(".window .count")).to_contain_text("À lire dans")
    assert told.count() == 0

    for minutes, count, words in [(16, 1, "peut être lu"), (4, 2, "une minute"), (2, 3, "dépassé"), (5, 3, "dépassé")]:
        counter.page.clock.run_for(timedelta(minutes=minutes).total_seconds() * 1000)
        expect(told).to_have_count(count)
        expect(told.last).to_contain_text(words)


def test_the_ticket_is_as_live_as_the_sendings(counter: Counter, as_role):
    record_id = signed(counter.house)
    counter.open("test", record_id)
    expect(counter.page.get_by_role("link", name="Imprimer le ticket")).to_be_visible()
    heard = counter.page.evaluate_handle("document.getElementById('parcels-list')")

    with as_role("temoin_worker"):
        carry(counter.house)
        with shifted_by(timedelta(hours=25)):
            destroy_codes(threading.Event())

    expect(counter.page.locator("#ticket-paper")).to_contain_text("Le code a été détruit ici")
    expect(counter.page.get_by_role("link", name="Imprimer le ticket")).to_have_count(0)
    expect(counter.page.locator("#parcels-list")).to_contain_text("Lien envoyé")
    assert heard.evaluate("(one) => one.isConnected")  # the place that a screen reader listens to stayed


def carry(house: House) -> None:
    from temoin.delivery.actions import seal_letter_for
    from temoin.testing.queries import report_for_courier

    loads = claim_parcels("email", 10)
    for load in loads:
        with tenant_scope(house.here.id):
            worker = HouseActor(house.here.id, "worker")
            seal_letter_for(load=load, report=report_for_courier(by=worker, record_id=load.chain_id, number=1))
    settle_parcels([(load, Answer(Verdict.ACCEPTED, "sent")) for load in loads])


# On a telephone -------------------------------------------------------------------------------------------------------


@pytest.fixture
def telephone(live_server, chromium: Browser) -> Iterator[Counter]:
    house = open_house()
    context = profile(chromium, locale="fr-FR", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    cookie = sign_in(Client(), house.owner).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    yield Counter(live_server.url, page, house)
    context.close()


def test_a_patient_is_found_with_the_digits_of_a_telephone_alone(telephone: Counter):
    make_patient(telephone.house.owner)
    telephone.open("find_patient")
    telephone.page.get_by_role("textbox", name="Nom de naissance").fill("PAT-TROIS")
    telephone.page.get_by_label("Date de naissance").press_sequentially("28031979")
    telephone.page.keyboard.press("Enter")

    expect(telephone.page.get_by_role("heading", name="1 patient trouvé")).to_be_visible()


def test_a_button_types_the_letters_of_corsica(telephone: Counter):
    telephone.open("find_patient")
    nir = telephone.page.get_by_label("N° de sécurité sociale (NIR)")
    nir.press_sequentially("25307")
    telephone.page.get_by_role("button", name="Insérer 2B").tap()
    telephone.page.keyboard.type("07300470")

    expect(nir).to_have_value("253072B07300470")


def test_the_buttons_of_corsica_are_for_telephones(counter: Counter):
    counter.open("find_patient")

    expect(counter.page.get_by_role("button", name="Insérer 2B")).to_have_count(0)


@pytest.mark.parametrize("name", ["home", "patient"])
def test_lists_of_tests_page_by_keyboard(counter: Counter, monkeypatch: pytest.MonkeyPatch, name: str):
    from temoin.testing import lists

    monkeypatch.setattr(lists, "PAGE", 2)
    patient_id = make_patient(counter.house.owner)
    for _each in range(3):
        abandon_test(by=counter.house.owner, record_id=make_test(counter.house.owner, patient_id), seen="")
    waiting = make_test(counter.house.owner, patient_id)
    counter.open(name, *([patient_id] if name == "patient" else []))
    counter.page.get_by_role("link", name="Tests plus anciens").press("Enter")

    expect(counter.page.get_by_role("link", name="Tests plus récents")).to_be_visible()
    expect(counter.page.locator(f'a[href="{reverse("test", args=[waiting])}"]')).to_be_visible()
    assert counter.page.locator("[data-row]").count() == 2
