"""The pages of the lots: one button per act, what is left, why a lot is not used, and the name of the workstation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_sampled, make_test

from temoin.catalogue.actions import read_lot
from temoin.catalogue.lots import close_lot, recall_lot
from temoin.lib.clock import now


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
    lot_id = make_lot(house.owner, expiry=now().date() + timedelta(days=5))
    owner.post(reverse("count_lot", args=[lot_id]), {"left": "6"})
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
    make_lot(house.owner, number="Q1")

    this, odd, old = (owner.get(reverse("quality") + year).content.decode() for year in ("", "?year=x", "?year=2001"))

    assert "Q1" in this
    assert "Q1" in odd
    assert "fiche qualité de 2016" in old
    assert "Q1" not in old
