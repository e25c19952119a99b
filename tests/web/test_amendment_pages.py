"""The page of what programs propose of signed results: what stands beside it, who signs, what a refusal needs."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.test import Client
from people import House, make_lot, make_patient, make_program, make_signed, open_house, sign_in

from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.testing.amended import fate_of
from temoin.testing.amendments import Correction, propose_cancellation, propose_correction, proposed_amendments
from temoin.testing.queries import read_test
from temoin.testing.signing import cancel_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return open_house()


@pytest.fixture
def client(house: House) -> Client:
    return sign_in(Client(), house.owner)


@pytest.fixture
def amended(house: House) -> UUID:
    """A negative result that a program would have corrected."""
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    correction = Correction(reason="Saisie inversée", outcomes={"sars-cov-2": "positive"}, comment="Ligne faible")
    propose_correction(by=program(house.owner), record_id=record_id, correction=correction)
    return record_id


def program(by: Seat) -> ProgramSeat:
    return ProgramSeat(by.pharmacy_id, make_program(by), "LGO", (Scope.RESULTS_PROPOSE,))


def seen(by: Seat) -> str:
    (found,) = proposed_amendments(by=by)
    return found.seen_version


def fate(by: Seat, record_id: UUID) -> tuple[str, str, int]:
    """Return the state, what became of the proposal, and how many versions there are."""
    test = read_test(by=by, record_id=record_id)
    assert test.amendment is not None
    return test.state.value, fate_of(test.amendment, test.reports).value, len(test.reports)


def test_the_counter_and_the_test_lead_to_the_page_which_shows_both(client: Client, amended: UUID):
    counter, test = client.get("/").content.decode(), client.get(f"/tests/{amended}/").content.decode()
    page = client.get("/proposals/").content.decode()

    assert "1 correction ou annulation est proposée" in counter
    assert 'href="/proposals/"' in test
    for words in ("LGO", "Négatif", "Positif", "Saisie inversée", "Ligne faible", "Signer la correction"):
        assert words in page
    assert "Aucun" not in page


def test_what_is_signed_is_the_next_version(house: House, client: Client, amended: UUID):
    answer = client.post(f"/proposals/{amended}/sign/", {"seen": seen(house.owner)})

    assert (answer.status_code, answer["Location"]) == (302, "/proposals/")
    assert fate(house.owner, amended) == ("corrected", "signed", 2)
    assert "est signé et en route" in client.get("/proposals/").content.decode()
    assert "proposée" not in client.get("/").content.decode()


def test_a_cancellation_is_shown_as_void_and_signed(house: House, client: Client):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    propose_cancellation(by=program(house.owner), record_id=record_id, reason="Une autre personne")

    page = client.get("/proposals/").content.decode()
    client.post(f"/proposals/{record_id}/sign/", {"seen": seen(house.owner)})

    assert "aucun résultat" in page
    assert "Signer l’annulation" in page
    assert fate(house.owner, record_id) == ("cancelled", "signed", 2)


def test_a_refusal_asks_for_a_word_and_keeps_what_was_typed(house: House, client: Client, amended: UUID):
    mark = seen(house.owner)

    empty = client.post(f"/proposals/{amended}/refuse/", {"seen": mark, "word": " "})
    long = client.post(f"/proposals/{amended}/refuse/", {"seen": mark, "word": "é" * 501})
    before = fate(house.owner, amended)
    done = client.post(f"/proposals/{amended}/refuse/", {"seen": mark, "word": "Deux lignes, revue"})

    assert (empty.status_code, long.status_code, done.status_code) == (400, 400, 302)
    assert "le logiciel en est informé" in empty.content.decode()
    assert "é" * 501 in long.content.decode()
    assert before == ("signed", "waits", 1)
    assert fate(house.owner, amended) == ("signed", "refused", 1)


@pytest.mark.parametrize("act", ["sign", "refuse"])
def test_what_is_not_what_was_seen_is_told_and_not_done(house: House, client: Client, amended: UUID, act: str):
    mark = seen(house.owner)
    cancel_result(by=house.owner, record_id=amended, expected_version=1, reason="Vu au comptoir")

    for form in ({"seen": mark, "word": "Non"}, {"seen": "", "word": "Non"}, {"word": "Non"}):
        answer = client.post(f"/proposals/{amended}/{act}/", form, follow=True)
        assert "regardez-le de nouveau" in answer.content.decode()
    assert client.post(f"/proposals/{uuid4()}/{act}/", {"seen": mark, "word": "Non"}).status_code == 404
    assert fate(house.owner, amended) == ("cancelled", "outdated", 2)


def test_a_word_typed_on_an_old_page_stands_beside_what_is_proposed_now(house: House, client: Client, amended: UUID):
    answer = client.post(f"/proposals/{amended}/refuse/", {"seen": "old", "word": "Deux lignes, revue"})

    assert answer.status_code == 400
    assert "Deux lignes, revue</textarea>" in answer.content.decode()
    assert fate(house.owner, amended) == ("signed", "waits", 1)


def test_twice_signs_once(house: House, client: Client, amended: UUID):
    form = {"seen": seen(house.owner)}

    for _ in range(2):
        assert client.post(f"/proposals/{amended}/sign/", form).status_code == 302

    assert fate(house.owner, amended) == ("corrected", "signed", 2)


@pytest.mark.parametrize("act", ["sign", "refuse"])
def test_a_student_a_colleague_and_a_stranger_decide_nothing(house: House, amended: UUID, act: str):
    form = {"seen": seen(house.owner), "word": "Non"}

    for seat in (house.student, house.colleague):
        assert sign_in(Client(), seat).post(f"/proposals/{amended}/{act}/", form).status_code == 403
    assert sign_in(Client(), house.stranger).post(f"/proposals/{amended}/{act}/", form).status_code == 404

    assert fate(house.owner, amended) == ("signed", "waits", 1)
    for seat in (house.student, house.stranger):
        assert "proposée" not in sign_in(Client(), seat).get("/").content.decode()
