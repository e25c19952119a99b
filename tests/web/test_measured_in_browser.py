"""A measured quantity at the counter: typed in its row, reviewed in place with what its range means, and signed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from people import House, make_lot, make_patient, make_test
from playwright.sync_api import expect
from test_counter_in_browser import Counter, counter  # noqa: F401 - the fixture of a counter
from test_road_in_browser import shoot

from temoin.lib.clock import now
from temoin.testing.actions import take_sample
from temoin.testing.queries import read_test
from temoin.testing.sample import Sample


def blood(house: House) -> UUID:
    """A drop of blood, on a meter that shows its value at once."""
    lot = make_lot(house.owner, kit="nova-statstrip-xpress")
    record_id = make_test(house.owner, make_patient(house.owner), kind="capillary-glucose")
    sample = Sample("capillary-blood", now() - timedelta(minutes=1), lot)
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
    return record_id


def test_a_value_is_typed_in_its_row_and_signed_as_it_was_shown(counter: Counter):  # noqa: F811
    record_id = blood(counter.house)
    page = counter.page
    counter.open("home")
    row = page.locator(f"#row-{record_id}")
    shoot(page, "measure-in-row")
    row.get_by_label("Glycémie capillaire").fill("1,31")
    page.keyboard.press("Enter")
    expect(row.get_by_role("radio", name="g/L", exact=True)).to_be_focused()  # the unit is asked for, never guessed

    row.get_by_role("radio", name="g/L", exact=True).click()
    review = page.get_by_role("dialog", name="Vérifier avant de signer")
    expect(review).to_contain_text("1,31\u00a0g/L")
    expect(review).to_contain_text("À jeun depuis 8 heures\u00a0: orientez vers un médecin")
    shoot(page, "measure-review")
    expect(review.get_by_role("button", name="Signer : Claire")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_contain_text("Le résultat est signé")
    report = read_test(by=counter.house.owner, record_id=record_id).report
    assert report is not None
    assert report.findings[0].read == "1.31 g/L"


def test_a_value_of_another_unit_is_asked_again_with_what_was_typed(counter: Counter):  # noqa: F811
    record_id = blood(counter.house)
    page = counter.page
    counter.open("test", record_id)
    value = page.get_by_label("Glycémie capillaire")
    value.fill("131")
    page.get_by_role("radio", name="g/L", exact=True).click()
    page.keyboard.press("Enter")

    expect(page.locator("#field-outcome-glucose-problem")).to_contain_text("l’est en mg/dL")
    expect(value).to_have_value("131")
    shoot(page, "measure-other-unit")
    page.get_by_role("radio", name="mg/dL", exact=True).click()
    page.keyboard.press("Enter")
    expect(page.locator(".review")).to_contain_text("131\u00a0mg/dL")
    page.wait_for_load_state()
    page.get_by_role("button", name="Revenir, c’est une erreur").click()

    expect(page.get_by_label("Glycémie capillaire")).to_have_value("131")
    expect(page.get_by_role("radio", name="mg/dL")).to_be_checked()
