"""A suspension bites at the next request, whatever session is open."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse
from people import House, make_patient, make_seat, person_of, sign_in, suspend

from temoin.pharmacies.professions import Profession


def test_a_suspension_bites_at_the_next_request(house: House):
    client = sign_in(Client(), house.colleague)
    patient_id = make_patient(house.owner)
    page = reverse("patient", args=[patient_id])
    assert client.get(page).status_code == 200

    suspend(house.colleague)

    answer = client.get(page)
    assert (answer.status_code, answer["Location"]) == (302, reverse("account_login"))
    assert client.get(page)["Location"].startswith(reverse("account_login"))  # signed out


def test_suspended_here_a_person_still_works_elsewhere(house: House):
    make_seat(house.elsewhere, Profession.REMPLACANT, person=person_of(house.owner))
    client = sign_in(Client(), house.owner)
    suspend(house.owner)

    page = client.get(reverse("home"))

    assert page.status_code == 200
    assert "Pharmacie de la Gare" in page.content.decode()
