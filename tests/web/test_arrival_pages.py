"""A patient's own form at the counter: seen by its number, opened, accepted or put aside; and the poster."""

from __future__ import annotations

import io
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from arriving import CODE, arrive, filled, token_of
from django.test import Client
from people import COVID, TRAITS, House, change_patient, make_patient
from pypdf import PdfReader

import temoin.web
from temoin.arrivals.queries import waiting_arrivals
from temoin.lib.tenant import tenant_scope
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.models import Patient
from temoin.patients.queries import traits_of
from temoin.patients.traits import check_traits
from temoin.testing.merging import merge_patients
from temoin.testing.models import Record
from temoin.testing.tickets import read_ticket
from temoin.web.patient_facts import patient_facts

CONSENT = {"consent": "2026-11"}


def posted(page: str) -> dict[str, str]:
    """What the page would send as it stands."""
    texts = re.findall(r'<input[^>]*?name="([a-z_-]+)"[^>]*?\bvalue="([^"]*)"', page)
    hidden = {name: value for name, value in texts if name in {"patient_id", "record_id", "others"} or "seen-" in name}
    seen = re.findall(r'name="(seen-[0-9a-f-]+)" value="([0-9a-f]+)"', page)
    return {**TRAITS, **hidden, **dict(seen), **CONSENT, "kind": COVID, "country": "FRA", "way": "email"}


def opened(client: Client, arrival_id: UUID) -> str:
    answer = client.get(f"/arrivals/{arrival_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def records_of(house: House) -> list[UUID]:
    with tenant_scope(house.here.id):
        return list(Record.objects.values_list("id", flat=True))


def test_the_counter_shows_numbers_and_the_form_what_the_patient_wrote(house: House, owner: Client):
    arrival_id = arrive(house.owner, filled(answers={"symptoms": "yes"}), number=417)

    home = owner.get("/").content.decode()
    page = opened(owner, arrival_id)

    assert "Numéro 417" in home
    assert "PAT-TROIS" not in home
    assert 'value="PAT-TROIS"' in page
    assert re.search(r'name="question-symptoms"\s+value="yes"\s+checked', page)


def test_the_live_list_of_the_counter_is_told_of_a_form(house: House, owner: Client):
    token_of(house.owner)
    seen = owner.get("/counter/list/")["ETag"]

    unchanged = owner.get("/counter/list/", headers={"If-None-Match": seen})
    arrive(house.owner, number=417)
    changed = owner.get("/counter/list/", headers={"If-None-Match": seen})

    assert (unchanged.status_code, changed.status_code) == (304, 200)
    assert "417" in changed.content.decode()


def test_a_number_typed_at_the_counter_opens_its_form(house: House, owner: Client, stranger: Client):
    arrival_id = arrive(house.owner, number=417)

    assert owner.post("/patients/", {"scan": " 417 "})["Location"] == f"/arrivals/{arrival_id}/"
    assert owner.post("/patients/", {"scan": "418"}).status_code != 302
    assert stranger.post("/patients/", {"scan": "417"}).status_code != 302


def test_one_press_registers_the_person_and_the_test_and_a_second_one_nothing(house: House, owner: Client):
    arrival_id = arrive(house.owner)
    form = posted(opened(owner, arrival_id)) | {"identity_status": "VALI", "question-symptoms": "no"}

    first = owner.post(f"/arrivals/{arrival_id}/accept/", form)
    again = owner.post(f"/arrivals/{arrival_id}/accept/", form)

    assert (first.status_code, again.status_code) == (302, 302)
    assert first["Location"] == again["Location"] == f"/?row={form['record_id']}"
    assert records_of(house) == [UUID(form["record_id"])]
    assert read_ticket(by=house.owner, record_id=UUID(form["record_id"])) == CODE
    with tenant_scope(house.here.id):
        assert Patient.objects.get().traits.identity_status == "VALI"
    assert waiting_arrivals(by=house.owner) == []


def test_a_likely_record_stands_beside_what_the_form_says_and_is_taken_by_one_press(house: House, owner: Client):
    known = make_patient(house.owner, email="ancien@patient.example")
    arrival_id = arrive(house.owner)
    page = opened(owner, arrival_id)

    assert "ancien@patient.example" in page
    assert "Dans le formulaire" in page
    form = posted(page) | {"known": str(known)}
    assert owner.post(f"/arrivals/{arrival_id}/accept/", form).status_code == 302

    with tenant_scope(house.here.id):
        assert (Patient.objects.count(), Record.objects.get().patient_id) == (1, known)
        assert traits_of(known).email == "ancien@patient.example"


def test_how_to_reach_the_patient_is_taken_over_only_where_that_is_ticked(house: House, owner: Client):
    known = make_patient(house.owner, email="ancien@patient.example")
    arrival_id = arrive(house.owner)
    form = posted(opened(owner, arrival_id)) | {"known": str(known), "take_contact": "yes"}

    assert owner.post(f"/arrivals/{arrival_id}/accept/", form).status_code == 302

    with tenant_scope(house.here.id):
        traits = traits_of(known)
    assert (traits.email, traits.way, traits.birth_place) == ("dominique@patient.example", "email", "51215")


def test_each_page_that_writes_a_patients_address_tells_the_country():
    written = {path.name: path.read_text() for path in Path(temoin.web.__path__[0]).rglob("*.html")}

    addresses = {name for name, text in written.items() if "traits.postcode }}" in text}
    assert addresses == {"recall_letters.html", "appointment_contact.html"}
    assert {name for name in addresses if "traits.country|abroad" not in written[name]} == set()


def test_an_address_abroad_is_taken_over_whole_and_shown_with_its_country(house: House, owner: Client):
    known = make_patient(house.owner, street="1 rue du Port", postcode="51100", city="Reims")
    arrival_id = arrive(house.owner)
    abroad = {"country": "CHE", "street": "", "postcode": "1201", "city": "Genève"}
    form = posted(opened(owner, arrival_id)) | abroad | {"known": str(known), "take_contact": "yes"}

    assert owner.post(f"/arrivals/{arrival_id}/accept/", form | {"phone": "+33 6 12 34 56 78"}).status_code == 302

    with tenant_scope(house.here.id):
        traits = traits_of(known)
    assert {name: getattr(traits, name) for name in abroad} == abroad
    assert ("Adresse", "1201 Genève Suisse") in patient_facts(traits)


def test_a_record_that_changed_meanwhile_is_compared_again(house: House, owner: Client):
    known = make_patient(house.owner, email="ancien@patient.example")
    arrival_id = arrive(house.owner)
    form = posted(opened(owner, arrival_id)) | {"known": str(known), "take_contact": "yes"}
    traits = check_traits({**TRAITS, "email": "nouveau@patient.example"})
    change_patient(by=house.owner, patient_id=known, traits=traits)

    asked = owner.post(f"/arrivals/{arrival_id}/accept/", form)

    assert (asked.status_code, "Quelqu’un a modifié cette fiche" in asked.content.decode()) == (400, True)
    assert "nouveau@patient.example" in asked.content.decode()
    assert [one.id for one in waiting_arrivals(by=house.owner)] == [arrival_id]


def test_a_record_that_was_merged_meanwhile_is_compared_again(house: House, owner: Client):
    known, twin = make_patient(house.owner), make_patient(house.owner, nir="")
    arrival_id = arrive(house.owner)
    form = posted(opened(owner, arrival_id)) | {"known": str(known)}
    with tenant_scope(house.here.id):
        seen = [SeenRecords(patient_id=one, version=traits_of(one).seen_version) for one in (known, twin)]
    merge_patients(by=house.owner, goes=seen[0], stays=seen[1], reason=MergeReason.REGISTERED_TWICE)

    asked = owner.post(f"/arrivals/{arrival_id}/accept/", form)

    assert (asked.status_code, "Quelqu’un a modifié cette fiche" in asked.content.decode()) == (400, True)
    assert [one.id for one in waiting_arrivals(by=house.owner)] == [arrival_id]


def test_somebody_else_gets_a_record_of_their_own_by_the_press_that_says_so(house: House, owner: Client):
    make_patient(house.owner)
    arrival_id = arrive(house.owner)
    unseen = {**posted(opened(owner, arrival_id)), "nir": "", "others": ""}

    asked = owner.post(f"/arrivals/{arrival_id}/accept/", unseen)
    done = owner.post(f"/arrivals/{arrival_id}/accept/", posted(asked.content.decode()) | {"nir": ""})

    assert "Aucun d’eux" in asked.content.decode()
    assert done.status_code == 302
    with tenant_scope(house.here.id):
        assert Patient.objects.count() == 2


def test_what_is_wrong_is_told_by_field_and_nothing_is_lost(house: House, owner: Client):
    content = filled()
    content["traits"] |= {"postcode": "7500", "email": "x"}
    arrival_id = arrive(house.owner, content)
    form = posted(opened(owner, arrival_id)) | {"postcode": "7500", "city": "LILLE", "consent": ""}

    answer = owner.post(f"/arrivals/{arrival_id}/accept/", form)
    page = answer.content.decode()

    assert answer.status_code == 400
    assert 'id="field-postcode-problem"' in page
    assert 'value="LILLE"' in page
    assert records_of(house) == []
    assert len(waiting_arrivals(by=house.owner)) == 1


def test_a_form_is_put_aside_once_and_again_without_harm(house: House, owner: Client):
    arrival_id = arrive(house.owner)

    for _ in range(2):
        assert owner.post(f"/arrivals/{arrival_id}/refuse/")["Location"] == "/"

    assert waiting_arrivals(by=house.owner) == []
    assert owner.get(f"/arrivals/{arrival_id}/")["Location"] == "/"


def test_a_form_that_cannot_be_read_is_told_and_can_only_be_put_aside(house: House, owner: Client):
    arrival_id = arrive(house.owner, b"junk")
    page = opened(owner, arrival_id)
    ids = {"record_id": str(uuid4()), "patient_id": str(uuid4())}

    assert "illisible" in page
    assert "/accept/" not in page
    assert owner.post(f"/arrivals/{arrival_id}/accept/", {**TRAITS, **CONSENT, **ids, "kind": COVID})["Location"] == "/"
    assert records_of(house) == []


@pytest.mark.parametrize("ids", [{}, {"record_id": "x", "patient_id": "y"}, {"record_id": "\x00", "patient_id": ""}])
def test_a_form_without_its_identifiers_is_not_found(house: House, owner: Client, ids: dict[str, str]):
    arrival_id = arrive(house.owner)

    assert owner.post(f"/arrivals/{arrival_id}/accept/", {**TRAITS, **ids}).status_code == 404


def test_the_stranger_finds_neither_form_nor_poster(house: House, stranger: Client):
    arrival_id = arrive(house.owner)
    ids = {"record_id": str(uuid4()), "patient_id": str(uuid4())}

    assert stranger.get(f"/arrivals/{arrival_id}/").status_code == 404
    assert stranger.post(f"/arrivals/{arrival_id}/refuse/").status_code == 404
    asked = {**TRAITS, **CONSENT, **ids, "kind": COVID}
    assert stranger.post(f"/arrivals/{arrival_id}/accept/", asked).status_code == 404
    assert "Créer l’affiche" in stranger.get("/poster/").content.decode()


def test_the_poster_is_a_tagged_file_too_while_one_stands(owner: Client, stranger: Client):
    assert owner.get("/poster/affiche.pdf").status_code == 404
    owner.post("/poster/new/")

    answer = owner.get("/poster/affiche.pdf")

    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
    read = PdfReader(io.BytesIO(answer.content))
    assert read.metadata.title == "Un test\u00a0? Inscrivez-vous ici avec votre téléphone"
    assert "Pharmacie du Marché" in read.pages[0].extract_text()
    assert 'href="/poster/affiche.pdf"' in owner.get("/poster/").content.decode()
    assert stranger.get("/poster/affiche.pdf").status_code == 404


def test_the_poster_is_made_replaced_and_withdrawn(house: House, owner: Client):
    owner.post("/poster/new/")
    first = token_of(house.owner)
    page = owner.get("/poster/").content.decode()
    shown = re.search(r'name="instead_of" value="([0-9a-f-]+)"', page)
    assert shown is not None

    owner.post("/poster/new/", {"instead_of": shown[1]})
    second = token_of(house.owner)
    owner.post("/poster/new/", {"instead_of": shown[1]})  # pressed twice

    assert "<svg" in page
    assert first != second == token_of(house.owner)
    standing = re.search(r'name="instead_of" value="([0-9a-f-]+)"', owner.get("/poster/").content.decode())
    assert standing is not None
    for _ in range(2):
        assert owner.post("/poster/end/", {"instead_of": standing[1]})["Location"] == "/poster/"
    assert "Créer l’affiche" in owner.get("/poster/").content.decode()
