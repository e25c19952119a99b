"""FHIR Bundles of a program: proposed whole or not at all, tried before, and answered by paths."""

from __future__ import annotations

import copy
from typing import Any
from uuid import uuid4

import orjson
import pytest
from api_programs import ask_token, assertion, register
from django.test import Client
from handed_messages import as_xml, own_bundle
from people import House, make_lot

from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.models import Patient
from temoin.pharmacies.scopes import Scope
from temoin.testing.models import Record
from temoin.testing.proposals import proposed_tests, sign_proposal

ADDRESS = f"/api/v1/fhir?notice={CURRENT_NOTICE}"
VALIDATE = "/api/v1/fhir/$validate"


@pytest.fixture
def worker(house: House) -> str:
    """The token of a program that may do all that a program can."""
    return ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]


@pytest.fixture
def bundle(house: House) -> dict[str, Any]:
    """A Bundle of the pharmacy's own test, read just now with a lot that is in stock."""
    make_lot(house.owner)
    return own_bundle(house.here.finess, now())


def send(body: Any, token: str, *, address: str = ADDRESS, key: str = "", media: str = "application/fhir+json"):
    head = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or uuid4().hex, "Accept-Language": "en"}
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Client().post(address, content, content_type=media, headers=head)


def issues(answer) -> list[tuple[str, str, str]]:
    told = answer.json()
    assert (told["resourceType"], answer["Content-Type"]) == ("OperationOutcome", "application/fhir+json")
    return [(one["severity"], one["code"], one.get("expression", [""])[0]) for one in told["issue"]]


def stored(house: House) -> tuple[int, int]:
    with tenant_scope(house.owner.pharmacy_id):
        return Record.objects.count(), Patient.objects.count()


def test_a_bundle_is_proposed_once_under_its_key_and_signed_by_a_person(house: House, worker: str, bundle):
    first, again = send(bundle, worker, key="k" * 16), send(bundle, worker, key="k" * 16)

    assert (first.status_code, first.content) == (200, again.content)
    assert issues(first)[0] == ("information", "informational", "")
    assert stored(house) == (1, 1)
    (waiting,) = proposed_tests(by=house.owner).tests
    seen = {"record_id": waiting.opened.record_id, "seen_version": waiting.seen_version}
    assert sign_proposal(by=house.owner, **seen).findings[0].outcome == "positive"


def test_what_is_left_out_of_a_bundle_is_named_element_by_element(worker: str, bundle):
    told = issues(send(bundle, worker))

    assert told[1:] == [
        ("information", "informational", "DiagnosticReport.code"),
        ("information", "informational", "Patient.name[0]"),
    ]


def test_another_bundle_under_the_same_key_is_refused(house: House, worker: str, bundle):
    send(bundle, worker, key="k" * 16)

    assert send({**bundle, "id": "x"}, worker, key="k" * 16).status_code == 422
    assert stored(house) == (1, 1)


def test_xml_is_taken_as_json_is(house: House, worker: str, bundle):
    assert send(as_xml(bundle), worker, media="application/fhir+xml").status_code == 200
    assert stored(house) == (1, 1)


def test_the_components_of_an_observation_are_proposed_as_one_test_or_none(house: House, worker: str):
    make_lot(house.owner, kit="quidel-sofia2-flu-sars")
    made = own_bundle(house.here.finess, now())
    whole, device = made["entry"][0]["resource"], made["entry"][5]["resource"]
    device["deviceName"][0]["name"] = "Sofia 2 Flu + SARS Antigen FIA"
    value = whole.pop("valueCodeableConcept")
    codes = [{"coding": [{"system": "http://loinc.org", "code": code}]} for code in ("97097-0", "80382-5", "80383-3")]
    whole["component"] = [{"code": code, "valueCodeableConcept": value} for code in codes]

    bad = copy.deepcopy(made)
    bad["entry"][0]["resource"]["component"][2]["code"]["coding"][0]["code"] = "883-9"
    refused, taken = send(bad, worker), send(made, worker)

    assert ("error", "value", "Bundle.entry[0].resource.component[2].code") in issues(refused)
    assert (refused.status_code, taken.status_code) == (422, 200)
    (waiting,) = proposed_tests(by=house.owner).tests
    assert dict(waiting.proposal.reading.outcomes) == dict.fromkeys(
        ("sars-cov-2", "influenza-a", "influenza-b"), "positive"
    )


def test_a_result_that_is_wrong_is_told_by_its_path_and_nothing_is_kept(house: House, worker: str, bundle):
    second = copy.deepcopy(bundle["entry"][0]["resource"])
    bundle["entry"].append({"resource": second | {"id": "o2", "status": "preliminary"}})

    answer = send(bundle, worker)

    assert answer.status_code == 422
    assert ("error", "value", "Bundle.entry[6].resource.status") in issues(answer)
    assert stored(house) == (0, 0)


def test_what_a_program_may_not_bring_is_told_by_its_path(house: House, worker: str, bundle):
    bundle["entry"][0]["resource"]["status"] = "corrected"

    answer = send(bundle, worker)

    assert issues(answer) == [("error", "not-found", "Bundle.entry[0].resource.status")]
    assert stored(house) == (0, 0)


def test_a_trial_tells_the_same_and_keeps_nothing(house: House, worker: str, bundle):
    good = send(bundle, worker, address=VALIDATE)
    bundle["entry"][1]["resource"]["birthDate"] = "1980"
    bad = send(bundle, worker, address=VALIDATE)

    assert (good.status_code, bad.status_code) == (200, 200)
    assert {severity for severity, *_ in issues(good)} == {"information"}
    assert issues(bad)[0] == ("error", "value", "Bundle.entry[1].resource.birthDate")
    assert "1980" not in bad.content.decode()
    assert stored(house) == (0, 0)


def test_what_is_no_fhir_is_told_and_who_may_not_is_kept_out(house: House, worker: str, bundle):
    few = ask_token(assertion(register(house.owner, scopes=(Scope.TESTS_READ,)))).json()["access_token"]

    assert issues(send(b'{"resourceType', worker))[0][:2] == ("error", "structure")
    assert issues(send({"resourceType": "Bundle", "type": "batch"}, worker)) == [("error", "required", "Observation")]
    assert send(bundle, few).status_code == send(bundle, few, address=VALIDATE).status_code == 403
    assert send(bundle, "no-token").status_code == 401
    assert send(bundle, worker, media="application/json").status_code == 415
    assert send(bundle, worker, key="short").status_code == 400
    assert Client().get("/api/v1/fhir/metadata").json()["resourceType"] == "CapabilityStatement"
    assert stored(house) == (0, 0)
