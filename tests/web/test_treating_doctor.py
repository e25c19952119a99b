"""The treating doctor on the pages: written down, kept, told before the signature, only where results may go there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from page_tree import found
from people import TRAITS, House, make_lot, make_patient, make_sampled, make_signed
from xdm_sending import SENDING

from temoin.patients.queries import read_patient
from temoin.patients.traits import Traits
from temoin.transmission.channels.mssante.settings import AlwaysEncrypted, MssanteSettings
from temoin.transmission.rules.loading import load_rule_sets

DOCTOR = {
    "doctor_family_name": "MEDIONI",
    "doctor_given_name": "Stéphane",
    "doctor_rpps": "10003879623",
    "doctor_mailbox": "s.medioni@medecin.mssante.fr",
}
TICKED, OPEN = (f'//input[@name="doctor_copy" and {state}]' for state in ("@checked", "not(@checked)"))
MAIL = MssanteSettings(
    host="127.0.0.1",
    port=465,
    enabled=True,
    encryption=AlwaysEncrypted.TLS,
    sender="pharmacie@operateur.mssante.fr",
    certificate=Path("box.pem"),
    key=Path("box.key"),
    authorities=None,
    doctor=True,
    patient=True,
    doctor_rules=load_rule_sets()["demonstration"],
    patient_rules=load_rule_sets()["demonstration"],
    source_id=SENDING.source_id,
    class_code=SENDING.class_code,
    content_type=SENDING.content_type,
)


@pytest.fixture
def secure_mail(settings) -> None:
    """An operator of secure messaging, whose couriers are announced as Django's start does it."""
    settings.TEMOIN = django_settings.TEMOIN.with_channel("mssante", MAIL)


@pytest.fixture
def patient(house: House):
    return make_patient(house.owner, **DOCTOR, doctor_copy="yes")


def known(house: House, patient) -> Traits:
    return read_patient(by=house.owner, patient_id=patient)


@pytest.mark.usefixtures("secure_mail")
def test_the_form_asks_for_the_doctor_and_proposes_to_send(owner: Client):
    page = owner.get(reverse("new_patient")).content.decode()

    assert "Médecin traitant" in page
    assert found(page, TICKED)


@pytest.mark.usefixtures("secure_mail")
def test_an_objection_stays_written_down(owner: Client, house: House, patient):
    seen = known(house, patient).seen_version
    owner.post(reverse("amend_patient", args=[patient]), {**TRAITS, **DOCTOR, "seen": seen})

    assert (known(house, patient).doctor_mailbox, known(house, patient).doctor_copy) == (DOCTOR["doctor_mailbox"], "")
    assert found(owner.get(reverse("amend_patient", args=[patient])).content.decode(), OPEN)
    assert "le patient s’y oppose" in owner.get(reverse("patient", args=[patient])).content.decode()


@pytest.mark.usefixtures("secure_mail")
def test_a_wrong_address_is_said_beside_its_field(owner: Client, patient):
    answer = owner.post(reverse("amend_patient", args=[patient]), {**TRAITS, **DOCTOR, "doctor_mailbox": "a@b.example"})

    assert answer.status_code == 400
    assert "Une adresse MSSanté se termine par mssante.fr." in answer.content.decode()


def review(owner: Client, house: House, patient) -> str:
    record = make_sampled(house.owner, patient, make_lot(house.owner))
    read = {"outcome-sars-cov-2": "negative"}
    return owner.post(reverse("sign", args=[record]), read).content.decode()


@pytest.mark.usefixtures("secure_mail")
def test_who_else_gets_the_result_is_said_before_the_signature(owner: Client, house: House, patient):
    assert "médecin traitant, MEDIONI Stéphane, par messagerie sécurisée" in review(owner, house, patient)


@pytest.mark.usefixtures("secure_mail")
def test_nothing_is_said_of_a_doctor_who_gets_nothing(owner: Client, house: House):
    page = review(owner, house, make_patient(house.owner, **DOCTOR))

    assert "par messagerie sécurisée" not in page
    assert "rien ne part à un médecin" in page
    assert page.count("Sera transmis") == 1  # to the authority


@pytest.mark.usefixtures("secure_mail")
def test_after_the_signature_it_is_said_why_nobody_got_it(owner: Client, house: House):
    record = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    page = owner.get(reverse("test", args=[record])).content.decode()

    assert "La fiche ne nomme pas de médecin traitant" in page
    assert "Seule une identité qualifiée a une messagerie sécurisée" in page


def test_a_site_that_sends_to_no_doctor_asks_for_none_and_keeps_what_it_knew(owner: Client, house: House, patient):
    assert "Médecin traitant" not in owner.get(reverse("amend_patient", args=[patient])).content.decode()

    owner.post(reverse("amend_patient", args=[patient]), dict(TRAITS))

    assert (known(house, patient).doctor_rpps, known(house, patient).doctor_copy) == ("10003879623", "yes")
    page = review(owner, house, patient)
    assert "par messagerie sécurisée" not in page
    assert "rien ne part à un médecin" not in page
