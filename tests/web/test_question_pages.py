"""The questions on the page of a test, what the logigram says there and before the signature, and on paper."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_test, open_house, sign_in

from temoin.lib.clock import now, shifted_by
from temoin.testing.actions import answer_questions, start_reading, take_sample, undo_sample
from temoin.testing.queries import read_test
from temoin.testing.sample import Sample, Start

STRIP = {"outcome-leucocytes": "plus-1", "outcome-nitrites": "negative"}
WELL = {
    **dict.fromkeys(("question-cystitis-emergency", "question-cystitis-repeat", "question-cystitis-exclusion"), "no"),
    "question-pregnancy": "not-pregnant",
    "question-prescription": "no",
}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def cystitis(house: House, **changes: str) -> UUID:
    return make_test(house.owner, make_patient(house.owner, **changes), kind="cystitis-strip")


def start(house: House, record_id: UUID, lot: str = "FIRST") -> None:
    lot_id = make_lot(house.owner, kit="siemens-multistix", number=lot)
    sample = Sample(specimen="urine", sampled_at=now(), lot_id=lot_id)
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
    start_reading(by=house.owner, record_id=record_id, start=Start(now()), seen="")


def page(client: Client, name: str, record_id: UUID, **form: str) -> str:
    path = reverse(name, args=[record_id])
    return client.post(path, form, follow=True).content.decode() if form else client.get(path).content.decode()


def test_the_logigram_asks_then_says_what_to_do(house: House):
    client, record_id = sign_in(Client(), house.owner), cystitis(house)
    assert "Le logigramme ne conclut pas encore" in page(client, "test", record_id)

    answered = page(client, "answer", record_id, **WELL)

    assert "Faire le test" in answered
    assert read_test(by=house.owner, record_id=record_id).answers["pregnancy"] == "not-pregnant"


def test_a_sign_of_gravity_is_enough_to_refer(house: House):
    client, record_id = sign_in(Client(), house.owner), cystitis(house)

    answered = page(client, "answer", record_id, **{"question-cystitis-emergency": "yes"})

    assert "Orienter en urgence vers un médecin" in answered


def test_an_antibiotic_is_chosen_before_the_signature_and_attested_on_paper(house: House):
    client, record_id = sign_in(Client(), house.owner), cystitis(house)
    page(client, "answer", record_id, **WELL)
    start(house, record_id)
    with shifted_by(timedelta(seconds=70)):
        review = page(client, "sign", record_id, **STRIP)
        assert "Fosfomycine trométamol, 3 g en une prise" in review
        page(client, "sign", record_id, **STRIP, reviewed="yes", medicine="fosfomycine")

    paper = page(client, "print_result", record_id)

    assert "Attestation de délivrance sans ordonnance" in paper
    assert "Fosfomycine trométamol, 3 g en une prise" in paper


def test_without_answers_a_result_is_signed_and_nothing_is_said_of_the_act(house: House):
    client, record_id = sign_in(Client(), house.owner), cystitis(house)
    start(house, record_id)
    with shifted_by(timedelta(seconds=70)):
        review = page(client, "sign", record_id, **STRIP)
        page(client, "sign", record_id, **STRIP, reviewed="yes")

    assert "Médicament délivré" not in review
    assert read_test(by=house.owner, record_id=record_id).report.conduct is None


def test_a_wrong_answer_comes_back_with_its_problem(house: House):
    client = sign_in(Client(), house.owner)
    record_id = make_test(house.owner, make_patient(house.owner))

    answer = client.post(reverse("answer", args=[record_id]), {"question-symptoms-onset": "hier"})

    assert answer.status_code == 400
    assert "Écrivez un jour qui existe" in answer.content.decode()


def test_a_day_may_be_typed_as_people_write_it(house: House):
    client = sign_in(Client(), house.owner)
    record_id = make_test(house.owner, make_patient(house.owner))

    page(client, "answer", record_id, **{"question-symptoms-onset": "01/11/2026"})

    assert read_test(by=house.owner, record_id=record_id).answers == {"symptoms-onset": "2026-11-01"}


def test_answers_to_a_signed_test_change_nothing(house: House):
    client, record_id = sign_in(Client(), house.owner), cystitis(house)
    start(house, record_id)
    with shifted_by(timedelta(seconds=70)):
        page(client, "sign", record_id, **STRIP, reviewed="yes")

    assert "les réponses restent comme elles sont" in page(client, "answer", record_id, **WELL)


def test_nobody_signs_for_a_sample_that_the_review_did_not_show(house: House):
    client, record_id = sign_in(Client(), house.owner), cystitis(house)
    start(house, record_id)
    with shifted_by(timedelta(seconds=70)):
        review = page(client, "sign", record_id, **STRIP)
        (shown,) = re.findall(r'name="seen" value="([0-9a-f]+)"', review)
        undo_sample(by=house.colleague, record_id=record_id, seen=shown)
        start(house, record_id, "ANOTHER")
    with shifted_by(timedelta(seconds=140)):
        told = page(client, "sign", record_id, **STRIP, reviewed="yes", seen=shown)

    assert "Quelqu’un a poursuivi ce test entre-temps" in told
    assert read_test(by=house.owner, record_id=record_id).report is None


@pytest.mark.parametrize("press", ["answer", "start", "undo_start", "undo_sample", "abandon"])
def test_an_old_page_undoes_nothing_of_a_colleagues(house: House, press: str):
    client, record_id = sign_in(Client(), house.owner), cystitis(house)
    start(house, record_id)
    (shown,) = set(re.findall(r'name="seen" value="([0-9a-f]+)"', page(client, "test", record_id)))
    answer_questions(by=house.colleague, record_id=record_id, answers={"pregnancy": "pregnant"}, seen=shown)
    before = read_test(by=house.owner, record_id=record_id)

    typed = {"question-pregnancy": "not-pregnant"} if press == "answer" else {}
    told = page(client, press, record_id, seen=shown, **typed)

    assert read_test(by=house.owner, record_id=record_id) == before
    if press == "answer":
        assert "vos réponses sont restées ici" in told.lower()
        page(client, press, record_id, seen=before.seen, **typed)
        assert read_test(by=house.owner, record_id=record_id).answers == {"pregnancy": "not-pregnant"}
