"""The pages of the lots: one button per act, what is left, why a lot is not used, and the name of the workstation."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from kit_files import NEW_KIT, SHIPPED, kits_as_before, use_catalogue
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test

from temoin.catalogue import actions as catalogue
from temoin.catalogue.actions import read_lot, receive_lot
from temoin.catalogue.controls import ControlLevel
from temoin.catalogue.kits import use_kits_file
from temoin.catalogue.lots import close_lot, open_lot, recall_lot, record_control
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.seat import today


def page_of(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_one_press_opens_a_lot_at_the_workstation_of_this_browser(house: House, owner: Client):
    lot_id = make_lot(house.owner)
    owner.post(reverse("name_workstation"), {"opened_where": "Comptoir n° 1"})

    answer = owner.post(reverse("open_lot", args=[lot_id]), {"at": "lots"})

    assert answer["Location"] == reverse("lots")
    assert read_lot(by=house.owner, lot_id=lot_id).opened_where == "Comptoir n° 1"
    assert "Comptoir n° 1" in page_of(owner, "lots")


def test_a_cookie_that_was_played_with_names_no_workstation(house: House, owner: Client):
    lot_id = make_lot(house.owner)
    from django.conf import settings

    owner.cookies[settings.WORKSTATION_COOKIE_NAME] = "%00" + "x" * 200

    owner.post(reverse("open_lot", args=[lot_id]))

    assert read_lot(by=house.owner, lot_id=lot_id).opened_where == ""


def test_the_row_says_how_many_days_and_tests_are_left(house: House, owner: Client):
    lot_id = make_lot(house.owner, expiry=today_in(HOUSE) + timedelta(days=5))
    owner.post(reverse("count_lot", args=[lot_id]), {"left": "6", "seen": ""})
    for _ in range(2):
        make_sampled(house.owner, make_patient(house.owner), lot_id)

    page = page_of(owner, "lots")

    assert "6 jours restants" in page
    assert "Périme bientôt" in page
    assert "Presque épuisé" in page


@pytest.mark.parametrize(
    ("form", "sentence"), [({"left": "beaucoup"}, "Indiquez combien"), ({"left": ""}, "Indiquez combien")]
)
def test_a_count_that_is_none_is_told_beside_its_field(house: House, owner: Client, form, sentence):
    answer = owner.post(reverse("count_lot", args=[make_lot(house.owner)]), form)

    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_a_form_that_is_refused_leads_to_the_other_pages_of_the_stock(house: House, owner: Client, monkeypatch):
    monkeypatch.setattr(catalogue, "PAGE", 1)
    make_lot(house.owner), make_lot(house.owner, number="OTHER")

    refused = owner.post(reverse("receive_lot"), {})

    assert (refused.status_code, f'href="{reverse("lots")}?page=1"' in refused.content.decode()) == (400, True)


def test_a_recall_needs_its_reference_and_stops_the_lot(house: House, owner: Client):
    lot_id = make_lot(house.owner)
    refused = owner.post(reverse("recall_lot", args=[lot_id]), {"recall_reference": ""})
    assert (refused.status_code, read_lot(by=house.owner, lot_id=lot_id).state) == (400, "received")

    owner.post(reverse("recall_lot", args=[lot_id]), {"recall_reference": "FSCA 12"})

    assert "FSCA 12" in page_of(owner, "lot", lot_id)
    assert "Rappelé" in page_of(owner, "lots")


def test_a_second_press_says_where_the_lot_stands(house: House, owner: Client):
    lot_id = make_lot(house.owner)
    close_lot(by=house.colleague, lot_id=lot_id)

    answer = owner.post(reverse("close_lot", args=[lot_id]), follow=True)

    assert answer.status_code == 200
    assert "Un collègue a été plus rapide" in answer.content.decode()


def wrong_control(house: House, lot_id: UUID) -> None:
    record_control(by=house.owner, lot_id=lot_id, level=ControlLevel.POSITIVE, is_right=False, expected_controls=0)


def test_a_word_of_neither_button_records_no_control(house: House, owner: Client):
    lot_id = uncontrolled(house)

    answer = owner.post(reverse("control_lot", args=[lot_id, "positive"]), {"is_right": "oui", "seen": "0"})

    assert answer.status_code == 404
    assert read_lot(by=house.owner, lot_id=lot_id).control_failed is False


TO_SET_ASIDE = {
    "received": lambda house: make_lot(house.owner),
    "open": lambda house: opened(house, make_lot(house.owner)),
    "received, control wrong": lambda house: spoilt(house, make_lot(house.owner)),
    "open, control wrong": lambda house: spoilt(house, opened(house, make_lot(house.owner))),
    "open, controls due": lambda house: opened(house, uncontrolled(house)),
    "received, controls due": lambda house: uncontrolled(house),
}


def opened(house: House, lot_id: UUID) -> UUID:
    open_lot(by=house.owner, lot_id=lot_id)
    return lot_id


def spoilt(house: House, lot_id: UUID) -> UUID:
    wrong_control(house, lot_id)
    return lot_id


def uncontrolled(house: House) -> UUID:
    expiry = today_in(HOUSE) + timedelta(days=9)
    return receive_lot(by=house.owner, kit="biosynex-strep-a", number="S1", expiry=expiry)


@pytest.mark.parametrize("lot", TO_SET_ASIDE)
def test_whatever_is_wrong_with_a_lot_in_use_its_page_sets_it_aside_once(house: House, owner: Client, lot: str):
    lot_id = TO_SET_ASIDE[lot](house)

    assert page_of(owner, "lot", lot_id).count(f'action="{reverse("close_lot", args=[lot_id])}"') == 1
    owner.post(reverse("close_lot", args=[lot_id]))

    assert read_lot(by=house.owner, lot_id=lot_id).state == "closed"


def test_a_lot_of_a_kit_that_the_catalogue_lost_is_shown_by_its_code(house: House, owner: Client, tmp_path: Path):
    with kits_as_before():
        file = use_catalogue(tmp_path, f"{SHIPPED}\n{NEW_KIT}")
        lot_id, patient_id = make_lot(house.owner, kit="new-one"), make_patient(house.owner)
        tests = make_signed(house.owner, patient_id, lot_id), make_sampled(house.owner, patient_id, lot_id)
        file.unlink()
        use_kits_file(file)

        of_lot = ("lots",), ("lot", lot_id), ("quality",), ("concerned", lot_id)
        for name, *args in (*of_lot, *(("test", one) for one in tests)):
            answer = owner.get(reverse(name, args=args))
            assert (name, answer.status_code) == (name, 200)
            assert "new-one" in answer.content.decode() or name == "test"
        assert "Dispositif inconnu" in page_of(owner, "lots")
        assert owner.get(reverse("home")).status_code == 200
        assert owner.post(reverse("read_shelf"), {"celsius": "20"}, follow=True).status_code == 200


def test_who_may_not_recall_is_not_asked_to(house: House, colleague: Client):
    assert reverse("recall_lot", args=[make_lot(house.owner)]) not in page_of(
        colleague, "lot", make_lot(house.owner, number="B2")
    )


def test_the_form_of_a_sample_offers_no_lot_in_trouble(house: House, owner: Client):
    good, recalled = make_lot(house.owner, number="GOOD1"), make_lot(house.owner, number="BAD1")
    recall_lot(by=house.owner, lot_id=recalled, reference="FSCA 1")
    record_id = make_test(house.owner, make_patient(house.owner))

    page = page_of(owner, "test", record_id)
    form = {"lot": str(recalled), "specimen": "nasopharyngeal-swab"}
    refused = owner.post(reverse("sample", args=[record_id]), form)

    assert str(good) in page
    assert str(recalled) not in page
    assert refused.status_code == 400
    assert "Ce lot a été rappelé par son fabricant" in refused.content.decode()


def test_the_shelf_is_read_once_a_day_and_told_when_it_is_too_warm(house: House, owner: Client):
    make_lot(house.owner)
    assert "Pas encore relevée aujourd’hui" in page_of(owner, "lots")

    page = owner.post(reverse("read_shelf"), {"celsius": "31,5"}, follow=True).content.decode()

    assert "elle sort de ce que permettent les dispositifs" in page
    assert "31,5 °C, relevée par Claire MARTIN" in page
    refused = owner.post(reverse("read_shelf"), {"celsius": "warm"})
    assert refused.status_code == 400
    assert "Indiquez la température en degrés" in refused.content.decode()


def test_the_quality_sheet_is_that_of_the_year_asked_for(house: House, owner: Client):
    make_lot(house.owner, number="LOT-Q1")

    this, odd, old = (owner.get(reverse("quality") + year).content.decode() for year in ("", "?year=x", "?year=2001"))

    assert "LOT-Q1" in this
    assert "LOT-Q1" in odd
    assert "fiche qualité de 2016" in old
    assert "?year=2015" not in old
    assert "LOT-Q1" not in old


def test_the_sheets_lead_to_the_year_before_and_back(house: House, owner: Client):
    year = today(house.here.id).year

    this, before = page_of(owner, "quality"), owner.get(f"{reverse('quality')}?year={year - 1}").content.decode()

    assert (f"?year={year - 1}" in this, f"?year={year + 1}" in this) == (True, False)
    assert (f"?year={year - 2}" in before, f"?year={year}" in before) == (True, True)
