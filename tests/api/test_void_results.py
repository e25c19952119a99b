"""A program's message that declares void what it sent: proposed of what is signed, taken back before that."""

from __future__ import annotations

from typing import Any

from handed_messages import changed, own_bundle
from people import House, make_lot
from test_fhir_bundles import issues
from test_fhir_bundles import send as send_bundle
from test_hl7_messages import answered, message, worker

from temoin.formats.hl7v2 import AckCode
from temoin.lib.clock import now
from temoin.testing.amendments import proposed_amendments, refuse_amendment, sign_amendment
from temoin.testing.proposals import enter_result, proposed_among, proposed_tests, sign_proposal
from temoin.testing.report import ReportStatus

__all__ = ["message", "worker"]
VOID = ("|A|||F|", "|A|||X|")


def signed(house: House) -> None:
    (one,) = proposed_tests(by=house.owner).tests
    sign_proposal(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)


def void(body: str, control: str, *changes: tuple[str, str]) -> str:
    return changed(VOID, ("|77|", f"|{control}|"), *changes, message=body)


def told(body: str, token: str) -> tuple[AckCode, str]:
    """Return the code, and the severity or the place of what is told first."""
    found = answered(body, token)
    (first, *_more) = found.complaints
    return found.code, first.severity if found.code is AckCode.ACCEPT else first.place


def test_what_is_signed_is_proposed_to_be_void_and_a_pharmacist_signs(house: House, worker: str, message: str):
    answered(message, worker)
    signed(house)

    assert told(void(message, "78"), worker) == (AckCode.ACCEPT, "I")
    (waits,) = proposed_amendments(by=house.owner)
    assert waits.report.status is ReportStatus.CANCELLED
    again = told(void(message, "79"), worker)
    assert [one.seen_version for one in proposed_amendments(by=house.owner)] == [waits.seen_version]
    sign_amendment(by=house.owner, record_id=waits.opened.record_id, seen_version=waits.seen_version)
    assert again == told(void(message, "80"), worker) == (AckCode.ACCEPT, "I")
    assert proposed_amendments(by=house.owner) == []


def test_a_cancellation_that_was_refused_is_not_proposed_again(house: House, worker: str, message: str):
    answered(message, worker)
    signed(house)
    answered(void(message, "78"), worker)
    (waits,) = proposed_amendments(by=house.owner)
    seen = {"record_id": waits.opened.record_id, "seen_version": waits.seen_version}
    refuse_amendment(by=house.owner, **seen, word="C'est le bon résultat")

    assert told(void(message, "79"), worker) == (AckCode.ACCEPT, "I")
    assert proposed_amendments(by=house.owner) == []


def test_what_nobody_signed_is_taken_back_and_another_s_reading_stays(house: House, worker: str, message: str):
    answered(message, worker)
    (waits,) = proposed_tests(by=house.owner).tests

    assert told(void(message, "78"), worker) == (AckCode.ACCEPT, "I")
    assert proposed_tests(by=house.owner).tests == []
    enter_result(by=house.owner, record_id=waits.opened.record_id, reading=waits.proposal.reading, expected=None)
    assert told(void(message, "79"), worker) == (AckCode.ERROR, "OBX-1-11")
    assert len(proposed_among(by=house.owner, record_ids=[waits.opened.record_id])) == 1


def test_what_was_never_sent_or_is_another_is_not_declared_void(house: House, worker: str, message: str):
    assert told(void(message, "78"), worker) == (AckCode.ERROR, "OBR-1-3")
    answered(message, worker)

    assert told(void(message, "79", ("Doe^Jane", "Roe^Jane")), worker) == (AckCode.ERROR, "OBR-1-3")
    assert len(proposed_tests(by=house.owner).tests) == 1


def test_a_bundle_declares_void_a_whole_result_and_no_part_of_one(house: House, worker: str):
    make_lot(house.owner, kit="quidel-sofia2-flu-sars")
    bundle: dict[str, Any] = own_bundle(house.here.finess, now())
    whole = bundle["entry"][0]["resource"]
    bundle["entry"][5]["resource"]["deviceName"][0]["name"] = "Sofia 2 Flu + SARS Antigen FIA"
    value, loincs = whole.pop("valueCodeableConcept"), ("97097-0", "80382-5", "80383-3")
    codes = [{"coding": [{"system": "http://loinc.org", "code": code}]} for code in loincs]
    whole["component"] = [{"code": code, "valueCodeableConcept": value} for code in codes]
    assert send_bundle(bundle, worker).status_code == 200
    signed(house)

    whole["status"] = bundle["entry"][2]["resource"]["status"] = "entered-in-error"
    part = [*whole["component"]]
    whole["component"] = part[:2]
    refused = send_bundle(bundle, worker)
    whole["component"] = part
    taken = send_bundle(bundle, worker)

    assert [one[:2] for one in issues(refused)] == [("error", "business-rule")]
    assert taken.status_code == 200
    assert [one.report.status for one in proposed_amendments(by=house.owner)] == [ReportStatus.CANCELLED]
