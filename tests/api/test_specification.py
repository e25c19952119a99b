"""The specification says what the API does: each operation, each shape, each problem."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest
from api_programs import ask_token, assertion, get, register
from django.test import Client
from people import House, make_lot, make_patient, make_sampled, make_signed

from temoin import serving
from temoin.api.bodies import ProblemBody
from temoin.api.fhir_bodies import FhirOutcome
from temoin.api.guard import Open
from temoin.api.openapi import address_of, specification
from temoin.api.outcomes import worded
from temoin.api.urls import OPERATIONS
from temoin.formats.fhir import codes
from temoin.pharmacies.professions import Right
from temoin.pharmacies.scopes import SCOPE_RIGHTS, Scope

SPECIFICATION = specification(OPERATIONS)
TOLD = [one for one in OPERATIONS if one.is_told]


def jsonschema() -> ModuleType:
    """Return the judge of shapes; to import it takes seconds, which only who runs these tests shall wait."""
    return import_module("jsonschema")


def told_of(operation) -> dict[str, Any]:
    return SPECIFICATION["paths"][address_of(operation)][operation.method.lower()]


def schema_of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": SPECIFICATION["components"]}


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [one for value in node.values() for one in references(value)]
    return [one for value in node for one in references(value)] if isinstance(node, list) else []


@pytest.mark.django_db
def test_it_is_served_to_anybody_and_names_each_operation_once():
    served = Client().get("/api/v1/openapi.json").json()

    assert served == SPECIFICATION
    assert served["openapi"] == "3.1.0"
    found = [each["operationId"] for methods in served["paths"].values() for each in methods.values()]
    assert sorted(found) == sorted(one.name for one in TOLD)
    # The search of patients by an address is there to refuse it.
    assert {one.name for one in OPERATIONS if not one.is_told} == {"token", "openapi", "fhir_patients"}


def test_every_reference_leads_to_a_shape_and_every_shape_is_one():
    schemas = SPECIFICATION["components"]["schemas"]

    assert {reference.rpartition("/")[2] for reference in references(SPECIFICATION)} == set(schemas)
    for schema in schemas.values():
        jsonschema().Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("operation", [one for one in TOLD if one.asks is not Open.NOTHING], ids=lambda one: one.name)
def test_an_operation_says_its_scope_its_key_its_body_and_its_problems(operation):
    told = told_of(operation)
    keys = [one for one in told["parameters"] if one["name"] == "Idempotency-Key"]
    statuses = {int(status) for status in told["responses"]}

    scopes = {scope.value for scope, rights in SCOPE_RIGHTS.items() if operation.asks in rights}
    assert told["security"] == [{"token": sorted(scopes)}]
    assert bool(scopes) is isinstance(operation.asks, Right)
    without_key = {"search_patients", "hl7", "fhir_validate", "fhir_search_patients", "fhir_search_reports"}
    assert bool(keys) is (operation.method == "POST" and operation.name not in without_key)
    assert ("requestBody" in told) is (operation.body is not None or bool(operation.media))
    assert {401, 404, 405, 500, operation.status} <= statuses
    assert (403 in statuses) is (operation.asks is not Open.TOKEN)


def test_answers_are_of_the_shapes_it_says(house: House):
    token = ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    make_sampled(house.owner, patient_id, lot_id)
    places = {"record_id": make_signed(house.owner, patient_id, lot_id), "patient_id": patient_id, "kind": "covid19-ag"}
    sought = {
        "fhir_search_patients": f"{codes.PATIENT_SYSTEM}|{patient_id}",
        "fhir_search_reports": f"{codes.RECORD_SYSTEM}|{places['record_id']}",
    }

    for operation in (one for one in TOLD if one.method == "GET" or one.form):
        address = address_of(operation).format(**places, number=0)
        if operation.form:
            head = {"Authorization": f"Bearer {token}"}
            form = {"identifier": sought[operation.name]}
            ((_media, sent),) = told_of(operation)["requestBody"]["content"].items()
            jsonschema().validate(form, sent["schema"])
            answer = Client().post(address, urlencode(form), content_type=operation.media[0], headers=head)
            assert len(answer.json()["entry"]) == 1
            without = Client().post(address, "_count=1", content_type=operation.media[0], headers=head)
            assert (without.status_code == operation.status) is ("identifier" not in sent["schema"].get("required", ()))
        else:
            answer = get(address, token)
        assert answer.status_code == operation.status
        assert list(told_of(operation)["responses"]["200"]["content"]) == [answer["Content-Type"]]
        jsonschema().validate(answer.json(), schema_of(operation.answers.__name__))


def test_a_problem_is_of_the_shape_of_problems(house: House):
    token = ask_token(assertion(register(house.owner, scopes=()))).json()["access_token"]

    for path in ("/api/v1/tests", "/api/v1/nothing", "/api/v1/patients"):
        jsonschema().validate(get(path, token).json(), schema_of(ProblemBody.__name__))
    for path in ("/api/v1/fhir/DiagnosticReport", "/api/v1/fhir/Patient", "/api/v1/fhir"):
        jsonschema().validate(get(path, token).json(), schema_of(FhirOutcome.__name__))


REFUSAL = re.compile(r'RefusedError\((\d+), "([a-z ]+)"')
SERVING = Path(serving.__file__).parent


@pytest.mark.parametrize(
    ("status", "words"),
    sorted({(int(a), b) for one in SERVING.glob("*.py") for a, b in REFUSAL.findall(one.read_text())}),
)
def test_whatever_the_server_refuses_itself_is_a_problem_or_an_outcome(status: int, words: str):
    kind, body = worded("/api/v1/results", status, words)
    told = ProblemBody.model_validate_json(body)
    assert (kind, told.status, " " in told.error) == ("application/problem+json", status, False)

    kind, body = worded("/api/v1/fhir/$validate", status, words)
    FhirOutcome.model_validate_json(body)
    assert kind == "application/fhir+json"
    assert worded("/patients/", status, words) is None
