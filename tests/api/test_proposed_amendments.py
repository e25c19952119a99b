"""A program proposes to correct or to cancel what is signed: a pharmacist decides, and the program is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from api_programs import ask_token, assertion, get, post, register
from django.db import DatabaseError
from people import TRAITS, House, change_patient, make_lot, make_patient, make_sampled, make_signed

from temoin.delivery.following import ChangePlace, changed_tests
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, DeniedError, InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.models import Parcel
from temoin.patients.traits import check_traits
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.testing.amendments import (
    AmendedTest,
    count_amendments,
    proposed_amendments,
    refuse_amendment,
    sign_amendment,
)
from temoin.testing.models import Record, RecordVersion
from temoin.testing.queries import read_test
from temoin.testing.signing import cancel_result

POSITIVE = {"reason": "Saisie inversée", "outcomes": {"sars-cov-2": "positive"}}
VOID = {"reason": "Test d’une autre personne"}


@pytest.fixture
def worker(house: House) -> str:
    return token(house.owner, *Scope)


@pytest.fixture
def signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def token(by: Seat, *scopes: Scope) -> str:
    return ask_token(assertion(register(by, scopes=scopes))).json()["access_token"]


def propose(place: str, worker: str, body: Any = None, **more: Any) -> Any:
    """Propose of the version that stands, as the program reads it now."""
    body = POSITIVE if body is None else body
    path = "correction" if "outcomes" in body else "cancellation"
    seen = get(place, worker).headers["ETag"]
    return post(f"{place}/{path}", worker, body, **{"If-Match": seen, **more})


def at(record_id: UUID) -> str:
    return f"/api/v1/tests/{record_id}"


def told(record_id: UUID, worker: str) -> tuple[str, str, str]:
    """Return the state, what became of the proposal, and the word."""
    test = get(at(record_id), worker).json()
    return test["state"], test["amendment"]["fate"], test["amendment"]["word"]


def only(by: Seat) -> AmendedTest:
    (found,) = proposed_amendments(by=by)
    return found


def sign(by: Seat, found: AmendedTest) -> None:
    sign_amendment(by=by, record_id=found.opened.record_id, seen_version=found.seen_version)


def parcels(record_id: UUID) -> set[tuple[str, int]]:
    return set(Parcel.objects.filter(chain_id=record_id).values_list("destination", "sequence"))


def test_a_correction_waits_while_the_result_stands_and_travels_once_signed(house: House, worker: str, signed: UUID):
    answer = propose(at(signed), worker)
    before = get(at(signed), worker).json()

    sign(house.owner, only(house.owner))

    after = get(at(signed), worker).json()
    assert (answer.status_code, before["state"], before["result"]["version"]) == (200, "signed", 1)
    assert before["result"]["outcomes"] == [{"target": "sars-cov-2", "outcome": "negative"}]
    assert before["amendment"]["outcomes"] == after["result"]["outcomes"]
    assert (before["amendment"]["fate"], before["amendment"]["version"]) == ("waits", 1)
    assert told(signed, worker) == ("corrected", "signed", "")
    assert (after["result"]["version"], after["result"]["read_at"]) == (2, before["result"]["read_at"])
    with tenant_scope(house.here.id):
        assert {number for _, number in parcels(signed)} == {1, 2}
    assert (proposed_amendments(by=house.owner), count_amendments(by=house.owner)) == ([], 0)


def test_a_cancellation_is_signed_as_the_counter_signs_one(house: House, worker: str, signed: UUID):
    assert propose(at(signed), worker, VOID).status_code == 200
    assert get(at(signed), worker).json()["amendment"]["status"] == "cancelled"

    sign(house.owner, only(house.owner))

    assert told(signed, worker) == ("cancelled", "signed", "")
    report = read_test(by=house.owner, record_id=signed).report
    assert report is not None
    assert (report.reason, report.signer.family_name) == (VOID["reason"], "MARTIN")
    assert propose(at(signed), worker).status_code == propose(at(signed), worker, VOID).status_code == 409


def test_a_refusal_says_why_and_leaves_the_result(house: House, worker: str, signed: UUID):
    propose(at(signed), worker)
    seen = only(house.owner)

    with pytest.raises(InvalidError):
        refuse_amendment(by=house.owner, record_id=signed, seen_version=seen.seen_version, word=" ")
    refuse_amendment(by=house.owner, record_id=signed, seen_version=seen.seen_version, word="Deux lignes, revue")

    assert told(signed, worker) == ("signed", "refused", "Deux lignes, revue")
    with pytest.raises(ConflictError):
        sign(house.owner, seen)
    assert propose(at(signed), worker, VOID).status_code == 200
    assert told(signed, worker)[1] == "waits"


def test_what_is_taken_back_is_not_signed(house: House, worker: str, signed: UUID):
    propose(at(signed), worker)
    seen, tag = only(house.owner), get(at(signed), worker).headers["ETag"]

    first, second = (post(f"{at(signed)}/amendment/withdraw", worker, **{"If-Match": tag}) for _ in range(2))
    again = post(f"{at(signed)}/amendment/withdraw", worker, **{"If-Match": first.headers["ETag"]})

    assert (first.status_code, second.status_code, again.status_code) == (200, 412, 409)
    assert told(signed, worker) == ("signed", "withdrawn", "")
    with pytest.raises(ConflictError):
        sign(house.owner, seen)


def test_the_version_that_the_program_saw_is_asked_for_and_compared(house: House, worker: str, signed: UUID):
    stale = get(at(signed), worker).headers["ETag"]
    without = post(f"{at(signed)}/correction", worker, POSITIVE)
    assert propose(at(signed), worker).status_code == 200

    second = propose(at(signed), worker, VOID, **{"If-Match": stale})
    replaced = propose(at(signed), worker, VOID)

    assert (without.status_code, without.json()["error"]) == (428, "if_match_required")
    assert (second.status_code, second.json()["error"]) == (412, "changed")
    assert replaced.status_code == 200
    assert only(house.owner).amendment.reading is None


def test_what_was_replaced_is_not_signed_unseen(house: House, worker: str, signed: UUID):
    propose(at(signed), worker)
    seen = only(house.owner)
    propose(at(signed), worker, {**POSITIVE, "comment": "Ligne faible"})

    with pytest.raises(ConflictError):
        sign(house.owner, seen)
    with pytest.raises(ConflictError):
        refuse_amendment(by=house.owner, record_id=signed, seen_version=seen.seen_version, word="Non")
    assert told(signed, worker) == ("signed", "waits", "")


@pytest.mark.parametrize("body", [POSITIVE, VOID])
def test_a_correction_of_the_counter_makes_an_end_of_it(house: House, worker: str, signed: UUID, body):
    propose(at(signed), worker, body)
    seen = only(house.owner)

    cancel_result(by=house.owner, record_id=signed, expected_version=1, reason="Vu au comptoir")

    assert told(signed, worker) == ("cancelled", "outdated", "")
    assert (proposed_amendments(by=house.owner), count_amendments(by=house.owner)) == ([], 0)
    with pytest.raises(ConflictError):
        sign(house.owner, seen)
    tag = get(at(signed), worker).headers["ETag"]
    assert post(f"{at(signed)}/amendment/withdraw", worker, **{"If-Match": tag}).status_code == 409


def test_a_patient_s_record_changed_meanwhile_is_not_signed_unseen(house: House, worker: str):
    patient = make_patient(house.owner)
    record_id = make_signed(house.owner, patient, make_lot(house.owner))
    propose(at(record_id), worker)
    seen = only(house.owner)

    change_patient(by=house.owner, patient_id=patient, traits=check_traits({**TRAITS, "birth_family_name": "AUTRE"}))

    with pytest.raises(ConflictError):
        sign(house.owner, seen)
    sign(house.owner, only(house.owner))
    assert told(record_id, worker) == ("corrected", "signed", "")


def test_two_who_decide_are_one_after_the_other(house: House, worker: str, signed: UUID):
    propose(at(signed), worker)
    seen = only(house.owner)

    sign(house.owner, seen)

    with pytest.raises(ConflictError):
        sign(house.owner, seen)
    with pytest.raises(ConflictError):
        refuse_amendment(by=house.owner, record_id=signed, seen_version=seen.seen_version, word="Non")
    with tenant_scope(house.here.id):
        assert RecordVersion.objects.filter(record_id=signed).count() == 2


def test_a_call_sent_twice_is_done_once_and_its_key_is_of_one_body(house: House, worker: str, signed: UUID):
    key, tag = uuid4().hex, get(at(signed), worker).headers["ETag"]

    first, second = (propose(at(signed), worker, key=key, **{"If-Match": tag}) for _ in range(2))
    other = propose(at(signed), worker, {**POSITIVE, "comment": "x"}, key=key, **{"If-Match": tag})

    assert (first.status_code, second.status_code, first.headers["ETag"]) == (200, 200, second.headers["ETag"])
    assert (other.status_code, other.json()["error"]) == (422, "key_reused")
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind="amendment.proposed").count() == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({**POSITIVE, "reason": " "}, ("reason", "required")),
        ({**POSITIVE, "outcomes": {}}, ("", "unchanged")),
        ({**POSITIVE, "outcomes": {"sars-cov-2": "perhaps"}}, ("outcomes.sars-cov-2", "unknown")),
        ({**POSITIVE, "outcomes": {"sars-cov-2": "positive", "rsv": "negative"}}, ("outcomes", "unknown")),
        ({**POSITIVE, "read_at": "2026-01-01T09:00:00+01:00"}, ("read_at", "before_sample")),
        ({**POSITIVE, "read_at": "2150-01-01T00:00:00Z"}, ("read_at", "future")),
        ({**POSITIVE, "comment": "\x1b"}, ("comment", "unreadable")),
        ({**VOID, "reason": ""}, ("reason", "required")),
    ],
)
def test_what_could_not_be_signed_is_refused_and_kept_nowhere(worker: str, signed: UUID, body, found):
    answer = propose(at(signed), worker, body)

    assert answer.status_code == 400
    assert [(one["field"], one["code"]) for one in answer.json()["problems"]] == [found]
    assert get(at(signed), worker).json()["amendment"] is None


def test_the_reading_window_of_the_kit_holds_for_a_correction(worker: str, signed: UUID):
    late = get(at(signed), worker).json()["result"]["sampled_at"]

    answer = propose(at(signed), worker, {**POSITIVE, "read_at": late})

    assert [one["code"] for one in answer.json()["problems"]] == ["too_early"]


def test_a_scope_is_needed_and_another_pharmacy_s_test_is_unknown(house: House, worker: str, signed: UUID):
    tag = get(at(signed), worker).headers["ETag"]
    reader, stranger = token(house.owner, Scope.TESTS_READ), token(house.stranger, *Scope)

    for path, body in (("correction", POSITIVE), ("cancellation", VOID), ("amendment/withdraw", None)):
        denied = post(f"{at(signed)}/{path}", reader, body, **{"If-Match": tag})
        unknown = post(f"{at(signed)}/{path}", stranger, body, **{"If-Match": tag})
        assert (denied.status_code, denied.json()["error"]) == (403, "insufficient_scope")
        assert (unknown.status_code, unknown.json()["error"]) == (404, "not_found")
    assert proposed_amendments(by=house.stranger) == []


def test_who_may_not_correct_neither_sees_nor_decides(house: House, worker: str, signed: UUID):
    propose(at(signed), worker)
    seen = only(house.owner).seen_version

    for seat in (house.student, house.colleague):
        with pytest.raises(DeniedError):
            proposed_amendments(by=seat)
        with pytest.raises(DeniedError):
            sign_amendment(by=seat, record_id=signed, seen_version=seen)
        with pytest.raises(DeniedError):
            refuse_amendment(by=seat, record_id=signed, seen_version=seen, word="Non")
    assert told(signed, worker) == ("signed", "waits", "")


def test_nothing_is_proposed_of_a_test_that_waits_or_is_unknown(house: House, worker: str):
    sampled = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    assert propose(at(sampled), worker).status_code == propose(at(sampled), worker, VOID).status_code == 409
    for path, body in (("correction", POSITIVE), ("cancellation", VOID), ("amendment/withdraw", None)):
        assert post(f"{at(uuid4())}/{path}", worker, body, **{"If-Match": "*"}).status_code == 404


@pytest.mark.parametrize("body", [POSITIVE, VOID])
def test_a_failure_in_the_middle_leaves_the_result_and_the_proposal(house: House, worker: str, stick, body):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    propose(at(record_id), worker, body)
    seen = only(house.owner)
    unstick = stick("INSERT", "journal_event", "true")
    with pytest.raises(DatabaseError, match="stuck"):
        sign(house.owner, seen)
    unstick()

    assert told(record_id, worker) == ("signed", "waits", "")
    sign(house.owner, seen)
    assert told(record_id, worker)[1] == "signed"


def test_each_step_is_an_event_and_a_change_that_programs_are_told(house: House, worker: str, signed: UUID):
    before = now()
    propose(at(signed), worker)
    seen = only(house.owner)
    refuse_amendment(by=house.owner, record_id=signed, seen_version=seen.seen_version, word="Non")

    with tenant_scope(house.here.id):
        kinds = list(Event.objects.filter(kind__startswith="amendment.").order_by("at").values_list("kind", "origin"))
    with shifted_by(timedelta(minutes=2)):
        (changed,) = changed_tests(by=house.owner, limit=9, after=ChangePlace(before)).tests
    assert kinds == [("amendment.proposed", "api"), ("amendment.refused", "page")]
    assert (changed.id, changed.changed_at >= before) == (signed, True)


def test_the_row_in_clear_is_not_believed(house: House, worker: str, signed: UUID):
    propose(at(signed), worker)
    seen = only(house.owner)
    refuse_amendment(by=house.owner, record_id=signed, seen_version=seen.seen_version, word="Non")
    with tenant_scope(house.here.id):
        commit = Commit()
        commit.change(Record, signed, amends=1)
        commit.flush()

    assert proposed_amendments(by=house.owner) == []
    with pytest.raises(ConflictError):
        sign(house.owner, seen)
