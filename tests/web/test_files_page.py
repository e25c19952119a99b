"""The page of files of results: who sees it, who allows laboratories there, and which order of dates it remembers."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client
from django.urls import reverse
from import_files import file_of
from page_tree import found
from people import House, make_seat, sign_in
from test_pages import check_page

from temoin.formats.csv.dates import DateOrder
from temoin.intake.progress import SILENT, Progress, last_file
from temoin.intake.results import import_results
from temoin.intake.sameness import Sameness
from temoin.intake.terms import AllowedLaboratory, allow_laboratory, read_terms
from temoin.lib.clock import frozen_at, now
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.professions import Profession
from temoin.testing.models import Record

FORM = {"number": "01D1058442", "name": "Laboratoire des Halles"}


def page_of(client: Client) -> str:
    return client.get(reverse("files")).content.decode()


def test_an_owner_allows_a_laboratory_and_withdraws_it(house: House, owner: Client):
    assert owner.post(reverse("allow_laboratory"), FORM).status_code == 302
    assert read_terms(by=house.owner).laboratories == (AllowedLaboratory(**FORM),)
    assert all(word in page_of(owner) for word in (*FORM.values(), house.here.finess))

    address = reverse("withdraw_laboratory", args=[FORM["number"]])

    assert (owner.post(address).status_code, owner.post(address).status_code) == (302, 404)
    assert FORM["number"] not in page_of(owner)


@pytest.mark.parametrize("change", [{"number": "1"}, {"name": ""}])
def test_what_is_no_laboratory_is_told_beside_its_field(house: House, owner: Client, change: dict[str, str]):
    answer = owner.post(reverse("allow_laboratory"), FORM | change)

    assert answer.status_code == 400
    check_page("files", answer.content.decode())
    assert read_terms(by=house.owner).laboratories == ()


def test_a_colleague_who_imports_sees_the_list_and_cannot_change_it(house: House):
    allow_laboratory(by=house.owner, **FORM)
    adjoint = sign_in(Client(), make_seat(house.here, Profession.ADJOINT))

    page = page_of(adjoint)

    assert FORM["name"] in page
    assert reverse("allow_laboratory") not in page
    assert adjoint.post(reverse("allow_laboratory"), FORM).status_code == 403
    assert adjoint.post(reverse("withdraw_laboratory", args=[FORM["number"]])).status_code == 403


def test_a_technician_and_a_stranger_see_nothing_of_it(house: House, colleague: Client, stranger: Client):
    allow_laboratory(by=house.owner, **FORM)

    assert colleague.get(reverse("files")).status_code == 403
    assert FORM["name"] not in page_of(stranger)
    assert stranger.post(reverse("withdraw_laboratory", args=[FORM["number"]])).status_code == 404


def test_the_order_of_dates_is_shown_replaced_and_forgotten(house: House, owner: Client):
    for said, kept in (("dmy", DateOrder.DMY), ("mdy", DateOrder.MDY), ("none", None)):
        assert owner.post(reverse("keep_date_order"), {"dates": said}).status_code == 302
        assert read_terms(by=house.owner).date_order is kept
        assert found(page_of(owner), f'//input[@name="dates" and @value="{said}" and @checked]')

    assert owner.post(reverse("keep_date_order"), {"dates": "ymd"}).status_code == 400


def test_the_page_shows_how_far_the_last_file_is_and_that_it_stopped(house: House, owner: Client):
    assert not found(page_of(owner), "//progress")
    begun = Progress(house.owner, rows=4000, is_trial=False)

    assert found(page_of(owner), '//progress[@max="4000" and @value="0"]')
    with frozen_at(now() + SILENT * 2):
        assert last_file(by=house.owner).is_stopped

    begun.end(Counter({Sameness.STORED: 3999, Sameness.REFUSED: 1}))

    assert found(page_of(owner), '//progress[@value="4000"]')
    assert not found(page_of(owner), '//section[@aria-labelledby="last-file"]//a')


def test_page_and_print_of_a_laboratory_s_result_tell_who_ordered_it_and_who_made_it(house: House, owner: Client):
    allow_laboratory(by=house.owner, **FORM)
    row = {"testing_lab_clia": FORM["number"], "testing_lab_name": FORM["name"]}
    import_results(by=house.owner, stream=file_of(row), dry_run=False, tell=lambda _: None, dates=DateOrder.MDY)
    with tenant_scope(house.here.id):
        record = Record.objects.get()

    for name in ("test", "print_result"):
        text = " ".join(owner.get(reverse(name, args=[record.id])).content.decode().split())
        assert f"{FORM['name']} · CLIA {FORM['number']}" in text, name
        assert "John Smith MD · 1013012657" in text, name
