"""The pages of a file that is handed in: from the file to the receipt, as the browser sends it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from import_files import file_of
from page_tree import found
from people import House, make_patient, make_seat, sign_in
from sheets import sheet_of
from test_pages import check_page

from temoin.cli.serve import BODY_AT, LARGEST_AT
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.profiles import PATIENT_COLUMNS
from temoin.formats.csv.template import template, template_of_patients, written
from temoin.intake import handing, turns
from temoin.intake.terms import allow_laboratory, keep_date_order, withdraw_laboratory
from temoin.journal.listings import events_showing
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.professions import Profession
from temoin.serving.pace import TransferPace
from temoin.settings.file import Process
from temoin.testing.models import Record
from temoin.web.views import handed


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do behind no answer what the page waits for: the test has one connection."""
    monkeypatch.setattr(turns, "start_behind", lambda work: work())


def send(client: Client, content: bytes, **said: str) -> str:
    """Hand a file in; return the address to which the page leads."""
    answer = client.post(reverse("hand_in_file"), {"file": SimpleUploadedFile("r.csv", content), **said})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def page_of(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    check_page(address, page)
    return page


def mixed(house: House) -> bytes:
    return template("fr", finess=house.here.finess).replace(b"1979-03-28", b"28/03/1979", 1)


def test_a_file_is_checked_then_taken_by_one_press(house: House, owner: Client):
    address = send(owner, template("fr", finess=house.here.finess))
    page = page_of(owner, address)
    assert "Signer et enregistrer 5 lignes" in page

    (form,) = found(page, f'//form[@action="{address}take/"]')
    assert owner.post(form.get("action")).status_code == 302

    assert "Ce que ce fichier est devenu" in page_of(owner, address)
    with tenant_scope(house.here.id):
        assert Record.objects.count() == 3


def test_a_refused_row_is_told_in_the_file_s_words_and_given_back(house: House, owner: Client):
    address = send(owner, mixed(house))

    page = page_of(owner, address)
    back = sheet_of(owner.get(f"{address}to-correct/"))

    assert "date_naissance" in page
    assert "28/03/1979" not in page
    assert "28/03/1979" in back[1]
    assert owner.get(f"{address}receipt/").json()["counts"]["refused"] >= 1


def test_headings_that_nobody_knows_are_asked_about(house: House, owner: Client):
    content = template("fr", finess=house.here.finess).replace(b"sexe", b"Genre du client")
    address = send(owner, content)
    page = page_of(owner, address)
    (asked,) = found(page, '//input[starts-with(@name, "of-")]')
    name = asked.get("name").removeprefix("of-")
    assert [one.get("value") for one in found(page, f'//select[@name="{name}"]/option')] == ["", "patient_sex"]

    assert owner.post(f"{address}say/", {f"of-{name}": "Genre du client", name: "patient_sex"}).status_code == 302

    assert "Signer et enregistrer" in page_of(owner, address)
    assert owner.post(f"{address}take/").status_code == 302
    assert "Titres de colonnes" in page_of(owner, reverse("files"))
    assert owner.post(reverse("forget_columns")).status_code == 302


def test_two_headings_never_stand_for_one_column(house: House, owner: Client):
    content = template("fr", finess=house.here.finess).replace(b"sexe", b"Genre").replace(b"e-mail", b"Adr. elec.")
    address = send(owner, content)
    said = {"of-heading-1": "Genre", "heading-1": "comment", "of-heading-2": "Adr. elec.", "heading-2": "comment"}

    answer = owner.post(f"{address}say/", said)

    assert answer.status_code == 400
    check_page("headings said twice", answer.content.decode())


def test_the_order_of_dates_is_asked_for(house: House, owner: Client):
    allow_laboratory(by=house.owner, number="01D1058442", name="Lab")
    address = send(owner, file_of({"patient_dob": "2/3/1962"}).getvalue())
    assert found(page_of(owner, address), '//input[@name="dates" and @value="dmy"]')

    assert owner.post(f"{address}say/", {"dates": "mdy"}).status_code == 302

    assert "Signer et enregistrer 1 ligne" in page_of(owner, address)


@pytest.mark.parametrize("change", ["another order of dates", "a laboratory withdrawn"])
def test_a_press_signs_what_the_trial_showed_and_nothing_when_files_are_read_otherwise_since(
    house: House, owner: Client, change: str
):
    allow_laboratory(by=house.owner, number="01D1058442", name="Lab")
    keep_date_order(by=house.owner, order=DateOrder.MDY)
    address = send(owner, file_of({"patient_dob": "2/3/1962"}).getvalue())
    assert "Signer et enregistrer 1 ligne" in page_of(owner, address)
    if change == "another order of dates":
        keep_date_order(by=house.owner, order=DateOrder.DMY)
    else:
        withdraw_laboratory(by=house.owner, number="01D1058442")

    told = owner.post(f"{address}take/", follow=True).content.decode()

    assert "Rien n’a été pris" in told
    with tenant_scope(house.here.id):
        assert Record.objects.count() == 0
    if change == "another order of dates":
        keep_date_order(by=house.owner, order=DateOrder.MDY)
        for press in ("try", "take"):
            owner.post(f"{address}{press}/")
        with tenant_scope(house.here.id):
            assert Record.objects.count() == 1


def test_what_was_said_when_somebody_was_faster_is_there_for_who_goes_back(house: House, owner: Client):
    address = send(owner, template("fr", finess=house.here.finess))

    answer = owner.post(f"{address}say/", {"dates": "dmy"})

    (kept,) = found(owner.get(address).content.decode(), "//*[@data-kept-form]")
    assert answer.status_code == 409
    assert ("dmy" in kept.get("data-kept-form"), kept.get("data-only-back") is not None) == (True, True)


def test_what_is_no_file_is_told_beside_its_field(owner: Client):
    answer = owner.post(reverse("hand_in_file"), {})

    assert answer.status_code == 400
    check_page("files", answer.content.decode())
    assert found(answer.content.decode(), '//*[@id="field-file-problem"]')


def test_a_file_that_is_said_to_bring_what_nobody_knows_is_not_taken_for_results(owner: Client):
    said = {"file": SimpleUploadedFile("r.csv", template("fr")), "kind": "people"}

    answer = owner.post(reverse("hand_in_file"), said)

    assert answer.status_code == 400
    assert found(answer.content.decode(), '//*[@id="field-kind-problem"]')


def test_a_cause_is_told_for_a_file_of_another_kind(owner: Client):
    page = page_of(owner, send(owner, template("fr").replace(b";", b"\t")))

    assert "Des tabulations séparent les colonnes." in page
    assert not found(page, '//form[contains(@action, "/take/")]')


def test_a_colleague_may_not_and_a_stranger_finds_nothing(
    house: House, owner: Client, colleague: Client, stranger: Client
):
    address = send(owner, mixed(house))

    for part in ("", "state/", "to-correct/", "receipt/"):
        assert colleague.get(f"{address}{part}").status_code == 403
        assert stranger.get(f"{address}{part}").status_code == 404
    for part in ("say/", "try/", "take/", "forget/"):
        assert colleague.post(f"{address}{part}").status_code == 403
        assert stranger.post(f"{address}{part}").status_code == 404


def test_a_page_follows_how_far_a_file_is(house: House, owner: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(turns, "start_behind", lambda _work: None)
    address = send(owner, mixed(house))

    assert found(page_of(owner, address), "//*[@data-file-state]//progress")
    assert owner.get(f"{address}state/").json() == {"rows": 0, "done": 0, "going": True}


def test_a_file_is_forgotten_by_a_press_and_the_model_bears_the_pharmacy_s_number(house: House, owner: Client):
    address = send(owner, mixed(house))
    assert "r.csv" in page_of(owner, reverse("files"))

    assert owner.post(f"{address}forget/").status_code == 302

    assert owner.get(address).status_code == 404
    assert house.here.finess in sheet_of(owner.get(reverse("model_of_file")))[1]


def test_a_list_of_patients_shows_whom_it_may_bring_twice_and_registers_who_is_ticked(house: House, owner: Client):
    make_patient(house.owner, birth_family_name="DURANT", birth_given_names="Anne", birth_date="28/03/1979", nir="")
    address = send(owner, template_of_patients("fr"), kind="patients")
    page = page_of(owner, address)
    (box,) = found(page, '//input[@name="apart"]')
    assert "DURANT Anne" in page

    assert owner.post(f"{address}take/", {"shown": "2", "apart": box.get("value")}).status_code == 302

    assert "Ce que ce fichier est devenu" in page_of(owner, address)
    with tenant_scope(house.here.id):
        assert Patient.objects.count() == 3
    assert "nom_naissance" in sheet_of(owner.get(reverse("model_of_patients")))[0]


def test_a_likely_record_that_nobody_saw_is_not_put_aside(house: House, owner: Client):
    said = {"birth_given_names": "Anne", "birth_date": "28/03/1979", "nir": ""}
    make_patient(house.owner, birth_family_name="DURANT", **said)
    address = send(owner, template_of_patients("fr"), kind="patients")
    (box,) = found(page_of(owner, address), '//input[@name="apart"]')
    unseen = make_patient(house.owner, birth_family_name="DURANDT", **said)

    owner.post(f"{address}take/", {"shown": "2", "apart": box.get("value")})

    assert found(page_of(owner, address), f'//a[@href="{reverse("patient", args=[unseen])}"]')
    with tenant_scope(house.here.id):
        assert Patient.objects.count() == 3  # and the other row of the list


def test_whoever_may_be_known_is_judged_page_by_page_however_many_rows_are_refused(
    house: House, owner: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(handed, "SHOWN", 1)
    for name in ("DURANT", "PETTIT"):
        make_patient(house.owner, birth_family_name=name, birth_given_names="Anne", birth_date="28/03/1979", nir="")
    cells = {column.french: column.example for column in PATIENT_COLUMNS}
    rows = [cells | {"date_naissance": "hier"}] * 2
    rows += [cells | {"nom_naissance": name, "prenoms": "Anne"} for name in ("DURAND", "PETTITT")]
    address = send(owner, written([list(cells), *(row.values() for row in rows)]), kind="patients")
    (first,) = found(page_of(owner, address), '//input[@name="apart"]')
    asked = {"shown": first.get("value").split()[0], "apart": first.get("value")}

    following = owner.post(f"{address}take/", {**asked, "page": "1"}).url

    (second,) = found(page_of(owner, following), '//input[@name="apart"]')
    assert found(page_of(owner, address), '//input[@name="apart"][@checked]')
    owner.post(f"{address}take/", {"shown": second.get("value").split()[0], "apart": second.get("value")})
    with tenant_scope(house.here.id):
        assert Patient.objects.count() == 4


def test_whom_nobody_ticked_is_left_and_led_to(house: House, owner: Client):
    known = make_patient(
        house.owner, birth_family_name="DURANT", birth_given_names="Anne", birth_date="28/03/1979", nir=""
    )
    address = send(owner, template_of_patients("fr"), kind="patients")

    owner.post(f"{address}take/")

    assert found(page_of(owner, address), f'//a[@href="{reverse("patient", args=[known])}"]')


def test_who_opens_a_tried_list_is_said_to_have_seen_the_patients_on_it(house: House, owner: Client):
    known = make_patient(
        house.owner, birth_family_name="DURANT", birth_given_names="Anne", birth_date="28/03/1979", nir=""
    )
    address = send(owner, template_of_patients("fr"), kind="patients")
    other = make_seat(house.here, Profession.ADJOINT, rpps="10003879649")

    assert "DURANT Anne" in page_of(sign_in(Client(), other), address)

    with tenant_scope(house.here.id):
        assert other.member_id in {event.actor_id for event in events_showing([known])}


def test_a_file_is_held_in_memory_alone_and_the_server_takes_as_much_as_the_site(settings):
    at = reverse("hand_in_file")

    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    assert LARGEST_AT[Process.STAFF][at] == settings.FILE_UPLOAD_MAX_MEMORY_SIZE > handing.LARGEST_HANDED
    pace = TransferPace(body_at=BODY_AT[Process.STAFF])
    assert pace.seconds(at) > pace.seconds("/")
