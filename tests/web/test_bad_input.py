"""What cannot be recorded: a clear message at its field, what was typed kept, and nothing half-written."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from people import TRAITS, House, make_lot, make_patient, make_sampled, make_signed, make_test

from temoin.lib.clock import now, shifted_by
from temoin.lib.zones import HOUSE, today_in
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.queries import patients_by_nir
from temoin.testing.lists import list_tests
from temoin.testing.queries import read_test
from temoin.testing.states import RecordState

NIR = "279035121518989"


def new_form(**changes: str) -> dict[str, str]:
    ids = {"patient_id": str(uuid4()), "record_id": str(uuid4())}
    return {**TRAITS, **ids, "identity_status": "PROV", "kind": "covid19-ag", "consent": CURRENT_NOTICE, **changes}


def minutes_ago(minutes: int) -> str:
    return timezone.localtime(now() - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("birth_family_name", "", "Saisissez le nom tel qu’il est"),
        ("birth_family_name", "X" * 300, "C’est trop long"),
        ("birth_date", "31/02/1990", "par exemple 28/03/1979 ou 28031979"),
        ("birth_date", "01/01/2190", "impossible : vérifiez l’année"),
        ("sex", "", "Choisissez le sexe"),
        ("nir", "2 79 03 51 215 189 90", "Ce NIR n’est pas valide"),
        ("birth_place", "ABC", "code INSEE du lieu de naissance"),
        ("email", "dominique", "Saisissez une adresse e-mail"),
        ("phone", "12", "Saisissez un numéro de téléphone"),
        ("postcode", "7500", "code postal de 5 chiffres"),
        ("kind", "unknown", "Choisissez le test dans la liste"),
        ("consent", "", "Le consentement du patient est nécessaire"),
        ("consent", "2019-01", "Le consentement du patient est nécessaire"),
    ],
)
def test_a_bad_registration_writes_nothing(house: House, owner: Client, field: str, value: str, message: str):
    answer = owner.post(reverse("new_patient"), new_form(**{field: value}))

    page = answer.content.decode()
    assert answer.status_code == 400
    assert page.count(message) >= 2  # in the summary, and beside the field
    assert f'href="#field-{field}' in page
    assert f'value="{escape(TRAITS["city"])}"' in page
    assert list_tests(by=house.owner).under_way == []
    assert patients_by_nir(by=house.owner, nir=NIR) == []


def test_a_double_click_registers_once(house: House, owner: Client):
    form = new_form()

    first, second = (owner.post(reverse("new_patient"), form) for _ in range(2))

    assert first["Location"] == second["Location"] == reverse("test", args=[form["record_id"]])
    assert len(list_tests(by=house.owner).under_way) == len(patients_by_nir(by=house.owner, nir=NIR)) == 1


def test_a_double_click_for_a_known_patient_registers_once(house: House, owner: Client):
    path = reverse("new_test", args=[make_patient(house.owner)])
    form = {"record_id": str(uuid4()), "kind": "covid19-ag", "consent": CURRENT_NOTICE}

    answers = [owner.post(path, form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert len(list_tests(by=house.owner).under_way) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lot": ""}, "Choisissez le lot"),
        ({"lot": "x"}, "Choisissez un lot"),
        ({"lot": str(uuid4())}, "n’est pas dans le stock"),
        ({"specimen": "blood"}, "ne se fait pas sur ce prélèvement"),
        ({"sampled_at": "hier"}, "Saisissez une date et une heure"),
        ({"sampled_at": "0001-01-01T00:00"}, "Saisissez une date et une heure"),
        ({"sampled_at": "2090-01-01T10:00"}, "est dans le futur"),
        ({"sampled_at": "2020-01-01T10:00"}, "précède de trop longtemps l’enregistrement"),
    ],
)
def test_a_bad_sample_is_not_recorded(house: House, owner: Client, changes: dict[str, str], message: str):
    record_id = make_test(house.owner, make_patient(house.owner))
    form = {"lot": str(make_lot(house.owner)), "specimen": "nasal-swab", "sampled_at": minutes_ago(1), **changes}

    answer = owner.post(reverse("sample", args=[record_id]), form)

    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert read_test(by=house.owner, record_id=record_id).state is RecordState.REGISTERED


def test_an_expired_lot_is_refused(house: House, owner: Client):
    record_id = make_test(house.owner, make_patient(house.owner))
    with shifted_by(timedelta(days=-2)):
        lot_id = make_lot(house.owner, expiry=today_in(HOUSE))

    form = {"lot": str(lot_id), "specimen": "nasal-swab", "sampled_at": minutes_ago(1)}
    answer = owner.post(reverse("sample", args=[record_id]), form)

    assert "était périmé au moment du prélèvement" in answer.content.decode()


@pytest.mark.parametrize(("waited", "message"), [(5, "Trop tôt : ce dispositif se lit 15 minutes"), (29, "Trop tard")])
@pytest.mark.parametrize("reviewed", ["", "yes"])
def test_a_result_read_outside_the_window_is_not_signed(
    house: House, owner: Client, waited: int, message: str, reviewed: str
):
    with shifted_by(timedelta(minutes=-waited)):
        record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner), minutes_ago=0)

    form = {"outcome-sars-cov-2": "positive", "reviewed": reviewed}
    answer = owner.post(reverse("sign", args=[record_id]), form)

    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert read_test(by=house.owner, record_id=record_id).state is RecordState.SAMPLED


def test_a_review_signs_nothing(house: House, owner: Client):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    answer = owner.post(reverse("sign", args=[record_id]), {"outcome-sars-cov-2": "positive"})

    assert "Vous allez signer" in answer.content.decode()
    assert read_test(by=house.owner, record_id=record_id).state is RecordState.SAMPLED


def test_a_double_click_signs_once(house: House, owner: Client):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    form = {"outcome-sars-cov-2": "positive", "reviewed": "yes"}

    answers = [owner.post(reverse("sign", args=[record_id]), form) for _ in range(2)]

    assert [answer["Location"] for answer in answers] == [reverse("test", args=[record_id])] * 2
    test = read_test(by=house.owner, record_id=record_id)
    assert (len(test.reports), len(test.parcels)) == (1, 2)


def test_a_double_click_corrects_once(house: House, owner: Client):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    form = {
        "outcome-sars-cov-2": "positive",
        "reason": "erreur de saisie",
        "version": "1",
        "read_at": read_test(by=house.owner, record_id=record_id).reports[0].read_at.isoformat(),
    }

    answers = [owner.post(reverse("correct", args=[record_id]), form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert len(read_test(by=house.owner, record_id=record_id).reports) == 2


@pytest.mark.parametrize("name", ["correct", "cancel"])
def test_without_a_reason_nothing_changes(house: House, owner: Client, name: str):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    form = {"outcome-sars-cov-2": "positive", "version": "1", "reason": " "}
    answer = owner.post(reverse(name, args=[record_id]), form)

    assert "Indiquez le motif" in answer.content.decode()
    assert len(read_test(by=house.owner, record_id=record_id).reports) == 1


def test_cancelling_twice_cancels_once(house: House, owner: Client):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    form = {"reason": "mauvais patient", "version": "1"}

    first, second = (owner.post(reverse("cancel", args=[record_id]), form) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert len(read_test(by=house.owner, record_id=record_id).reports) == 2


def test_a_step_out_of_turn_is_409(house: House, owner: Client):
    record_id = make_test(house.owner, make_patient(house.owner))

    answer = owner.post(reverse("sign", args=[record_id]), {"outcome-sars-cov-2": "negative"})

    assert answer.status_code in {302, 409}
    assert read_test(by=house.owner, record_id=record_id).reports == []


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "Saisissez le NIR, ou le nom et la date de naissance"),
        ({"nir": "123"}, "La clé de ce numéro est fausse"),
        ({"birth_family_name": "PAT-TROIS"}, "par exemple 28/03/1979 ou 28031979"),
    ],
)
def test_a_search_that_cannot_be_made_says_why(owner: Client, form: dict[str, str], message: str):
    answer = owner.post(reverse("find_patient"), form)

    assert answer.status_code == 400
    assert message in answer.content.decode()


@pytest.mark.parametrize("form", [{"nir": NIR}, {"birth_family_name": "pat trois", "birth_date": "28/03/1979"}])
def test_a_known_patient_is_found_with_a_masked_nir(house: House, owner: Client, form: dict[str, str]):
    make_patient(house.owner)

    page = owner.post(reverse("find_patient"), form).content.decode()

    assert "2 79 03 51 *** *** **" in page
    assert "1 patient trouvé" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kit": "x"}, "kit"),
        ({"number": "#"}, "number"),
        ({"expiry": "2020-01-01"}, "expiry"),
        ({"expiry": "x"}, "expiry"),
    ],
)
def test_a_bad_lot_is_not_received(owner: Client, changes: dict[str, str], field: str):
    form = {"kit": "abbott-panbio-covid19", "number": "B1", "expiry": "2090-01-01", **changes}

    answer = owner.post(reverse("receive_lot"), form)

    assert answer.status_code == 400
    assert f'href="#field-{field}"' in answer.content.decode()


def test_a_lot_is_received_once(owner: Client):
    form = {"kit": "abbott-panbio-covid19", "number": "B1", "expiry": "2090-01-01"}

    first, second = (owner.post(reverse("receive_lot"), form) for _ in range(2))

    assert first.status_code == 302
    assert "Ce lot est déjà dans le stock" in second.content.decode()


def test_a_question_with_nothing_in_it_does_not_speak_of_recording(house: House, owner: Client):
    recorded = "Rien n’a été enregistré"
    questions = [reverse("find_patient"), reverse("same_person", args=[make_patient(house.owner)])]

    answers = [owner.post(path) for path in questions]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert not any(recorded in answer.content.decode() for answer in answers)
    assert recorded in owner.post(reverse("new_patient"), new_form(sex="")).content.decode()
