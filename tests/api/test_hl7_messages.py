"""HL7 v2 messages of a program: proposed once under their number, and answered after the commit."""

from __future__ import annotations

import pytest
from api_programs import ask_token, assertion, register
from django.test import Client
from handed_messages import HL7_MESSAGE, changed, own_message
from people import House, make_lot

from temoin.formats.hl7v2 import AckCode, Acknowledgement, read_acknowledgement
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.models import Patient
from temoin.pharmacies.scopes import Scope
from temoin.testing.models import Record
from temoin.testing.proposals import proposed_tests, sign_proposal

ADDRESS = f"/api/v1/hl7?notice={CURRENT_NOTICE}"


@pytest.fixture
def worker(house: House) -> str:
    """The token of a program that may do all that a program can."""
    return ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]


@pytest.fixture
def message(house: House) -> str:
    """A message of the pharmacy's own instrument, of a test read just now with a lot that is in stock."""
    make_lot(house.owner)
    return own_message(house.here.finess, now())


def send(body: str, token: str, address: str = ADDRESS, media: str = "application/hl7-v2"):
    head = {"Authorization": f"Bearer {token}"}
    return Client().post(address, body.replace("\n", "\r").encode(), content_type=media, headers=head)


def answered(body: str, token: str) -> Acknowledgement:
    answer = send(body, token)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/hl7-v2")
    return read_acknowledgement(answer.content)


def stored(house: House) -> tuple[int, int]:
    with tenant_scope(house.owner.pharmacy_id):
        return Record.objects.count(), Patient.objects.count()


def test_a_message_is_acknowledged_proposed_and_signed_by_a_person(house: House, worker: str, message: str):
    told = answered(message, worker)

    assert (told.code, told.control_id, told.complaints) == (AckCode.ACCEPT, "77", ())
    (waiting,) = proposed_tests(by=house.owner)
    seen = {"record_id": waiting.opened.record_id, "seen_version": waiting.seen_version}
    report = sign_proposal(by=house.owner, **seen)
    assert (report.patient.birth_family_name, report.findings[0].outcome) == ("Doe", "positive")


def test_a_message_sent_again_is_answered_the_same_and_done_once(house: House, worker: str, message: str):
    first, again = send(message, worker), send(message, worker)

    assert first.content == again.content
    assert stored(house) == (1, 1)


def test_another_message_under_the_same_number_is_rejected(house: House, worker: str, message: str):
    answered(message, worker)

    told = answered(changed(("260373001^Detected", "260415000^Not detected"), message=message), worker)

    assert (told.code, told.errors) == (AckCode.REJECT, {"205"})
    assert stored(house) == (1, 1)


@pytest.mark.parametrize(
    ("change", "code", "reason", "place"),
    [
        (("|19800229|", "|1980|"), AckCode.ERROR, "103", "PID-1-7"),
        (("ORU^R01^ORU_R01", "ORM^O01"), AckCode.REJECT, "200", "MSH-1-9"),
        (("|77|P|", "|77|T|"), AckCode.REJECT, "202", "MSH-1-11"),
        (("|A|||F|", "|A|||C|"), AckCode.ERROR, "103", "OBX-1-11"),
        (("Panbio COVID-19 Ag Rapid Test", "CareStart COVID-19 Antigen test"), AckCode.ERROR, "103", "OBX-1-17"),
    ],
)
def test_what_cannot_be_taken_is_answered_by_its_place_and_nothing_is_kept(
    house: House, worker: str, message: str, change: tuple[str, str], code: AckCode, reason: str, place: str
):
    told = answered(changed(change, message=message), worker)

    assert (told.code, [(one.code, one.place) for one in told.complaints]) == (code, [(reason, place)])
    assert stored(house) == (0, 0)


def test_one_bad_message_of_several_harms_no_other(house: House, worker: str, message: str):
    bad = changed(("|77|", "|78|"), ("|19800229|", "|1980|"), message=message)
    good = changed(("|77|", "|79|"), ("|F1|", "|F3|"), message=message)

    answers = send(message + bad + good, worker).content.decode().split("MSA|")

    assert [one[:5] for one in answers[1:]] == ["AA|77", "AE|78", "AA|79"]
    assert stored(house) == (2, 1)


def test_who_may_not_and_what_is_no_message_is_told_as_elsewhere(house: House, worker: str, message: str):
    few = ask_token(assertion(register(house.owner, scopes=(Scope.RESULTS_PROPOSE,)))).json()["access_token"]

    assert send(message, "no-token").status_code == 401
    assert send(message, few).status_code == 403
    assert send(message, worker, media="text/plain").status_code == 415
    assert b"\rMSA|AR\rERR||MSH^1|101" in send("junk", worker).content
    assert b"\rMSA|AR\rERR||MSH^1^10|101" in send(changed(("|77|", "||"), message=message), worker).content
    assert answered(message, worker).code is AckCode.ACCEPT
    assert send(HL7_MESSAGE * 101, worker).status_code == 400
