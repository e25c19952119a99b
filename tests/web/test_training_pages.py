"""The training counter as pages: its own colour and words on each, a new session each way, and nobody else's data."""

from __future__ import annotations

import io
import re

from django.conf import settings as site
from django.test import Client
from django.urls import reverse
from every_page import every_page
from people import COVID, House, make_patient, make_signed, sign_in, suspend
from pypdf import PdfReader
from training import practising

from temoin.catalogue.actions import lots_in_stock
from temoin.lib.training import is_training
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.team import change_profession
from temoin.signin.models import Session
from temoin.signin.sessions import PHARMACY
from temoin.web.seats import PLACES

BAND = "Type no real person."
ENGLISH = {"Accept-Language": "en"}


def go(client: Client, to: str) -> str:
    return client.post(reverse("training"), {"to": to}, follow=True, headers=ENGLISH).content.decode()


def test_one_button_leads_there_and_back(house: House, owner: Client):
    assert BAND not in (work := owner.get(reverse("home"), headers=ENGLISH).content.decode())

    there = go(owner, "training")
    patients = owner.get(reverse("find_patient"), {"q": "EXERCICE"}, headers=ENGLISH).content.decode()
    back = go(owner, "work")

    assert "Training counter" in work
    assert BAND in there
    assert "EXERCICE SANS VALEUR · Pharmacie du Marché" in there
    assert BAND in patients
    assert (BAND in back, "You are back at work" in back, house.here.name in back) == (False, True, True)


def test_each_way_the_session_has_a_new_key_and_the_old_one_opens_nothing(house: House, owner: Client):
    first = owner.cookies[site.SESSION_COOKIE_NAME].value

    go(owner, "training")
    second = owner.cookies[site.SESSION_COOKIE_NAME].value

    assert first != second
    assert Session.objects.filter(person_id=house.owner.person_id).count() == 1
    old = Client()
    old.cookies[site.SESSION_COOKIE_NAME] = first
    assert old.get(reverse("home"))["Location"].startswith(reverse("account_login"))
    assert is_training(Session.objects.get(person_id=house.owner.person_id).bound_to)


def test_a_form_of_the_page_before_is_recorded_in_neither(house: House):
    client = sign_in(Client(enforce_csrf_checks=True), house.owner)
    page = client.get(reverse("home")).content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)[1]
    client.post(reverse("training"), {"to": "training", "csrfmiddlewaretoken": token})

    late = client.post(reverse("new_patient"), {"birth_family_name": "REAL", "csrfmiddlewaretoken": token})

    assert late.status_code == 403


def test_asked_twice_it_leads_nowhere_else(house: House, owner: Client):  # noqa: ARG001
    go(owner, "training")

    assert BAND in go(owner, "training")
    assert is_training_in(owner)


def is_training_in(client: Client) -> bool:
    return BAND in client.get(reverse("home"), headers=ENGLISH).content.decode()


def test_real_data_are_not_found_from_training_nor_invented_ones_at_work(house: House, owner: Client):
    real = make_patient(house.owner)
    seat = practising(house.owner)
    invented = make_patient(seat, nir="")

    assert owner.get(reverse("patient", args=[invented])).status_code == 404
    go(owner, "training")
    assert owner.get(reverse("patient", args=[real])).status_code == 404
    assert owner.get(reverse("patient", args=[invented])).status_code == 200


def test_every_page_that_opens_in_training_says_so(house: House, owner: Client):
    pages = every_page(house)
    go(owner, "training")

    answers = {name: owner.get(path, headers=ENGLISH) for name, path in pages.items()}

    shown = {name: one.content.decode() for name, one in answers.items() if one.status_code not in {301, 302}}
    silent = [name for name, page in shown.items() if BAND not in page]
    assert silent == []
    assert [name for name, one in answers.items() if one.status_code >= 500] == []
    opened = {name for name, one in answers.items() if one.status_code == 200}
    assert opened >= {"home", "find_patient", "new_patient", "lots", "help", "groups", "mfa_index", "sessions"}
    assert not opened & {"team", "programs", "files", "figures", "billing", "journal", "invite"}


def test_every_paper_says_so(house: House, owner: Client):
    seat = practising(house.owner)
    lot = lots_in_stock(by=seat, kind=COVID)[0].id
    record = make_signed(seat, make_patient(seat, nir=""), lot)
    go(owner, "training")

    told = owner.get(reverse("result_pdf", args=[record])).content
    pages = [owner.get(reverse(name, args=[record])) for name in ("print_result", "ticket", "label")]

    assert "EXERCICE SANS VALEUR" in PdfReader(io.BytesIO(told)).pages[0].extract_text()
    assert ["EXERCICE" in page.content.decode() for page in pages] == [True] * 3


def test_a_suspension_at_work_ends_the_training_at_the_next_request(house: House, colleague: Client):
    go(colleague, "training")

    suspend(house.colleague)

    assert colleague.get(reverse("home"))["Location"] == reverse("account_login")


def test_signing_in_again_asks_for_no_choice_and_leads_to_work(house: House):
    practising(house.owner)
    client = sign_in(Client(), house.owner)
    session = client.session
    del session[PHARMACY]
    session.save()

    assert house.here.name in client.get(reverse("home")).content.decode()


def test_who_manages_people_alone_is_offered_no_training(house: House):
    client = sign_in(Client(), house.administrator)

    assert "Training counter" not in client.get(reverse("team"), headers=ENGLISH).content.decode()
    assert client.post(reverse("training"), {"to": "training"}).status_code == 403


def test_a_session_of_the_identity_provider_practises_where_it_may_work(house: House, owner: Client):
    allowed, other = [str(house.here.id)], [str(house.elsewhere.id)]
    practising(house.owner)

    for places, leads in ((other, False), (allowed, True)):
        session = owner.session
        session[PLACES] = places
        session.save()
        assert (BAND in go(owner, "training")) is leads


def test_a_form_of_training_is_not_recorded_at_work_when_the_place_there_ends(house: House):
    change = {"member_id": house.colleague.member_id, "profession": Profession.ADJOINT, "rpps": "10003879649"}
    colleague = sign_in(Client(), house.colleague)
    go(colleague, "training")
    change_profession(by=house.owner, **change)

    answer = colleague.post(reverse("new_patient"), {"birth_family_name": "EXERCICE"})

    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert house.here.name in colleague.get(reverse("home")).content.decode()
    assert not is_training_in(colleague)
