"""The pages of a patient: a second record of one person is asked about, and no tab overwrites another in silence."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from people import TRAITS, House, make_lot, make_patient, make_signed

from temoin.lib.ids import new_id
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.queries import patients_by_name, read_patient
from temoin.patients.traits import check_traits
from temoin.patients.ways import WAY_TEXT
from temoin.testing.merging import merge_patients
from temoin.web.patient_form import WAY_CONSENT, WAYS

BORN = check_traits(TRAITS).birth_date


def new_form(**changes: str) -> dict[str, str]:
    ids = {"patient_id": str(new_id()), "record_id": str(new_id())}
    return {**TRAITS, "nir": "", "kind": "covid19-ag", "consent": CURRENT_NOTICE, **ids, **changes}


def known(house: House) -> int:
    return len(patients_by_name(by=house.owner, family_name="PAT-TROIS", birth_date=BORN))


def test_a_likely_second_record_is_asked_about_once(house: House, owner: Client):
    first = make_patient(house.owner)
    form = new_form(birth_family_name="PAT TROI")

    page = owner.post(reverse("new_patient"), form).content.decode()

    assert "Est-ce l’un de ces patients" in page
    assert reverse("new_test", args=[first]) in page
    assert f'name="others" value="{first}"' in page
    assert known(house) == 1
    answer = owner.post(reverse("new_patient"), {**form, "others": str(first)})
    assert answer["Location"] == reverse("test", args=[form["record_id"]])
    assert known(house) == 2


def test_what_was_typed_is_kept_for_whoever_looks_at_a_likely_record_first(house: House, owner: Client):
    first = make_patient(house.owner)
    owner.post(reverse("new_patient"), new_form(street="12 rue Neuve"))
    owner.get(reverse("patient", args=[first]))

    assert "12 rue Neuve" in owner.get(reverse("new_patient")).content.decode()


def test_a_nir_of_another_record_is_refused_at_its_field(house: House, owner: Client):
    first = make_patient(house.owner)

    form = new_form(nir=TRAITS["nir"], others=str(first))
    page = owner.post(reverse("new_patient"), form).content.decode()

    assert 'href="#field-nir"' in page
    assert known(house) == 1


@pytest.mark.parametrize("seen", ["stale", ""])
def test_the_second_of_two_tabs_sees_what_the_first_wrote(house: House, owner: Client, seen: str):
    patient = make_patient(house.owner, email="new@exemple.fr")
    address = reverse("amend_patient", args=[patient])
    typed = {**TRAITS, "email": "", "phone": "06 12 34 56 99"}

    page = owner.post(address, {**typed, "seen": seen}).content.decode()

    assert "new@exemple.fr" in page
    assert "06 12 34 56 99" in page
    now_seen = read_patient(by=house.owner, patient_id=patient)
    assert (now_seen.email, f'name="seen" value="{now_seen.seen_version}"' in page) == ("new@exemple.fr", True)
    owner.post(address, {**typed, "email": "new@exemple.fr", "seen": now_seen.seen_version})
    amended = read_patient(by=house.owner, patient_id=patient)
    assert (amended.email, amended.phone) == ("new@exemple.fr", "+33612345699")


def test_the_address_of_a_merged_record_leads_to_the_one_that_stays(house, owner):
    goes, stays = make_patient(house.owner), make_patient(house.owner, nir="")
    both = [
        SeenRecords(patient_id=one, version=read_patient(by=house.owner, patient_id=one).seen_version)
        for one in (goes, stays)
    ]
    merge_patients(by=house.owner, goes=both[0], stays=both[1], reason=MergeReason.REGISTERED_TWICE)

    for name in ("patient", "amend_patient", "new_test"):
        answer = owner.get(reverse(name, args=[goes]))
        assert (answer.status_code, answer["Location"]) == (302, reverse("patient", args=[stays]))


def test_the_page_of_a_new_test_shows_what_was_signed_just_now(house, owner):
    patient_id = make_patient(house.owner)
    address = reverse("new_test", args=[patient_id])
    assert "Tests des sept derniers jours" not in owner.get(address).content.decode()
    signed = make_signed(house.owner, patient_id, make_lot(house.owner))

    page = owner.get(address).content.decode()

    assert "il y a moins d’une heure" in page
    assert page.count(reverse("test", args=[signed])) == 2


@pytest.mark.usefixtures("house")
def test_the_way_that_a_patient_wants_is_chosen_in_one_press_and_shown(owner: Client):
    form = new_form(way="paper", birth_family_name="DURAND")
    owner.post(reverse("new_patient"), form)

    page = owner.get(reverse("patient", args=[form["patient_id"]])).content.decode()
    asked = owner.get(reverse("amend_patient", args=[form["patient_id"]])).content.decode()

    assert "Sur papier seulement" in page
    assert re.search(r'name="way" value="paper"\s+checked', asked)
    assert 'name="way" value="sms"' not in asked  # this site writes no text messages


# The first digits of the hash of the text, English and French, by its version: other words are another version.
CONSENT_TEXTS = {"2026-11": "f4671894d396494a"}


def test_other_words_of_the_consent_to_a_way_are_another_version():
    words = [WAY_CONSENT, *(part for choice in WAYS for part in (choice.label, choice.detail))]
    said = []
    for language in ("en", "fr"):
        with override(language):
            said += [str(one) for one in words]

    assert sha256("|".join(said).encode()).hexdigest()[:16] == CONSENT_TEXTS[WAY_TEXT]
