"""A minute without network at the counter: what was pressed waits in the page, once; no signature waits."""

from __future__ import annotations

import os
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import COVID, House, make_lot, make_patient, make_sampled, make_test, open_house, sign_in
from playwright.sync_api import Page, Route, expect
from test_road_in_browser import shoot

from temoin.lib.clock import now
from temoin.lib.ids import new_id
from temoin.testing.actions import undo_sample
from temoin.testing.group_queries import read_group
from temoin.testing.groups import PlaceState, join_group, open_group
from temoin.testing.lists import list_tests
from temoin.testing.queries import read_test
from temoin.testing.states import RecordState

# Browser and server share one process here: Django must not refuse the loop that Playwright runs.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def house(live_server, page: Page) -> House:
    house = open_house()
    cookie = sign_in(Client(), house.owner).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return house


def go_away(page: Page) -> None:
    page.context.set_offline(True)


def come_back(page: Page) -> None:
    page.context.set_offline(False)
    # what the browser says of the requests that failed meanwhile
    page.troubles[:] = [line for line in page.troubles if "ERR_INTERNET_DISCONNECTED" not in line]  # type: ignore[attr-defined]


def waiting_of(house: House, record_id: UUID):
    return next(row.wait for row in list_tests(by=house.owner).under_way if row.id == record_id)


def test_acts_of_the_rows_wait_in_the_page_and_are_recorded_once_at_their_time(house: House, live_server, page: Page):
    make_lot(house.owner)
    first, second = (make_test(house.owner, make_patient(house.owner)) for _ in range(2))
    page.goto(live_server.url + reverse("home"))
    go_away(page)
    before = now()
    page.locator(f"#row-{first}").get_by_role("button", name="Prélevé maintenant").click()
    expect(page.locator(f"#row-{first}")).to_contain_text("Pas de réseau")
    pressed = now()
    page.locator(f"#row-{second}").get_by_role("button", name="Appelé").click()
    expect(page.locator(f"#row-{second}")).to_contain_text("Pas de réseau")
    shoot(page, "without-network")
    assert read_test(by=house.owner, record_id=first).state is RecordState.REGISTERED

    come_back(page)

    expect(page.locator(".messages")).to_contain_text("Le prélèvement est enregistré")
    test = read_test(by=house.owner, record_id=first)
    assert before - timedelta(seconds=1) <= test.sampled_at <= pressed
    assert waiting_of(house, second).called_at is not None


def test_an_act_that_is_not_to_be_sent_is_not(house: House, live_server, page: Page):
    make_lot(house.owner)
    record_id = make_test(house.owner, make_patient(house.owner))
    page.goto(live_server.url + reverse("home"))
    go_away(page)
    page.locator(f"#row-{record_id}").get_by_role("button", name="Prélevé maintenant").click()
    page.get_by_role("button", name="Ne pas l’envoyer").click()
    come_back(page)

    page.locator(f"#row-{record_id}").get_by_role("button", name="Absent").click()

    expect(page.locator(".messages")).to_contain_text("L’absence est notée")
    assert read_test(by=house.owner, record_id=record_id).state is RecordState.REGISTERED


def test_a_signature_waits_and_says_so_and_what_was_chosen_stays(house: House, live_server, page: Page):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    page.goto(live_server.url + reverse("home"))
    go_away(page)
    page.get_by_role("radio", name="Négatif").click()
    expect(page.locator(f"#row-{record_id}")).to_contain_text("rien n’est signé")
    come_back(page)
    page.get_by_role("button", name="Vérifier").click()
    button = page.get_by_role("button", name="Signer : Claire")
    expect(button).to_be_focused()

    go_away(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("rien n’est signé")
    assert read_test(by=house.owner, record_id=record_id).report is None
    come_back(page)
    expect(button).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_contain_text("Le résultat est signé")


def test_what_is_pressed_on_any_other_page_stays_there_and_is_sent_once(house: House, live_server, page: Page):
    group_id = new_id()
    open_group(by=house.owner, group_id=group_id, name="École", kind=COVID)
    join_group(by=house.owner, group_id=group_id, patient_ids=[make_patient(house.owner)])
    page.goto(live_server.url + reverse("group", args=[group_id]))
    absent = page.locator("button[value^=absent]")
    page.get_by_text("Ajouter des personnes").click()
    page.get_by_label("Personnes").fill("MARTIN;Léa")

    go_away(page)
    absent.click()
    expect(page.locator("#list-roster tbody tr")).to_contain_text("rien n’est envoyé")
    shoot(page, "roster-without-network")
    expect(page.get_by_label("Personnes")).to_have_value("MARTIN;Léa")
    come_back(page)
    absent.click()

    expect(page.locator("#list-roster tbody tr")).to_contain_text("N’est plus absent")
    assert [one.place.state for one in read_group(by=house.owner, group_id=group_id).members] == [PlaceState.ABSENT]


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("cut", ["silent", "refused", "away"])
def test_a_line_cut_behind_the_router_loses_nothing_typed(live_server, page: Page, cut: str):
    page.clock.install()
    page.goto(live_server.url + reverse("new_patient"))
    page.clock.run_for(11_000)  # the form took a while
    page.locator("#field-birth_family_name").fill("MARTIN")
    send = page.locator("main form button.main").last

    def answer(route: Route) -> None:
        if cut == "away":
            route.fulfill(status=502)
        elif cut == "refused":
            route.abort()

    page.route("**/*", answer)
    send.click()
    page.clock.run_for(6_000)
    expect(page.locator(".gone")).to_contain_text("rien n’est envoyé")
    expect(page.locator("#field-birth_family_name")).to_have_value("MARTIN")
    page.troubles.clear()  # type: ignore[attr-defined]
    page.unroute("**/*")
    send.click()

    expect(page.get_by_role("alert").first).to_contain_text("points à corriger")
    expect(page.locator("#field-birth_family_name")).to_have_value("MARTIN")


def test_an_act_whose_answer_was_lost_is_not_done_again(house: House):
    make_lot(house.owner)
    record_id = make_test(house.owner, make_patient(house.owner))
    row = next(row for row in list_tests(by=house.owner).under_way if row.id == record_id)
    client = sign_in(Client(), house.owner)
    page = client.get(reverse("home")).content.decode()
    lot = page.split('name="lot" value="')[1].split('"')[0]
    form = {"at": "counter", "lot": lot, "specimen": "nasopharyngeal-swab", "seen": row.seen}
    address = reverse("sample", args=[record_id])
    client.post(address, form)
    undo_sample(by=house.colleague, record_id=record_id, seen="")

    answer = client.post(address, form, headers={"X-In-Place": "yes"})

    assert (answer.status_code, answer["X-Leads-To"]) == (204, f"{reverse('home')}?next=1&new={record_id}")
    assert read_test(by=house.owner, record_id=record_id).state is RecordState.REGISTERED
