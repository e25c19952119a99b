"""The pages of patients' rights: a request is written down at the counter, shown when due, and answered by an owner."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_patient, open_house, sign_in

from temoin.lib.clock import shifted_by
from temoin.lib.zones import HOUSE, today_in
from temoin.retention.cases import due_cases, read_case

pytestmark = pytest.mark.django_db
FORM = {"kind": "access", "asked": "Une copie de mes données", "received_on": ""}


@pytest.fixture
def house() -> House:
    return open_house()


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


def write_down(client: Client, patient: UUID, **changes: str) -> object:
    form = {**FORM, "received_on": today_in(HOUSE).isoformat(), **changes}
    return client.post(reverse("patient_rights", args=[patient]), form)


def test_a_request_written_at_the_counter_is_answered_by_the_owner_with_its_copy(house: House, patient: UUID):
    colleague, owner = sign_in(Client(), house.colleague), sign_in(Client(), house.owner)
    found = colleague.get(reverse("patient", args=[patient])).content.decode()
    answer = write_down(colleague, patient)
    [due] = due_cases(by=house.owner)
    page = owner.get(reverse("rights_case", args=[due.id])).content.decode()
    copy = owner.get(reverse("rights_copy", args=[due.id]))
    refused = owner.post(reverse("answer_case", args=[due.id]), {"granted": "", "answer": "Remise"})
    owner.post(reverse("answer_case", args=[due.id]), {"granted": "grant", "answer": "Remise en main propre"})

    assert reverse("patient_rights", args=[patient]) in found
    assert answer.headers["Location"] == reverse("rights_case", args=[due.id])
    assert "Une copie de mes données" in page
    assert reverse("rights_copy", args=[due.id]) in page
    assert "identity.json" in zipfile.ZipFile(io.BytesIO(copy.content)).namelist()
    assert (refused.status_code, read_case(by=house.owner, case_id=due.id).answer) == (400, "Remise en main propre")


def test_the_colleague_sees_the_request_and_neither_answer_nor_copy(house: House, patient: UUID):
    colleague = sign_in(Client(), house.colleague)
    path = write_down(colleague, patient).headers["Location"]

    page = colleague.get(path).content.decode()

    assert "Établir la copie" not in page
    assert "Noter la réponse" not in page


def test_the_work_list_says_what_is_due_soon_and_overdue(house: House, patient: UUID):
    owner = sign_in(Client(), house.owner)
    write_down(owner, patient)
    twice = write_down(owner, patient)
    pages = []
    for days in (0, 27, 40):
        with shifted_by(timedelta(days=days)):
            pages.append(sign_in(Client(), house.owner).get(reverse("transmissions")).content.decode())

    assert (twice.status_code, "déjà ouverte" in twice.content.decode()) == (400, True)
    for page, words in zip(pages, ("à traiter", "échéance proche", "en retard"), strict=True):
        assert "Copie de toutes les données" in page
        assert words in page


def test_what_is_missing_is_said_beside_its_field(house: House, patient: UUID):
    owner = sign_in(Client(), house.owner)

    page = write_down(owner, patient, asked="", kind="").content.decode()

    assert "Écrivez ce que le patient demande." in page
    assert "Dites quel droit le patient exerce." in page


def test_more_time_is_taken_with_its_reason(house: House, patient: UUID):
    owner = sign_in(Client(), house.owner)
    path = write_down(owner, patient).headers["Location"]
    [due] = due_cases(by=house.owner)

    owner.post(reverse("extend_case", args=[due.id]), {"why_later": "Dossier ancien"})
    page = owner.get(path).content.decode()

    assert "Dossier ancien" in page
    assert reverse("extend_case", args=[due.id]) not in page
