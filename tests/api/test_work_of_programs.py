"""A program at work: it registers, samples and proposes; a pharmacist signs; what it says wrongly is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from api_programs import ask_token, assertion, get, post, register
from people import TRAITS, House, change_patient, make_lot, make_patient, make_sampled, make_signed

from temoin.api.answers import error_answer
from temoin.journal.events import EventKind
from temoin.journal.listings import events_showing
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.models import Patient
from temoin.patients.queries import MergedError
from temoin.patients.traits import check_traits
from temoin.pharmacies.models import ProgramCall
from temoin.pharmacies.scopes import Scope
from temoin.testing.actions import undo_sample
from temoin.testing.models import Record
from temoin.testing.proposals import proposed_tests, put_aside_proposal, sign_proposal
from temoin.testing.queries import read_test

COVID = "covid19-ag"
NEGATIVE = {"outcomes": {"sars-cov-2": "negative"}}


@pytest.fixture
def worker(house: House) -> str:
    """The token of a program that may do all that a program can."""
    return ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]


def patient_body(**changes: Any) -> dict[str, Any]:
    body = {name: text for name, text in TRAITS.items() if text and name != "birth_date"}
    return {**body, "birth_date": "1979-03-28", "identity_status": "VALI", **changes}


def sample_body(lot_id: UUID, minutes_ago: int = 16) -> dict[str, str]:
    taken = now() - timedelta(minutes=minutes_ago)
    return {"specimen": "nasopharyngeal-swab", "lot_id": str(lot_id), "sampled_at": taken.isoformat()}


def test_body(patient_id: object) -> dict[str, str]:
    return {"patient_id": str(patient_id), "kind": COVID, "notice_version": CURRENT_NOTICE}


test_body.__test__ = False  # a body, not a test


def whole(lot_id: UUID, number: str = "A-1", **changes: Any) -> dict[str, Any]:
    result = {"number": number, "kind": COVID, "notice_version": CURRENT_NOTICE, "sample": sample_body(lot_id)}
    return {**result, "patient": patient_body(), "reading": NEGATIVE, **changes}


def problems(answer) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in answer.json()["problems"]]


def test_a_program_goes_the_whole_road_and_a_pharmacist_signs(house: House, worker: str):
    lot_id = make_lot(house.owner)
    patient_id = post("/api/v1/patients", worker, patient_body()).json()["id"]
    made = post("/api/v1/tests", worker, test_body(patient_id)).json()
    place = f"/api/v1/tests/{made['id']}"
    assert post(f"{place}/sample", worker, sample_body(lot_id)).status_code == 200
    assert post(f"{place}/proposal", worker, NEGATIVE).status_code == 200
    before = get(place, worker).json()

    (waiting,) = proposed_tests(by=house.owner).tests
    sign_proposal(by=house.owner, record_id=waiting.opened.record_id, seen_version=waiting.seen_version)

    after = get(place, worker).json()
    assert (before["state"], before["is_proposed"], before["result"]) == ("sampled", True, None)
    assert (after["state"], after["is_proposed"], after["proposal"]) == ("signed", False, None)
    assert after["result"]["signed_by"] == house.owner.name
    assert after["result"]["outcomes"] == [{"target": "sars-cov-2", "outcome": "negative"}]
    assert {one["destination"] for one in get(f"{place}/parcels", worker).json()["parcels"]} == {"email", "fhir"}
    assert proposed_tests(by=house.owner).tests == []


def test_a_person_with_one_name_only_is_registered_alone_and_with_a_result(house: House, worker: str):
    names = {"birth_given_names": "", "used_family_name": "", "used_given_name": ""}
    forgotten = patient_body(**names)
    alone = {**forgotten, "single_name": True}
    other = {**alone, "birth_family_name": "SUHARTO", "nir": "", "birth_date": "1951-06-08"}

    refused = post("/api/v1/patients", worker, forgotten)
    made = post("/api/v1/patients", worker, alone).json()["id"]
    taken = post("/api/v1/results", worker, {"results": [whole(make_lot(house.owner), patient=other)]}).json()

    assert problems(refused) == [("birth_given_names", "required")]
    assert "un seul nom" in refused.json()["problems"][0]["detail"]
    assert get(f"/api/v1/patients/{made}", worker).json()["single_name"] is True
    assert taken["results"][0]["taken"], taken


def test_each_act_of_a_program_is_an_event_of_its_own_by_the_api(house: House, worker: str):
    post("/api/v1/results", worker, {"results": [whole(make_lot(house.owner))]})

    with tenant_scope(house.here.id):
        kinds = list(Event.objects.filter(origin="api").order_by("at", "id").values_list("kind", "profession"))
    assert sorted(kind for kind, _ in kinds if not kind.startswith("program.")) == [
        *("lot.opened", "patient.registered", "result.proposed", "sample.taken", "test.registered"),
    ]
    assert {profession for _, profession in kinds} == {"program"}


def test_a_proposal_sends_nothing_and_can_be_replaced_and_taken_back(house: House, worker: str):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    place = f"/api/v1/tests/{record_id}"
    post(f"{place}/proposal", worker, NEGATIVE)
    (seen,) = proposed_tests(by=house.owner).tests

    post(f"{place}/proposal", worker, {"outcomes": {"sars-cov-2": "positive"}}, **{"If-Match": "*"})

    with pytest.raises(ConflictError):
        sign_proposal(by=house.owner, record_id=record_id, seen_version=seen.seen_version)
    assert get(f"{place}/parcels", worker).json() == {"parcels": []}
    assert post(f"{place}/proposal/withdraw", worker, **{"If-Match": "*"}).status_code == 200
    assert post(f"{place}/proposal/withdraw", worker).status_code == 409
    assert read_test(by=house.owner, record_id=record_id).proposal is None


def test_a_pharmacist_puts_aside_what_they_saw_and_no_other(house: House, worker: str):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    post(f"/api/v1/tests/{record_id}/proposal", worker, NEGATIVE)
    (seen,) = proposed_tests(by=house.owner).tests
    post(f"/api/v1/tests/{record_id}/proposal", worker, {"outcomes": {"sars-cov-2": "positive"}}, **{"If-Match": "*"})

    with pytest.raises(ConflictError):
        put_aside_proposal(by=house.owner, record_id=record_id, seen_version=seen.seen_version)
    (now_seen,) = proposed_tests(by=house.owner).tests
    put_aside_proposal(by=house.owner, record_id=record_id, seen_version=now_seen.seen_version)

    assert proposed_tests(by=house.owner).tests == []


def test_a_sample_taken_back_takes_its_proposal_along(house: House, worker: str):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    post(f"/api/v1/tests/{record_id}/proposal", worker, NEGATIVE)

    undo_sample(by=house.owner, record_id=record_id, seen="")

    assert proposed_tests(by=house.owner).tests == []
    assert read_test(by=house.owner, record_id=record_id).proposal is None


def test_what_changed_around_a_reading_is_not_signed_unseen(house: House, worker: str):
    patient_id = make_patient(house.owner)
    record_id = make_sampled(house.owner, patient_id, make_lot(house.owner))
    post(f"/api/v1/tests/{record_id}/proposal", worker, NEGATIVE)
    (seen,) = proposed_tests(by=house.owner).tests

    change_patient(by=house.owner, patient_id=patient_id, traits=check_traits({**TRAITS, "birth_family_name": "AUTRE"}))

    with pytest.raises(ConflictError):
        sign_proposal(by=house.owner, record_id=record_id, seen_version=seen.seen_version)


def test_a_reading_proposed_in_time_is_signed_hours_later(house: House, worker: str):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    post(f"/api/v1/tests/{record_id}/proposal", worker, NEGATIVE)

    with shifted_by(timedelta(hours=3)):
        (seen,) = proposed_tests(by=house.owner).tests
        report = sign_proposal(by=house.owner, record_id=record_id, seen_version=seen.seen_version)

    assert report.signed_at - report.read_at > timedelta(hours=2)


@pytest.mark.parametrize(
    ("reading", "found"),
    [
        ({"outcomes": {}}, [("outcomes.sars-cov-2", "required")]),
        ({"outcomes": {"sars-cov-2": "perhaps"}}, [("outcomes.sars-cov-2", "unknown")]),
        ({"outcomes": {"sars-cov-2": "negative", "rsv": "negative"}}, [("outcomes", "unknown")]),
        ({**NEGATIVE, "read_at": "2999-01-01T00:00:00Z"}, [("read_at", "malformed")]),
        ({**NEGATIVE, "read_at": "2026-11-29T09:00:00"}, [("read_at", "malformed")]),
        ({**NEGATIVE, "read_at": 5}, [("read_at", "malformed")]),
        ({**NEGATIVE, "read_at": "1700000000"}, [("read_at", "malformed")]),
        ({**NEGATIVE, "read_at": "9999-12-31T23:59:59-14:00"}, [("read_at", "malformed")]),
        ({**NEGATIVE, "read_at": "2026-13-45T00:00:00Z"}, [("read_at", "malformed")]),
        ({"outcomes": {"x" * 300: 1}}, [("outcomes", "too_long"), ("outcomes", "malformed")]),
        ({**NEGATIVE, "read_at": "2150-01-01T00:00:00Z"}, [("read_at", "future")]),
        ({**NEGATIVE, "signed": True}, [("", "unknown_field")]),
        ({"outcomes": {"sars-cov-2": 1}}, [("outcomes.sars-cov-2", "malformed")]),
        ("no json", [("", "malformed")]),
        (b'{"outcomes": {"sars-cov-2": "negative"}, "outcomes": {"sars-cov-2": "positive"}}', [("", "malformed")]),
        (b"\xff\xfe{}", [("", "malformed")]),
        ("[]", [("", "malformed")]),
    ],
)
def test_a_wrong_reading_is_refused_by_field_and_kept_nowhere(house: House, worker: str, reading, found):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    answer = post(f"/api/v1/tests/{record_id}/proposal", worker, reading)

    assert (answer.status_code, problems(answer)) == (400, found)
    assert proposed_tests(by=house.owner).tests == []


def test_a_kit_is_read_in_its_window_for_programs_too(house: House, worker: str):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner), minutes_ago=1)

    answer = post(f"/api/v1/tests/{record_id}/proposal", worker, NEGATIVE)

    assert (answer.status_code, problems(answer)) == (400, [("read_at", "too_early")])


def test_the_same_key_is_answered_the_same_and_done_once(house: House, worker: str):
    key = uuid4().hex

    first, second = (post("/api/v1/patients", worker, patient_body(), key=key) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    with tenant_scope(house.here.id):
        assert Patient.objects.count() == 1


def test_a_key_used_for_another_request_is_refused(worker: str):
    key = uuid4().hex
    patient_id = post("/api/v1/patients", worker, patient_body(), key=key).json()["id"]

    other = post("/api/v1/patients", worker, patient_body(birth_family_name="AUTRE"), key=key)
    elsewhere = post("/api/v1/tests", worker, test_body(patient_id), key=key)

    assert [(one.status_code, one.json()["error"]) for one in (other, elsewhere)] == [(422, "key_reused")] * 2


def test_a_refused_request_leaves_its_key_free(worker: str):
    key = uuid4().hex

    assert post("/api/v1/patients", worker, patient_body(sex="X"), key=key).status_code == 400
    assert post("/api/v1/patients", worker, patient_body(nir="1"), key=key).status_code == 400
    assert post("/api/v1/patients", worker, patient_body(), key=key).status_code == 201


def test_a_key_is_told_again_by_a_write_and_refused_while_its_call_is_done(house: House, worker: str):
    key = uuid4().hex
    post("/api/v1/patients", worker, patient_body(), key=key)
    with tenant_scope(house.here.id):
        before = bytes(ProgramCall.objects.get().sealed)

    assert post("/api/v1/patients", worker, patient_body(), key=key).status_code == 201

    with tenant_scope(house.here.id):
        assert bytes(ProgramCall.objects.get().sealed) != before


@pytest.mark.parametrize(
    "day", ["00000000", "0", "19790328", "28/03/1979", "1979-02-30", "0001-01-01", "9999-12-31", 1979]
)
def test_no_birth_date_is_guessed(worker: str, day: object):
    answer = post("/api/v1/patients", worker, patient_body(birth_date=day))

    assert (answer.status_code, problems(answer)) == (400, [("birth_date", "malformed")])


@pytest.mark.parametrize("changes", [{}, {"birth_family_name": "AUTRE", "birth_date": "1990-01-01"}])
def test_a_refusal_that_tells_who_is_a_patient_is_a_look(house: House, changes: dict[str, str]):
    known = make_patient(house.owner)
    scopes = (Scope.PATIENTS_WRITE,)
    writer = ask_token(assertion(register(house.owner, scopes=scopes))).json()["access_token"]

    answer = post("/api/v1/patients", writer, patient_body(**changes))

    assert answer.status_code in {400, 409}
    assert "candidates" not in answer.json()
    with tenant_scope(house.here.id):
        assert [event.kind for event in events_showing([known]) if event.origin == "api"] == ["patient.searched"]


@pytest.mark.parametrize(("key", "code"), [("", "required"), ("short", "malformed"), ("x" * 129, "malformed")])
def test_what_is_done_needs_a_key(worker: str, key: str, code: str):
    answer = post("/api/v1/patients", worker, patient_body(), key=key)

    assert (answer.status_code, problems(answer)) == (400, [("Idempotency-Key", code)])


def test_a_likely_record_is_told_and_put_aside_by_a_person(house: House, worker: str):
    known = make_patient(house.owner)

    asked = post("/api/v1/patients", worker, patient_body())
    said = post("/api/v1/patients", worker, patient_body(put_aside=[str(known)], nir=""))

    assert (asked.status_code, asked.json()["error"]) == (409, "likely_known")
    assert asked.json()["candidates"] == [str(known)]
    assert said.status_code == 201


def test_a_record_that_was_merged_says_which_one_stays():
    stays = uuid4()

    answer = error_answer(MergedError(stays))

    assert (answer.status_code, json.loads(answer.content)["error"]) == (409, "merged")
    assert json.loads(answer.content)["candidates"] == [str(stays)]


def test_a_search_and_a_record_are_looks_and_show_what_the_page_shows(house: House, worker: str):
    known = make_patient(house.owner)

    found = post("/api/v1/patients/search", worker, {"family_name": "pat trois", "birth_date": "1979-03-28"}).json()
    record = get(f"/api/v1/patients/{known}", worker).json()

    assert [one["id"] for one in found["patients"]] == [str(known)]
    assert record["birth_family_name"] == TRAITS["birth_family_name"]
    with tenant_scope(house.here.id):
        looks = set(Event.objects.filter(origin="api").values_list("kind", flat=True))
    assert {EventKind.PATIENT_SEARCHED.value, EventKind.PATIENT_READ.value} <= looks


def test_results_handed_in_whole_are_judged_each_alone(house: House, worker: str):
    lot_id, other = make_lot(house.owner), patient_body(birth_family_name="DEUX", birth_date="1990-05-06", nir="")
    batch = [
        whole(lot_id, "A-1"),
        whole(lot_id, "A-2", reading={"outcomes": {}}, patient=other),
        whole(lot_id, "A-3"),  # the same person again
        whole(lot_id, "A-4", patient_id=str(uuid4())),
        whole(lot_id, "A-5", patient=patient_body(birth_family_name="CINQ", birth_date="2001-02-03", nir="")),
    ]

    verdicts = post("/api/v1/results", worker, {"results": batch}).json()["results"]

    assert [(one["number"], one["taken"], one["error"]) for one in verdicts] == [
        *(("A-1", True, ""), ("A-2", False, "invalid"), ("A-3", False, "likely_known")),
        *(("A-4", False, "invalid"), ("A-5", True, "")),
    ]
    assert len(verdicts[2]["candidates"]) == 1
    assert [one["test_number"] for one in verdicts if one["taken"]] != ["", ""]
    assert len(proposed_tests(by=house.owner).tests) == 2
    with tenant_scope(house.here.id):
        assert Patient.objects.count() == 2


def test_one_result_beyond_the_scopes_keeps_no_verdict_from_the_others(house: House):
    scopes = (Scope.TESTS_WRITE, Scope.RESULTS_PROPOSE)
    bare = ask_token(assertion(register(house.owner, scopes=scopes))).json()["access_token"]
    lot_id, known = make_lot(house.owner), make_patient(house.owner)
    fine = {**whole(lot_id, "A-2"), "patient": None, "patient_id": str(known)}

    verdicts = post("/api/v1/results", bare, {"results": [whole(lot_id, "A-1"), fine]}).json()["results"]

    assert [(one["taken"], one["error"]) for one in verdicts] == [(False, "insufficient_scope"), (True, "")]


def test_one_whose_patient_cannot_be_opened_keeps_no_verdict_from_the_others(house: House, worker: str, tamper):
    lot_id, *known = make_lot(house.owner), *(make_patient(house.owner) for _ in range(3))
    batch = [{**whole(lot_id, f"A-{n}"), "patient": None, "patient_id": str(one)} for n, one in enumerate(known)]
    alter = "UPDATE patients_patient SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE id = '{}'"
    tamper(alter.format(known[1]))

    verdicts = post("/api/v1/results", worker, {"results": batch}).json()["results"]

    assert [(one["taken"], one["error"]) for one in verdicts] == [(True, ""), (False, "server_error"), (True, "")]
    assert verdicts[1]["incident"]


@pytest.mark.parametrize(("key", "status"), [("k" * 128, 200), ("short", 400), ("", 400)])
def test_the_key_of_a_batch_is_judged_by_itself(house: House, worker: str, key: str, status: int):
    batch = {"results": [whole(make_lot(house.owner), "N" * 64)]}

    assert post("/api/v1/results", worker, batch, key=key).status_code == status


def test_results_handed_in_again_are_taken_once(house: House, worker: str):
    key, batch = uuid4().hex, {"results": [whole(make_lot(house.owner))]}

    first, second = (post("/api/v1/results", worker, batch, key=key).json() for _ in range(2))

    assert first == second
    with tenant_scope(house.here.id):
        assert Record.objects.count() == 1


def test_another_pharmacys_things_are_unknown(house: House, worker: str):
    patient_id, lot_id = make_patient(house.stranger), make_lot(house.stranger)
    record_id = make_signed(house.stranger, patient_id, lot_id)
    place = f"/api/v1/tests/{record_id}"

    answers = [
        *(get(f"/api/v1/patients/{patient_id}", worker), get(place, worker), get(f"{place}/letters", worker)),
        post("/api/v1/tests", worker, test_body(patient_id)),
        *(post(f"{place}/sample", worker, sample_body(lot_id)), post(f"{place}/proposal", worker, NEGATIVE)),
        *(post(f"{place}/abandon", worker), get("/api/v1/kinds/x/lots", worker)),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)


def test_a_list_says_what_is_proposed_and_which_lots_may_be_used(house: House, worker: str):
    lot_id = make_lot(house.owner)
    waiting = make_sampled(house.owner, make_patient(house.owner), lot_id)
    post(f"/api/v1/tests/{waiting}/proposal", worker, NEGATIVE)

    page = get("/api/v1/tests", worker).json()

    assert [(one["id"], one["is_proposed"]) for one in page["tests"]] == [(str(waiting), True)]
    assert page["next"] == ""
    assert [one["id"] for one in get(f"/api/v1/kinds/{COVID}/lots", worker).json()["lots"]] == [str(lot_id)]


def test_only_json_is_read_and_messages_are_in_the_language_asked_for(worker: str):
    form = post("/api/v1/patients", worker, "a=b", **{"Content-Type": "application/x-www-form-urlencoded"})
    french = post("/api/v1/patients", worker, {}, **{"Accept-Language": "fr"}).json()["problems"][0]

    assert (form.status_code, form.json()["error"]) == (415, "unsupported_media_type")
    assert (french["code"], french["detail"]) == ("required", "Ce champ est obligatoire.")


def test_a_test_that_will_have_no_result_is_closed(house: House, worker: str):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    closed, again = (post(f"/api/v1/tests/{record_id}/abandon", worker).status_code for _ in range(2))

    assert (closed, again) == (200, 409)
    assert get(f"/api/v1/tests/{record_id}", worker).json()["state"] == "abandoned"
