"""HL7 v2 messages of a program: proposed once under their number, and answered after the commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from api_programs import ask_token, assertion, register
from django.db import connection
from django.test import Client
from handed_messages import HL7_MESSAGE, changed, order_message, own_message
from meeting import both_at_once
from people import House, make_lot, make_patient, open_house

from temoin.formats.hl7v2 import AckCode, Acknowledgement, read_acknowledgement
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.models import Patient
from temoin.patients.queries import read_patient
from temoin.pharmacies.scopes import Scope
from temoin.testing.actions import abandon_test, undo_sample
from temoin.testing.amendments import proposed_amendments
from temoin.testing.merging import merge_patients
from temoin.testing.models import Record
from temoin.testing.proposals import enter_result, proposed_among, proposed_tests, put_aside_proposal, sign_proposal
from temoin.testing.signing import cancel_result

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

    assert (told.code, told.control_id, told.errors) == (AckCode.ACCEPT, "77", set())
    (waiting,) = proposed_tests(by=house.owner).tests
    seen = {"record_id": waiting.opened.record_id, "seen_version": waiting.seen_version}
    report = sign_proposal(by=house.owner, **seen)
    assert (report.patient.birth_family_name, report.findings[0].outcome) == ("Doe", "positive")


def test_a_message_sent_again_is_answered_the_same_and_done_once(house: House, worker: str, message: str):
    first, again = send(message, worker), send(message, worker)

    assert first.content == again.content
    assert stored(house) == (1, 1)


def test_what_is_left_out_is_named_in_the_answer_and_the_rest_is_counted(worker: str, message: str):
    many = "".join(f"Z{number:02}|x\n" for number in range(30))

    told, old = (
        answered(message, worker),
        answered(changed(("|77|", "|78|"), ("2.5.1", "2.3.1"), message=message), worker),
    )
    more = answered(changed(("|77|", "|79|"), message=message + many), worker)

    assert {(one.code, one.severity) for one in told.complaints} == {("0", "W")}
    assert [one.place for one in told.complaints] == ["PID-1-3", "OBR-1-4", "NTE-1-2", "ZXX-1", "", "OBR-1-16-1"]
    assert (old.code, old.complaints, bool(old.words)) == (AckCode.ACCEPT, (), True)  # ERR says an error there
    assert len([one for one in more.complaints if one.severity == "W"]) == 21


DETECTED, NOT_DETECTED = "260373001^Detected", "260415000^Not detected"


@pytest.fixture
def forget(house: House, as_role: Callable) -> Callable[[], None]:
    """End the kept answers, as the daily round does once they are a day old."""

    def end_calls() -> None:
        with as_role("temoin_keeper"), tenant_scope(house.here.id), connection.cursor() as cursor:
            cursor.execute("DELETE FROM pharmacies_program_call")

    return end_calls


@pytest.mark.parametrize("done", ["waits", "signed", "put aside"])
def test_a_message_that_comes_again_after_its_kept_answer_proposes_nothing_again(
    house: House, worker: str, message: str, forget: Callable, done: str
):
    answered(message, worker)
    (one,) = proposed_tests(by=house.owner).tests
    act = {"signed": sign_proposal, "put aside": put_aside_proposal}.get(done)
    if act:
        act(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)
    forget()

    again = answered(message, worker)
    renamed = answered(changed(("|77|", "|78|"), message=message), worker)

    assert [told.code for told in (again, renamed)] == [AckCode.ACCEPT] * 2
    assert [told.complaints[0].severity for told in (again, renamed)] == ["I"] * 2
    assert stored(house) == (1, 1)
    assert len(proposed_tests(by=house.owner).tests) == (done == "waits")


def test_a_day_that_is_handed_in_again_is_no_reading_and_a_broken_record_is_told(
    worker: str, message: str, tamper: Callable[[str], object]
):
    answered(message, worker)
    again = [answered(changed(("|77|", f"|A{number}|"), message=message), worker) for number in range(45)]
    tamper("UPDATE testing_record SET sealed = sealed || '\\x00'")

    broken = answered(changed(("|77|", "|B1|"), message=message), worker)

    assert {one.complaints[0].severity for one in again} == {"I"}
    assert (broken.code, broken.errors) == (AckCode.ERROR, {"207"})


def test_another_result_under_the_number_is_refused_however_late(
    house: House, worker: str, message: str, forget: Callable
):
    answered(message, worker)
    forget()

    for change in ((DETECTED, NOT_DETECTED), ("Doe^Jane", "Roe^Jane")):
        told = answered(changed(change, message=message), worker)
        assert (told.code, [one.place for one in told.complaints]) == (AckCode.ERROR, ["OBR-1-3"])
    assert stored(house) == (1, 1)


def test_another_program_and_another_pharmacy_have_numbers_of_their_own(house: House, worker: str, message: str):
    answered(message, worker)
    other = ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]
    elsewhere = ask_token(assertion(register(house.stranger, scopes=tuple(Scope)))).json()["access_token"]
    make_lot(house.stranger)

    told = answered(changed((DETECTED, NOT_DETECTED), message=message), other)
    abroad = answered(own_message(house.elsewhere.finess, now()), elsewhere)

    assert (told.code, abroad.code) == (AckCode.ACCEPT, AckCode.ACCEPT)
    assert [one.severity for one in (*told.complaints, *abroad.complaints)].count("I") == 0
    assert stored(house)[0] == 2


def test_a_correction_replaces_what_waits_and_is_proposed_of_what_is_signed(
    house: House, worker: str, message: str, forget: Callable
):
    negative = changed((DETECTED, NOT_DETECTED), ("|A|||F|", "|A|||C|"), ("|77|", "|78|"), message=message)
    positive = changed(("|A|||F|", "|A|||C|"), ("|77|", "|79|"), message=message)
    answered(message, worker)

    assert answered(negative, worker).code is AckCode.ACCEPT
    (waits,) = proposed_tests(by=house.owner).tests
    assert waits.proposal.reading.outcomes == {"sars-cov-2": "negative"}
    sign_proposal(by=house.owner, record_id=waits.opened.record_id, seen_version=waits.seen_version)
    forget()

    assert answered(message, worker).complaints[0].severity == "I"  # an old message, read again
    assert answered(positive, worker).code is AckCode.ERROR  # back to what was replaced: only a person can tell
    once_more = changed(("|79|", "|80|"), ("NTE|1|L|a", "NTE|1|L|Relu, a"), message=positive)
    assert answered(once_more, worker).code is AckCode.ACCEPT
    (amended,) = proposed_amendments(by=house.owner)
    assert [one.outcome for one in amended.report.findings] == ["positive"]
    assert stored(house) == (1, 1)


def test_a_correction_of_what_was_never_sent_and_one_of_another_person_are_refused(
    house: House, worker: str, message: str
):
    corrects = changed(("|A|||F|", "|A|||C|"), (DETECTED, NOT_DETECTED), message=message)
    assert answered(corrects, worker).code is AckCode.ERROR
    answered(message, worker)

    told = answered(changed(("|77|", "|78|"), ("Doe^Jane", "Roe^Jane"), message=corrects), worker)

    assert (told.code, [one.place for one in told.complaints]) == (AckCode.ERROR, ["OBR-1-3"])
    assert [one.proposal.reading.outcomes["sars-cov-2"] for one in proposed_tests(by=house.owner).tests] == ["positive"]


def test_another_message_under_the_same_number_is_rejected(house: House, worker: str, message: str):
    answered(message, worker)

    told = answered(changed(("260373001^Detected", "260415000^Not detected"), message=message), worker)

    assert (told.code, told.errors) == (AckCode.REJECT, {"205"})
    assert stored(house) == (1, 1)


@pytest.mark.parametrize(
    ("change", "code", "reason", "place"),
    [
        (("|19800229|", "|1980|"), AckCode.ERROR, "103", "PID-1-7"),
        (("ORU^R01^ORU_R01", "ADT^A01"), AckCode.REJECT, "200", "MSH-1-9"),
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


def test_a_message_that_breaks_holds_no_other_of_its_call(
    house: House, worker: str, message: str, stick: Callable[..., object]
):
    send(message, worker)
    with tenant_scope(house.here.id):
        known = Patient.objects.get().id
    stick("INSERT", "testing_record", f"new.patient_id = '{known}'")
    bad = changed(("|77|", "|78|"), ("|F1|", "|F2|"), message=message)
    good = changed(("|77|", "|79|"), ("|F1|", "|F3|"), ("Doe^Jane", "Roe^Anna"), message=message)

    answers = send(bad + good, worker).content.decode().split("MSA|")

    assert [one[:5] for one in answers[1:]] == ["AE|78", "AA|79"]
    assert stored(house) == (2, 2)


def test_who_may_not_and_what_is_no_message_is_told_as_elsewhere(house: House, worker: str, message: str):
    few = ask_token(assertion(register(house.owner, scopes=(Scope.RESULTS_PROPOSE,)))).json()["access_token"]

    assert send(message, "no-token").status_code == 401
    assert send(message, few).status_code == 403
    assert send(message, worker, media="text/plain").status_code == 415
    assert b"\rMSA|AR\rERR||MSH^1|101" in send("junk", worker).content
    assert b"\rMSA|AR\rERR||MSH^1^10|101" in send(changed(("|77|", "||"), message=message), worker).content
    assert answered(message, worker).code is AckCode.ACCEPT
    assert send(HL7_MESSAGE * 101, worker).status_code == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("number", "tests"), [("F1", 1), ("F2", 2)])
def test_two_lines_at_once_register_one_person_and_each_result_once(number: str, tests: int):
    house = open_house()
    token = ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]
    make_lot(house.owner)
    message = own_message(house.here.finess, now())
    other = changed(("|77|", "|78|"), ("|F1|", f"|{number}|"), message=message)

    answered(order_message("C-0"), token)  # with it the keys of the month are made, for which both would wait
    told = both_at_once(house.here.id, *(partial(answered, one, token) for one in (message, other)))

    assert ([one.code for one in told], stored(house)) == ([AckCode.ACCEPT] * 2, (1 + tests, 2))


@pytest.mark.parametrize("end", ["cancelled", "closed", "sample taken back"])
def test_a_correction_of_what_is_over_is_refused_and_what_was_sent_is_told(
    house: House, worker: str, message: str, end: str
):
    answered(message, worker)
    (one,) = proposed_tests(by=house.owner).tests
    test = {"by": house.owner, "record_id": one.opened.record_id}
    if end == "cancelled":
        sign_proposal(**test, seen_version=one.seen_version)
        cancel_result(**test, expected_version=1, reason="Doublon")
    else:
        {"closed": abandon_test, "sample taken back": undo_sample}[end](**test, seen="")
    corrects = changed((DETECTED, NOT_DETECTED), ("|A|||F|", "|A|||C|"), ("|77|", "|78|"), message=message)

    told, again = (answered(body, worker) for body in (corrects, changed(("|77|", "|79|"), message=message)))

    assert (told.code, [one.place for one in told.complaints]) == (AckCode.ERROR, ["OBX-1-11"])
    assert (again.code, again.complaints[0].severity, stored(house)) == (AckCode.ACCEPT, "I", (1, 1))
    assert proposed_tests(by=house.owner).tests == proposed_amendments(by=house.owner) == []


def test_a_correction_never_replaces_the_reading_that_a_person_noted(house: House, worker: str, message: str):
    answered(message, worker)
    (one,) = proposed_tests(by=house.owner).tests
    noted = replace(one.proposal.reading, comment="Relu au comptoir")
    enter_result(by=house.owner, record_id=one.opened.record_id, reading=noted, expected=None)
    corrects = changed((DETECTED, NOT_DETECTED), ("|A|||F|", "|A|||C|"), ("|77|", "|78|"), message=message)

    told = answered(corrects, worker)
    (waits,) = proposed_among(by=house.owner, record_ids=[one.opened.record_id])

    assert (told.code, [each.place for each in told.complaints]) == (AckCode.ERROR, ["OBX-1-11"])
    assert waits.proposal.reading == noted
    sign_proposal(by=house.owner, record_id=waits.opened.record_id, seen_version=waits.seen_version)
    assert answered(corrects, worker).code is AckCode.ACCEPT


def test_a_correction_follows_a_test_to_the_record_that_stays_of_its_person(house: House, worker: str, message: str):
    answered(message, worker)
    with tenant_scope(house.here.id):
        (goes,) = Patient.objects.values_list("id", flat=True)
    stays = make_patient(house.owner)
    seen = [
        SeenRecords(patient_id=each, version=read_patient(by=house.owner, patient_id=each).seen_version)
        for each in (goes, stays)
    ]
    merge_patients(by=house.owner, goes=seen[0], stays=seen[1], reason=MergeReason.REGISTERED_TWICE)

    told = answered(
        changed((DETECTED, NOT_DETECTED), ("|A|||F|", "|A|||C|"), ("|77|", "|78|"), message=message), worker
    )

    (waiting,) = proposed_tests(by=house.owner).tests
    assert (told.code, waiting.report.findings[0].outcome) == (AckCode.ACCEPT, "negative")
    assert waiting.report.patient.patient_id == str(stays)
