"""Patients and signed results read back as FHIR: what is told, to whom, and what a look leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import orjson
import pytest
from api_programs import ask_token, assertion, register
from django.test import Client
from fhir.resources.R4B import get_fhir_model_class
from fhir_judge import judge
from handed_messages import own_bundle
from people import House, make_lot, make_patient, make_sampled, make_signed

from temoin.api.fhir_operations import FHIR_READS
from temoin.api.fhir_statement import RESOURCES
from temoin.api.outcomes import BASE
from temoin.api.urls import OPERATIONS
from temoin.formats.fhir import codes
from temoin.journal.act import record_looks
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.oversight.reading_settings import ReadingPace
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.queries import read_patient
from temoin.pharmacies.programs import take_program_seat
from temoin.pharmacies.scopes import Scope
from temoin.testing.actions import abandon_test
from temoin.testing.merging import merge_patients
from temoin.testing.proposals import proposed_tests, sign_proposal
from temoin.testing.signing import cancel_result

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def reader(house: House) -> str:
    """The token of a program that may read patients and tests."""
    return token_of(house.owner, Scope.TESTS_READ, Scope.PATIENTS_READ)


@pytest.fixture
def patient_id(house: House) -> UUID:
    return make_patient(house.owner)


@pytest.fixture
def lot_id(house: House) -> UUID:
    return make_lot(house.owner)


@pytest.fixture
def result(house: House, patient_id: UUID, lot_id: UUID) -> UUID:
    return make_signed(house.owner, patient_id, lot_id, outcome="positive")


def token_of(seat, *scopes: Scope) -> str:
    return ask_token(assertion(register(seat, scopes=scopes))).json()["access_token"]


def get(place: str, token: str, **headers: str):
    return Client().get(f"{BASE}/{place}", headers={"Authorization": f"Bearer {token}", **headers})


def search(kind: str, token: str, **asked: str):
    head = {"Authorization": f"Bearer {token}"}
    return Client().post(f"{BASE}/{kind}/_search", urlencode(asked), content_type=FORM, headers=head)


def refusal(answer) -> tuple[int, str, str]:
    """Return status, FHIR's kind of issue and our code."""
    told = answer.json()
    assert (told["resourceType"], answer["Content-Type"]) == ("OperationOutcome", "application/fhir+json")
    return answer.status_code, told["issue"][0]["code"], told["issue"][0]["details"]["coding"][0]["code"]


def matches(answer) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    judge(answer.json())
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def looks(house: House, kind: EventKind) -> list[UUID | None]:
    with tenant_scope(house.here.id):
        found = Event.objects.filter(kind=kind.value, origin="api").order_by("at")
        return list(found.values_list("subject_id", flat=True))


def test_a_result_is_read_from_its_report_on_and_each_look_is_an_event(house: House, reader: str, patient_id, result):
    report = get(f"DiagnosticReport/{result}", reader)
    told = report.json()
    found = [get(one["reference"], reader).json() for one in [*told["result"], *told["specimen"], told["subject"]]]

    assert (report["Content-Type"], report["ETag"]) == ("application/fhir+json", 'W/"1"')
    for one in (told, *found):
        judge(one)
    assert [one["resourceType"] for one in found] == ["Observation", "Specimen", "Patient"]
    assert found[0]["valueCodeableConcept"]["coding"][1] == {"system": codes.OUTCOME_SYSTEM, "code": "positive"}
    assert found[2]["id"] == str(patient_id)
    assert looks(house, EventKind.TEST_READ) == [result] * 3
    assert looks(house, EventKind.PATIENT_READ) == [patient_id]


def test_a_version_that_the_program_has_is_304_and_no_look(house: House, reader: str, patient_id, result):
    for place, kind in ((f"Specimen/{result}", EventKind.TEST_READ), (f"Patient/{patient_id}", EventKind.PATIENT_READ)):
        tag = get(place, reader)["ETag"]
        again = get(place, reader, **{"If-None-Match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert len(looks(house, kind)) == 1


def test_a_result_declared_void_is_the_next_version_entered_in_error(house: House, reader: str, result):
    cancel_result(by=house.owner, record_id=result, expected_version=1, reason="Doublon")

    told = get(f"DiagnosticReport/{result}", reader, **{"If-None-Match": 'W/"1"'}).json()

    assert (told["meta"]["versionId"], told["status"]) == ("2", "entered-in-error")


def test_what_is_not_here_is_404_and_what_will_not_come_is_410(house: House, reader: str, patient_id, lot_id, result):
    waits, given_up = (make_sampled(house.owner, patient_id, lot_id) for _ in range(2))
    abandon_test(by=house.owner, record_id=given_up, seen="")
    foreign_patient = make_patient(house.stranger)
    foreign = make_signed(house.stranger, foreign_patient, make_lot(house.stranger))

    unknown = [
        f"Specimen/{foreign}",
        f"DiagnosticReport/{uuid4()}",
        f"Observation/{result}.7",
        f"Patient/{foreign_patient}",
    ]
    assert get(f"Observation/{result}.7", reader, **{"If-None-Match": "*"}).status_code == 404
    for place in (*unknown, f"DiagnosticReport/{waits}", "DiagnosticReport/x", "Condition/1"):
        assert refusal(get(place, reader)) == (404, "not-found", "not_found"), place
    assert refusal(get(f"DiagnosticReport/{given_up}", reader)) == (410, "deleted", "gone")


def test_a_record_that_was_merged_is_410_and_names_the_one_that_stays(house: House, reader: str, patient_id, result):
    stays = make_patient(house.owner)
    seen = [
        SeenRecords(patient_id=one, version=read_patient(by=house.owner, patient_id=one).seen_version)
        for one in (patient_id, stays)
    ]
    merge_patients(by=house.owner, goes=seen[0], stays=seen[1], reason=MergeReason.REGISTERED_TWICE)

    gone = get(get(f"DiagnosticReport/{result}", reader).json()["subject"]["reference"], reader)

    assert refusal(gone) == (410, "deleted", "merged")
    assert gone.json()["issue"][0]["diagnostics"] == f"Patient/{stays}"
    (found,) = matches(search("Patient", reader, identifier=f"{codes.PATIENT_SYSTEM}|{patient_id}"))
    assert found["id"] == str(stays)


def test_who_reads_much_waits_and_a_defect_is_a_number(reader: str, result, monkeypatch):
    place, client = f"{BASE}/Specimen/{result}", Client(raise_request_exception=False)
    monkeypatch.setattr("temoin.api.fhir_reads.served_result", lambda _report: 1 / 0)
    defect = client.get(place, headers={"Authorization": f"Bearer {reader}"})
    seat = take_program_seat(token=reader, certificate=b"")
    many = [uuid4() for _ in range(ReadingPace().opened_per_hour)]
    record_looks(by=seat, kind=EventKind.TEST_READ, subject_kind="record", subject_ids=many)
    waits = search("DiagnosticReport", reader, _count="1")

    assert refusal(defect) == (500, "exception", "server_error")
    assert len(defect.json()["issue"][0]["diagnostics"]) == 8
    assert (*refusal(waits), waits["Retry-After"]) == (429, "throttled", "reads_too_much", "600")


def test_who_may_not_read_is_kept_out_and_told_in_fhir(house: House, patient_id, result):
    tests, people = token_of(house.owner, Scope.TESTS_READ), token_of(house.owner, Scope.PATIENTS_READ)

    assert refusal(get(f"Patient/{patient_id}", tests)) == (403, "forbidden", "insufficient_scope")
    assert refusal(get(f"DiagnosticReport/{result}", people)) == (403, "forbidden", "insufficient_scope")
    assert refusal(search("Patient", tests, identifier="x|1")) == (403, "forbidden", "insufficient_scope")
    assert refusal(get("DiagnosticReport", "none")) == (401, "login", "invalid_token")
    assert refusal(Client().delete(f"{BASE}/DiagnosticReport/{result}")) == (405, "not-supported", "method_not_allowed")


def test_only_json_is_answered(reader: str, result):
    place = f"DiagnosticReport/{result}"

    for accepted in ("application/fhir+json;fhirVersion=4.0", "text/html, */*;q=0.1", "application/json"):
        assert get(place, reader, Accept=accepted).status_code == 200
    for refused in (get(place, reader, Accept="application/fhir+xml"), get(f"{place}?_format=xml", reader)):
        assert refusal(refused) == (406, "not-supported", "unsupported")


def test_results_are_listed_by_their_signature_page_by_page(house: House, reader: str, patient_id, lot_id, result):
    more = {make_signed(house.owner, patient_id, lot_id) for _ in range(2)}
    make_signed(house.stranger, make_patient(house.stranger), make_lot(house.stranger))
    before = (now() - timedelta(minutes=5)).isoformat()

    first = get("DiagnosticReport?" + urlencode({"_lastUpdated": f"ge{before}", "_count": "2"}), reader)
    links = {one["relation"]: one["url"] for one in first.json()["link"]}
    following = links["next"].partition(f"{BASE}/")[2]
    second = get(following, reader)
    for other in (house.owner, house.stranger):
        assert refusal(get(following, token_of(other, Scope.TESTS_READ))) == (400, "invalid", "unknown")

    pages = [[UUID(one["id"]) for one in matches(page)] for page in (first, second)]
    assert [len(page) for page in pages] == [2, 1]
    assert {*pages[0], *pages[1]} == {result, *more}
    assert "next" not in {one["relation"] for one in second.json()["link"]}
    assert len(looks(house, EventKind.TEST_LIST_READ)) == 2
    assert matches(get(f"DiagnosticReport?_lastUpdated=lt{before.replace('+', '%2B')}", reader)) == []
    assert len(matches(get(f"DiagnosticReport?_lastUpdated=ge{before}", reader))) == 3  # a plus sign not escaped


def test_a_patient_and_a_result_are_found_by_their_numbers_without_an_address(
    house: House, reader: str, patient_id, result
):
    nir = read_patient(by=house.owner, patient_id=patient_id).nir

    for number in (f"{codes.INS_NIR}|{nir}", f"{codes.PATIENT_SYSTEM}|{patient_id}"):
        (found,) = matches(search("Patient", reader, identifier=number))
        assert found["id"] == str(patient_id)
    (report,) = matches(search("DiagnosticReport", reader, identifier=f"{codes.RECORD_SYSTEM}|{result}"))
    assert report["id"] == str(result)
    assert matches(search("Patient", reader, identifier=f"{codes.PATIENT_SYSTEM}|{uuid4()}")) == []
    assert nir not in search("Patient", reader, identifier=f"{codes.INS_NIR}|{nir}").json()["link"][0]["url"]


@pytest.mark.usefixtures("lot_id")
def test_a_result_is_found_by_the_number_that_its_sender_gave_it_and_by_nobody_else(house: House):
    worker, other = token_of(house.owner, *Scope), token_of(house.owner, *Scope)
    head = {"Authorization": f"Bearer {worker}", "Idempotency-Key": "k" * 16}
    body = orjson.dumps(own_bundle(house.here.finess, now()))
    sent = Client().post(f"{BASE}?notice={CURRENT_NOTICE}", body, content_type="application/fhir+json", headers=head)
    before = matches(search("DiagnosticReport", worker, identifier="F1"))
    (waiting,) = proposed_tests(by=house.owner).tests
    sign_proposal(by=house.owner, record_id=waiting.opened.record_id, seen_version=waiting.seen_version)

    (found,) = matches(search("DiagnosticReport", worker, identifier="f1"))

    assert (sent.status_code, before) == (200, [])
    assert found["id"] == str(waiting.opened.record_id)
    assert matches(search("DiagnosticReport", worker, identifier="F2")) == []
    assert matches(search("DiagnosticReport", other, identifier="F1")) == []


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("Patient?identifier=x|1", "personal"),
        ("Patient?name=Martin", "personal"),
        ("DiagnosticReport?identifier=x|1", "personal"),
        ("DiagnosticReport?patient.name=Martin", "unknown_parameter"),
        ("DiagnosticReport?_lastUpdated=2026-11-30", "no_instant"),
        ("DiagnosticReport?_lastUpdated=ge2026-11-31T10:00:00Z", "no_instant"),
        ("DiagnosticReport?_lastUpdated=le2026-11-30T10:00:00-23:59", "no_instant"),
        ("DiagnosticReport?_lastUpdated=ge2026-11-30T10:00:00%2B16:00", "no_instant"),
        ("DiagnosticReport?_count=0", "malformed"),
        ("DiagnosticReport?_cursor=x.y", "unknown"),
        ("DiagnosticReport?_count=1&_count=100", "repeated"),
        ("DiagnosticReport?%69dentifier=x|1", "personal"),
    ],
)
def test_a_search_that_is_personal_or_not_understood_is_refused(house: House, reader: str, place: str, code: str):
    assert refusal(get(place, reader)) == (400, "invalid", code)
    assert not looks(house, EventKind.PATIENT_SEARCHED)


def test_numbers_of_no_system_known_here_are_refused(reader: str):
    for kind, asked in (
        ("Patient", "1"),
        ("Patient", f"{codes.INS_NIR}|1"),
        ("DiagnosticReport", "a,b"),
        ("Patient", ""),
    ):
        assert refusal(search(kind, reader, identifier=asked))[:2] == (400, "invalid")


def test_the_statement_says_what_is_served_and_nothing_else():
    get_fhir_model_class("CapabilityStatement").model_validate(Client().get(f"{BASE}/metadata").json())

    served = {(one.method, one.path.removeprefix(BASE[1:]).partition("/<")) for one in FHIR_READS}
    told = set()
    for one in RESOURCES:
        interactions = {each["code"] for each in one.get("interaction", [])}
        if "read" in interactions:
            told.add(("GET", f"/{one['type']}", True))
        if "search-type" in interactions:
            told |= {("GET", f"/{one['type']}", False), ("POST", f"/{one['type']}/_search", False)}
    assert {(method, place, bool(bar)) for method, (place, bar, _rest) in served} == told
    at_base = {one.path for one in OPERATIONS if one.path.startswith(BASE[1:])} - {one.path for one in FHIR_READS}
    assert at_base == {BASE[1:], f"{BASE[1:]}/$validate", f"{BASE[1:]}/metadata"}
