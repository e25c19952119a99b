"""A recall as its pages show it: whom to tell, what to say, the letters, the file; and back to the list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from kit_files import RECALL, SHIPPED, kits_as_before, use_catalogue
from people import House, make_lot, make_patient, make_signed
from sheets import lines_of

from temoin.catalogue.actions import read_lot
from temoin.catalogue.lots import recall_lot
from temoin.web.routes import ROUTES

NOTICE = "FSCA 2026-11"


@pytest.fixture
def recalled(house: House) -> tuple[object, object]:
    """A recalled lot with one signed test, of a patient whom a spreadsheet would compute."""
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, make_patient(house.owner), lot_id, outcome="positive")
    recall_lot(by=house.owner, lot_id=lot_id, reference=NOTICE)
    return lot_id, record_id


def page_of(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_the_list_says_whom_to_tell_and_leads_there_and_back(owner: Client, recalled):
    lot_id, record_id = recalled
    page = page_of(owner, "concerned", lot_id)
    told = f"{reverse('told', args=[record_id, 'phone'])}?lot={lot_id}"
    assert "1 patient à prévenir" in page
    assert told in page

    say = owner.get(told).content.decode()
    answer = owner.post(told, {"version": "1", "lot": str(lot_id)}, follow=True)

    assert NOTICE in say
    assert answer.redirect_chain[0][0] == reverse("concerned", args=[lot_id])
    assert "0 patient à prévenir" in answer.content.decode()
    assert "Communiqué par téléphone" in answer.content.decode()


def test_a_letter_names_the_lot_and_no_result(owner: Client, recalled):
    page = page_of(owner, "recall_letters", recalled[0])

    assert page.count('class="sheet leaf"') == 1
    assert "PAT-TROIS" in page
    assert NOTICE in page
    assert "Positif" not in page


@pytest.fixture
def by_notice(house: House, tmp_path: Path) -> Iterator[tuple[UUID, UUID]]:
    """A lot with one signed test, which the manufacturer recalls by a notice in the catalogue and nobody here."""
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, make_patient(house.owner), lot_id)
    with kits_as_before():
        use_catalogue(tmp_path, f"{SHIPPED}\n{RECALL.replace('BAD1', 'A12345')}")
        yield lot_id, record_id


def test_a_lot_recalled_by_the_catalogue_leads_to_its_people_like_any_other(owner: Client, by_notice):
    lot_id, record_id = by_notice
    people, tell = reverse("concerned", args=[lot_id]), f"{reverse('told', args=[record_id, 'phone'])}?lot={lot_id}"

    assert f'class="button main" href="{people}"' in page_of(owner, "lot", lot_id)
    assert "avis FSCA 1." in page_of(owner, "concerned", lot_id)
    assert "FSCA 1)" in owner.get(tell).content.decode()
    assert "FSCA 1." in page_of(owner, "recall_letters", lot_id)
    assert "Rappelé : FSCA 1" in page_of(owner, "quality")

    answer = owner.post(tell, {"version": "1", "lot": str(lot_id)}, follow=True).content.decode()
    assert "0 patient à prévenir" in answer


def test_while_a_notice_stands_its_lot_is_neither_opened_nor_freed(house: House, owner: Client, by_notice):
    lot_id, _record_id = by_notice
    owner.post(reverse("close_lot", args=[lot_id]))
    assert reverse("open_lot", args=[lot_id]) not in page_of(owner, "lot", lot_id)
    assert owner.post(reverse("open_lot", args=[lot_id])).status_code == 400

    owner.post(reverse("recall_lot", args=[lot_id]), {"recall_reference": "FSCA 1"})
    assert reverse("lift_recall", args=[lot_id]) not in page_of(owner, "lot", lot_id)
    answer = owner.post(reverse("lift_recall", args=[lot_id]))

    assert answer.status_code == 400
    assert "Le catalogue porte l’avis du fabricant" in answer.content.decode()
    assert read_lot(by=house.owner, lot_id=lot_id).state == "recalled"


def test_the_file_has_a_line_for_each_test(owner: Client, recalled):
    answer = owner.get(reverse("concerned_file", args=[recalled[0]]))

    (line,) = lines_of(answer)
    assert answer["Content-Disposition"] == 'attachment; filename="lot-A12345.csv"'
    assert (line["patient"], line["birth_date"], line["state"]) == ("PAT-TROIS Dominique", "1979-03-28", "signed")
    assert line["result"].endswith(": Positif")
    assert line["phone"] == "'+33612345678"  # a spreadsheet would compute it


def test_of_a_lot_that_is_not_recalled_nobody_is_to_be_told(house: House, owner: Client):
    lot_id = make_lot(house.owner)
    make_signed(house.owner, make_patient(house.owner), lot_id)

    page = page_of(owner, "concerned", lot_id)

    assert "Le lot n’est pas rappelé" in page
    assert "/told/" not in page
    assert reverse("recall_letters", args=[lot_id]) not in page
    assert reverse("concerned_file", args=[lot_id]) in page
    assert owner.get(reverse("recall_letters", args=[lot_id])).status_code == 409


def test_what_is_carried_away_of_many_asks_for_a_fresh_factor():
    routes = {route.name: route for route in ROUTES}

    assert {name for name in ("recall_letters", "concerned_file", "concerned") if routes[name].step_up} == {
        "recall_letters",
        "concerned_file",
    }


def test_list_and_letters_lead_to_their_next_page(house: House, owner: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("temoin.delivery.recall.MOST", 1)
    lot_id = make_lot(house.owner, number="B2")
    for _ in range(2):
        make_signed(house.owner, make_patient(house.owner), lot_id)
    recall_lot(by=house.owner, lot_id=lot_id, reference=NOTICE)

    for name, words in (("concerned", "Tests suivants du lot"), ("recall_letters", "Courriers suivants")):
        first, last = (page_of(owner, name, lot_id), owner.get(reverse(name, args=[lot_id]) + "?page=1"))
        assert words in first
        assert "?page=1" in first
        assert "2 patients à prévenir" in first
        assert words not in last.content.decode()


def test_a_colleague_calls_but_carries_no_list_away(colleague: Client, recalled):
    page = page_of(colleague, "concerned", recalled[0])

    assert "/told/phone/" in page
    assert reverse("concerned_file", args=[recalled[0]]) not in page
    assert colleague.get(reverse("concerned_file", args=[recalled[0]])).status_code == 403
