"""Calls of a program that is almost right: what would be read otherwise than meant, or not at all, is refused."""

from __future__ import annotations

import copy
import gzip
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from api_programs import ask_token, assertion, get, register
from django.test import Client
from handed_messages import own_bundle, own_message
from people import House, make_lot, make_patient, make_sampled

from temoin.api.urls import OPERATIONS
from temoin.lib.clock import now
from temoin.patients.actions import CURRENT_NOTICE
from temoin.pharmacies.scopes import Scope

RESULTS, JSON = "/api/v1/results", "application/json"
FHIR, HL7 = (f"/api/v1/{name}?notice={CURRENT_NOTICE}" for name in ("fhir", "hl7"))
PATIENT = {"birth_family_name": "PREMIER", "birth_given_names": "ANNE", "sex": "F", "birth_date": "1979-03-28"}


@pytest.fixture
def worker(house: House) -> str:
    """The token of a program that may do all that a program can."""
    return ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]


def send(path: str, token: str, body: bytes, media: str = JSON, **headers: str) -> Any:
    head = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex, "Accept-Language": "en", **headers}
    return Client().post(path, body, content_type=media, headers=head)


def told(answer: Any) -> tuple[int, str, str]:
    """Return status, field and code of the one problem, in either language of errors."""
    content = answer.json()
    if "issue" in content:
        (issue,) = content["issue"]
        return answer.status_code, issue["expression"][0], issue["details"]["coding"][0]["code"]
    (problem,) = content["problems"]
    assert problem["detail"]
    return answer.status_code, problem["field"], problem["code"]


def result(kind: str = "covid19-ag", number: str = "N1", **changes: Any) -> dict[str, Any]:
    sample = {"specimen": "nasopharyngeal-swab", "lot_id": str(uuid4())}
    reading = {"outcomes": {"sars-cov-2": "negative"}}
    whole = {"number": number, "patient": PATIENT, "kind": kind, "notice_version": CURRENT_NOTICE}
    return {**whole, "sample": sample, "reading": reading, **changes}


LISTS = [one for one in OPERATIONS if one.method == "GET" and one.is_paged]


@pytest.mark.parametrize("path", ["/api/v1/whoami", *(f"/{one.path}" for one in LISTS)])
def test_a_parameter_that_is_not_understood_or_comes_twice_is_refused(house: House, worker: str, path: str):
    address = path.replace("<uuid:patient_id>", str(make_patient(house.owner))).replace("<slug:kind>", "covid19-ag")

    assert told(get(f"{address}?since=2026-11-01", worker)) == (400, "", "unknown_parameter")
    if "whoami" not in path:
        assert told(get(f"{address}?limit=1&limit=2", worker)) == (400, "limit", "repeated")


@pytest.mark.parametrize("address", [RESULTS, FHIR, HL7])
def test_a_body_that_is_said_to_be_packed_is_refused_by_its_header(worker: str, address: str):
    media = {RESULTS: JSON, FHIR: "application/fhir+json", HL7: "application/hl7-v2"}[address]

    for body in (b"{}", gzip.compress(b"{}")):
        answer = send(address, worker, body, media, **{"Content-Encoding": "gzip"})
        assert told(answer)[::2] == (415, "unsupported")
        assert told(answer)[1].endswith("Content-Encoding")


@pytest.mark.parametrize("media", ["application/json; charset=iso-8859-1", 'application/json; charset="UTF-16"'])
def test_json_of_another_character_set_is_refused(worker: str, media: str):
    assert told(send(RESULTS, worker, b"{}", media)) == (415, "Content-Type", "unsupported")


def test_another_version_of_fhir_is_refused(worker: str):
    answer = send(FHIR, worker, b"{}", "application/fhir+json; fhirVersion=3.0")

    assert told(answer) == (415, "http.Content-Type", "unsupported")
    assert send(FHIR, worker, b"{}", 'application/fhir+json; fhirVersion="4.0"; charset=UTF-8').status_code != 415


def test_a_call_that_reads_no_body_refuses_what_one_says(house: House, worker: str):
    place = f"/api/v1/tests/{make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))}/abandon"

    assert told(send(place, worker, b'{"reason": "gone"}')) == (400, "", "unknown_field")
    assert told(send(place, worker, b"reason=gone", "text/plain")) == (415, "Content-Type", "unsupported")
    assert send(place, worker, b"{}").status_code == 200


@pytest.mark.parametrize(
    "time",
    ["2026-11-30T24:01:00Z", "2026-06-30T23:59:60Z", "2026-11-31T10:00:00Z", "1800-01-01T00:00:00Z", "2026-11-30T10Z"],
)
def test_a_time_that_is_none_is_told_with_what_one_is(worker: str, time: str):
    bad = result(sample={"specimen": "nasopharyngeal-swab", "lot_id": str(uuid4()), "sampled_at": time})

    (verdict,) = send(RESULTS, worker, json.dumps({"results": [bad]}).encode()).json()["results"]

    (problem,) = verdict["problems"]
    assert problem["field"].endswith("sample.sampled_at")
    assert (problem["code"], "+01:00" in problem["detail"]) == ("malformed", True)


def test_given_names_and_one_name_only_exclude_each_other(worker: str):
    answer = send("/api/v1/patients", worker, json.dumps({**PATIENT, "single_name": True}).encode())

    assert told(answer) == (400, "birth_given_names", "one_name_and_more")


def test_one_number_of_two_kinds_names_two_results_and_of_one_kind_one(house: House, worker: str):
    taken = {"specimen": "nasopharyngeal-swab", "lot_id": str(make_lot(house.owner))}
    first = result(sample={**taken, "sampled_at": (now() - timedelta(minutes=17)).isoformat()})
    other_kind = result(kind="influenza-ag")  # whose lot is nobody's
    sent = [first, other_kind, {**first, "reading": {"outcomes": {"sars-cov-2": "positive"}}}]

    one, other, again = send(RESULTS, worker, json.dumps({"results": sent}).encode()).json()["results"]

    assert (one["taken"], [each["field"] for each in other["problems"]]) == (True, ["kind"])
    assert [(each["field"], each["code"]) for each in again["problems"]] == [("number", "number_used")]


def test_a_program_that_names_no_notice_is_told_which_there_is(worker: str):
    bad = result(notice_version="1999-01")

    (verdict,) = send(RESULTS, worker, json.dumps({"results": [bad]}).encode()).json()["results"]

    assert [one["field"] for one in verdict["problems"]] == ["notice_version"]
    assert "/api/v1/kinds" in verdict["problems"][0]["detail"]


def test_who_names_another_version_is_told_what_to_send(house: House, worker: str):
    place = f"/api/v1/tests/{make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))}/abandon"

    answer = send(place, worker, b"{}", **{"If-Match": "W/junk"})

    assert (answer.status_code, "W/" in answer.json()["detail"]) == (412, True)


def test_what_an_action_refuses_of_a_message_is_told_by_its_place(house: House, worker: str):
    make_lot(house.owner)
    made = own_bundle(house.here.finess, now())
    named = copy.deepcopy(made)
    named["entry"][1]["resource"]["name"][1]["family"] = "A" * 200
    message = own_message(house.here.finess, now()).replace("Doe^", "A" * 200 + "^").replace("\n", "\r")

    of_fhir = send(FHIR, worker, json.dumps(named).encode(), "application/fhir+json")
    of_hl7 = send(HL7, worker, message.encode(), "application/hl7-v2").content.decode()
    unnoticed = send("/api/v1/fhir", worker, json.dumps(made).encode(), "application/fhir+json").json()["issue"]

    assert told(of_fhir) == (422, "Bundle.entry[1].resource.name[1].family", "too_long")
    assert "|PID^1^5^1^1|" in of_hl7
    assert "/api/v1/kinds" in unnoticed[0]["details"]["text"]
