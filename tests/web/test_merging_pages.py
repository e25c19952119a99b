"""The pages that merge two records of one person: found, compared, confirmed once, and open to a pharmacist only."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from page_tree import found as nodes
from people import House, make_lot, make_patient, make_signed, sign_in

from temoin.patients.merging import MergeReason
from temoin.patients.queries import read_patient
from temoin.pharmacies.seat import Seat
from temoin.testing.lists import list_tests_of_patient

BUTTON = "C’est la même personne que"


@pytest.fixture
def goes(house: House) -> UUID:
    return make_patient(house.owner, birth_family_name="PAT-TROI", email="")


@pytest.fixture
def stays(house: House) -> UUID:
    return make_patient(house.owner, nir="", phone="")


def address(stays: UUID, goes: UUID) -> str:
    return reverse("merge_patients", args=[stays, goes])


def confirmed(by: Seat, stays: UUID, goes: UUID, **changes: str) -> dict[str, str]:
    seen = {name: read_patient(by=by, patient_id=one).seen_version for name, one in (("stays", stays), ("goes", goes))}
    form = {"seen_stays": seen["stays"], "seen_goes": seen["goes"], "reason": MergeReason.WRITTEN_OTHERWISE}
    return {**form, "confirmed": "yes", **changes}


def number_of_tests(house: House, patient_id: UUID) -> int:
    return len(list_tests_of_patient(by=house.owner, patient_id=patient_id).done)


def test_the_patients_page_leads_to_the_records_that_may_be_the_same(owner, goes, stays):
    page = owner.get(reverse("patient", args=[stays])).content.decode()
    assert BUTTON in page
    assert reverse("same_person", args=[stays]) in page

    offered = owner.get(reverse("same_person", args=[stays])).content.decode()

    assert address(stays, goes) in offered
    assert address(stays, stays) not in offered


def test_a_record_that_is_not_alike_is_found_by_the_search(house, owner, goes):
    other = make_patient(house.owner, birth_family_name="MULLER", birth_date="01/10/1995", nir="")
    page = reverse("same_person", args=[goes])

    assert address(goes, other) not in owner.get(page).content.decode()
    found = owner.post(page, {"birth_family_name": "Muller", "birth_date": "01/10/1995"}).content.decode()
    assert address(goes, other) in found


def test_both_records_are_shown_with_what_differs_and_what_becomes_of_it(house, owner, goes, stays):
    signed = make_signed(house.owner, goes, make_lot(house.owner))

    page = owner.get(address(stays, goes)).content.decode()

    assert page.index("différent") < page.index("PAT-TROIS") < page.index("non repris")
    assert reverse("test", args=[signed]) in page
    assert address(goes, stays) in page  # to keep the other one instead
    assert read_patient(by=house.owner, patient_id=goes).birth_family_name == "PAT-TROI"


def test_one_post_merges_and_leads_to_the_record_that_stays(house, owner, goes, stays):
    make_signed(house.owner, goes, make_lot(house.owner))

    answer = owner.post(address(stays, goes), confirmed(house.owner, stays, goes))

    assert answer["Location"] == reverse("patient", args=[stays])
    assert number_of_tests(house, stays) == 1
    gone = owner.get(reverse("patient", args=[goes]))
    assert gone["Location"] == reverse("patient", args=[stays])


@pytest.mark.parametrize(("missing", "field"), [("confirmed", "confirmed"), ("reason", "reason-1")])
def test_without_confirmation_or_reason_nothing_is_merged_and_the_form_is_kept(
    house, owner, goes, stays, missing, field
):
    answer = owner.post(address(stays, goes), confirmed(house.owner, stays, goes, **{missing: ""}))

    page = answer.content.decode()
    assert (answer.status_code, f'href="#field-{field}"' in page) == (400, True)
    assert nodes(page, '//input[@value="written_otherwise" and @checked]') or missing == "reason"
    assert read_patient(by=house.owner, patient_id=goes)


@pytest.mark.parametrize("which", ["seen_stays", "seen_goes"])
def test_a_record_changed_since_is_compared_again_and_confirmed_again(house, owner, goes, stays, which):
    form = confirmed(house.owner, stays, goes, **{which: "other"})

    page = owner.post(address(stays, goes), form).content.decode()

    assert "entre-temps" in page
    assert nodes(page, '//input[@name="confirmed"]')
    assert nodes(page, '//input[@name="confirmed" and @checked]') == []
    assert f'value="{confirmed(house.owner, stays, goes)[which]}"' in page
    assert read_patient(by=house.owner, patient_id=goes)


def test_two_nirs_are_said_and_leave_no_button(house, owner, goes):
    other = make_patient(house.owner, nir="2 95 10 99 126 111 93", birth_date="01/10/1995")

    page = owner.get(address(goes, other)).content.decode()
    refused = owner.post(address(goes, other), confirmed(house.owner, goes, other))

    assert "NIR différents" in page
    assert 'name="confirmed"' not in page
    assert refused.status_code == 400


def test_a_technician_finds_no_way_to_merge_and_is_refused(house, colleague, goes, stays):
    form = confirmed(house.owner, stays, goes)

    assert BUTTON not in colleague.get(reverse("patient", args=[stays])).content.decode()
    assert colleague.get(address(stays, goes)).status_code == 403
    assert colleague.post(address(stays, goes), form).status_code == 403
    assert read_patient(by=house.owner, patient_id=goes)


def test_a_stranger_meets_unknown_records(house, stranger, goes, stays):
    theirs = make_patient(house.stranger)
    form = confirmed(house.owner, stays, goes)

    for one, other in ((stays, goes), (theirs, goes), (stays, theirs)):
        assert stranger.get(address(one, other)).status_code == 404
        assert stranger.post(address(one, other), form).status_code == 404
    assert stranger.get(reverse("same_person", args=[stays])).status_code == 404


def test_a_record_merged_twice_leads_to_the_one_that_stays(house, owner, goes, stays):
    form = confirmed(house.owner, stays, goes)
    owner.post(address(stays, goes), form)

    again = owner.post(address(stays, goes), form)

    assert (again.status_code, again["Location"]) == (302, reverse("patient", args=[stays]))


def test_a_record_is_not_compared_with_itself(owner, stays):
    assert owner.get(address(stays, stays)).status_code == 404


@pytest.mark.usefixtures("stays")
def test_two_candidates_can_be_merged_by_a_pharmacist(house, owner, goes):
    search = {"birth_family_name": "PAT-TROIS", "birth_date": "28/03/1979"}

    page = owner.post(reverse("find_patient"), search).content.decode()
    seen_by_technician = sign_in(Client(), house.colleague).post(reverse("find_patient"), search).content.decode()

    assert reverse("same_person", args=[goes]) in page
    assert BUTTON not in seen_by_technician
