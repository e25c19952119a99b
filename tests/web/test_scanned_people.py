"""Scanning who the patient is: the document finds a known person or fills a new one's form, and is kept nowhere."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from people import COVID, House, make_patient

from temoin.journal.models import Event
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.models import Patient

HEAD = "IS010000000000000000000000"
INS = f"{HEAD}S1279035121518989S21.2.250.1.213.1.4.8\x1dS3DOMINIQUE\x1dS4PAT-TROIS\x1dS5FS628-03-1979S751215"
CARD = "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<8806923102858CORINNE<<<<<<<6512068F6"
# Lines of a passport, invented, of somebody born in 2020 or in 1920.
YOUNG = "P<FRAMARTIN<<LEA<<<<<<<<<<<<<<<<<<<<<<<<<<<<X4RTBPFW46FRA2002020F3301018<<<<<<<<<<<<<<<0"
SPECIMENS = ("BERTHIER", "CORINNE", "8806923102858", "06/12/1965", "PAT-TROIS", "279035121518989")


def find(client: Client, scan: str):
    return client.post(reverse("find_patient") + "?read", {"scan": scan, "nir": "", "birth_family_name": ""})


def fill(client: Client, scan: str, **typed: str):
    return client.post(reverse("new_patient") + "?read", {"scan": scan, **ids(), **typed})


def ids() -> dict[str, str]:
    return {"patient_id": str(new_id()), "record_id": str(new_id())}


def values(page: str) -> dict[str, str]:
    found = dict(re.findall(r'<input[^>]*name="([a-z_]+)"[^>]* value="([^"]*)"', page))
    checked = re.search(r'name="sex" value="([FMU])"[^>]*checked', page)
    return found | ({"sex": checked[1]} if checked else {})


@pytest.mark.parametrize("scan", ["279035121518989", "2 79 03 51 215 189 89", INS, INS.replace("\x1d", "")])
def test_a_number_or_a_health_document_finds_the_known_patient(house: House, owner: Client, scan: str):
    patient = make_patient(house.owner)

    page = find(owner, scan).content.decode()

    assert reverse("new_test", args=[patient]) in page
    assert "data-focus>\n1 patient" in page or "1 patient" in page


def test_a_document_finds_by_name_and_birth_date(house: House, owner: Client):
    patient = make_patient(
        house.owner, birth_family_name="Berthier", birth_date="06/12/1965", nir="", birth_given_names="Corinne"
    )

    assert reverse("new_test", args=[patient]) in find(owner, CARD).content.decode()


@pytest.mark.parametrize("born", ["02/02/2020", "02/02/1920"])
def test_where_the_century_is_open_both_are_looked_for(house: House, owner: Client, born: str):
    patient = make_patient(house.owner, birth_family_name="Martin", birth_date=born, nir="", birth_given_names="Léa")

    assert reverse("new_test", args=[patient]) in find(owner, YOUNG).content.decode()


def test_nobody_found_leads_to_a_form_that_the_document_filled(owner: Client):
    page = find(owner, CARD).content.decode()
    hidden = page[page.index(f'action="{reverse("new_patient")}"') :]
    carried = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', hidden))

    form = owner.post(reverse("new_patient"), carried).content.decode()

    assert values(form)["birth_family_name"] == "BERTHIER"
    assert (values(form)["birth_given_names"], values(form)["sex"]) == ("CORINNE", "F")
    assert values(form)["birth_date"] == "06/12/1965"


def test_a_document_fills_the_form_keeps_the_rest_and_records_nothing(house: House, owner: Client):
    answer = fill(owner, CARD, email="c@exemple.fr", kind=COVID, consent=CURRENT_NOTICE)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert (values(page)["birth_family_name"], values(page)["email"]) == ("BERTHIER", "c@exemple.fr")
    assert "comparez les noms avec le document" in page
    with tenant_scope(house.here.id):
        assert not Patient.objects.exists()


def test_a_complete_form_with_a_scan_in_it_is_read_and_not_recorded(house: House, owner: Client):
    typed = {"birth_family_name": "X", "birth_given_names": "Y", "birth_date": "01/01/1980", "sex": "F"}
    form = {**typed, "kind": COVID, "consent": CURRENT_NOTICE, "scan": CARD, **ids()}

    owner.post(reverse("new_patient"), form)

    with tenant_scope(house.here.id):
        assert not Patient.objects.exists()


def test_the_form_shows_who_may_be_known_already(house: House, owner: Client):
    patient = make_patient(house.owner)

    page = fill(owner, INS).content.decode()

    assert "Est-ce l’un de ces patients" in page
    assert reverse("new_test", args=[patient]) in page


def test_an_open_century_is_asked_for_at_its_field(owner: Client):
    answer = fill(owner, YOUNG)

    page = answer.content.decode()
    assert (answer.status_code, values(page)["birth_date"]) == (400, "02/02/20")
    assert page.count("saisissez les quatre") == 2


@pytest.mark.parametrize("page", ["find_patient", "new_patient"])
@pytest.mark.parametrize(
    ("scan", "message"),
    [
        ("DC04FR0000011E581E58B201FR", "2D-Doc"),
        (CARD.replace("6512068", "6512078"), "Une clé des lignes du document est fausse"),
        (CARD[:36], "Il manque une ligne du document"),
        ("279035121518988", "La clé de ce numéro est fausse"),
        ("bonjour<", "Ce code est inconnu ici"),
    ],
)
def test_a_scan_of_another_kind_says_what_it_is(owner: Client, page: str, scan: str, message: str):
    answer = owner.post(reverse(page) + "?read", {"scan": scan, **ids()})

    assert answer.status_code == 400
    assert answer.content.decode().count(message) == 2  # in the summary, and beside the field


def test_a_box_is_for_the_counter_and_the_lots_and_not_for_a_patients_form(owner: Client):
    answer = owner.post(reverse("new_patient") + "?read", {"scan": "0105012345678900172909301012AB", **ids()})

    assert answer.status_code == 400
    assert answer.content.decode().count("il se scanne à la page des lots") == 2


@pytest.mark.parametrize("scan", [CARD, INS, CARD.replace("6512068", "6512078")])
def test_what_was_scanned_stands_in_no_address_log_event_or_kept_form(
    house: House, owner: Client, caplog: pytest.LogCaptureFixture, scan: str
):
    with caplog.at_level("DEBUG"):
        answers = [find(owner, scan), fill(owner, scan)]

    with tenant_scope(house.here.id):
        events = " ".join(str(vars(event)) for event in Event.objects.all())
    for told in (*SPECIMENS, scan):
        assert told not in caplog.text
        assert told not in events
        assert told not in str([(answer.request["QUERY_STRING"], answer.headers) for answer in answers])
        assert told not in str(list(cache.__dict__.values()))
