"""Results handed in whole by a call, known by their sender's number for as long as their test is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from api_programs import ask_token, assertion, post, register
from people import House, make_lot
from test_work_of_programs import patient_body, whole, worker

from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.scopes import Scope
from temoin.testing.amendments import proposed_amendments
from temoin.testing.models import Record
from temoin.testing.proposals import proposed_tests, put_aside_proposal, sign_proposal
from temoin.testing.signing import cancel_result

__all__ = ["worker"]
OTHER = patient_body(birth_family_name="DEUX", birth_date="1990-05-06", nir="")


@pytest.fixture
def result(house: House) -> dict[str, Any]:
    return whole(make_lot(house.owner))


def hand_in(token: str, result: dict[str, Any]) -> dict[str, Any]:
    """Hand one in under a new key, as when its kept answer is gone."""
    (verdict,) = post("/api/v1/results", token, {"results": [result]}).json()["results"]
    return verdict


def corrected(result: dict[str, Any], outcome: str, **changes: Any) -> dict[str, Any]:
    reading = {"outcomes": {"sars-cov-2": outcome}, "read_at": now().isoformat(timespec="minutes")}
    return {**result, "reading": reading, "status": "corrected", **changes}


def codes(verdict: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in verdict["problems"]]


def stored(house: House) -> tuple[int, int]:
    with tenant_scope(house.here.id):
        return Record.objects.count(), Patient.objects.count()


@pytest.mark.parametrize("done", ["waits", "signed", "put aside"])
def test_the_same_again_under_another_key_is_answered_the_same_and_done_once(
    house: House, worker: str, result: dict[str, Any], done: str
):
    first = hand_in(worker, result)
    (one,) = proposed_tests(by=house.owner).tests
    act = {"signed": sign_proposal, "put aside": put_aside_proposal}.get(done)
    if act:
        act(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)

    again = hand_in(worker, {**result, "number": "a-1", "patient": patient_body(phone="+33639980001")})

    assert again == first | {"number": "a-1"}
    assert stored(house) == (1, 1)
    assert len(proposed_tests(by=house.owner).tests) == (done == "waits")


def test_another_content_under_the_number_is_refused(house: House, worker: str, result: dict[str, Any]):
    hand_in(worker, result)
    reading = {"outcomes": {"sars-cov-2": "positive"}}

    for other in ({"patient": OTHER}, {"reading": reading}, {"sample": {**result["sample"], "specimen": "saliva"}}):
        assert codes(hand_in(worker, {**result, **other})) == [("number", "number_used")]
    assert stored(house) == (1, 1)
    (waits,) = proposed_tests(by=house.owner).tests
    assert waits.proposal.reading.outcomes == {"sars-cov-2": "negative"}


def test_a_correction_replaces_what_waits_and_is_proposed_of_what_is_signed(
    house: House, worker: str, result: dict[str, Any]
):
    first = hand_in(worker, result)

    assert hand_in(worker, corrected(result, "positive")) == first
    (waits,) = proposed_tests(by=house.owner).tests
    assert waits.proposal.reading.outcomes == {"sars-cov-2": "positive"}
    sign_proposal(by=house.owner, record_id=waits.opened.record_id, seen_version=waits.seen_version)
    assert hand_in(worker, result) == first  # what was replaced, read again
    assert hand_in(worker, corrected(result, "negative")) == first
    (amended,) = proposed_amendments(by=house.owner)
    assert [one.outcome for one in amended.report.findings] == ["negative"]
    assert stored(house) == (1, 1)


def test_a_correction_that_is_none_is_refused_by_its_field(house: House, worker: str, result: dict[str, Any]):
    assert codes(hand_in(worker, corrected(result, "positive"))) == [("status", "never_sent")]
    test_id = hand_in(worker, result)["test_id"]

    assert codes(hand_in(worker, corrected(result, "positive", patient=OTHER))) == [("number", "correction_of_another")]
    unread = corrected(result, "positive", reading={"outcomes": {"sars-cov-2": "positive"}})
    assert codes(hand_in(worker, unread)) == [("reading.read_at", "required")]
    (waits,) = proposed_tests(by=house.owner).tests
    sign_proposal(by=house.owner, record_id=waits.opened.record_id, seen_version=waits.seen_version)
    cancel_result(by=house.owner, record_id=UUID(test_id), expected_version=1, reason="Doublon")
    assert codes(hand_in(worker, corrected(result, "positive"))) == [("status", "over")]


def test_another_program_has_numbers_of_its_own_and_none_needs_to_read_tests(house: House, result: dict[str, Any]):
    scopes = (Scope.PATIENTS_WRITE, Scope.TESTS_WRITE, Scope.RESULTS_PROPOSE)
    one, other = (ask_token(assertion(register(house.owner, scopes=scopes))).json()["access_token"] for _ in range(2))

    first = hand_in(one, result)
    told = hand_in(other, {**result, "patient": OTHER})

    assert hand_in(one, result) == first
    assert told["taken"]
    assert told["test_id"] != first["test_id"]
