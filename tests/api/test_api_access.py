"""Every address of the API: nothing without a token, another pharmacy's object unknown, and no way round."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from api_programs import ask_token, assertion, get, post, register
from django.test import Client
from django.urls import get_resolver, reverse
from people import House, make_lot, make_patient, make_signed

from temoin.api.fhir_searches import FORM
from temoin.api.guard import Open
from temoin.api.outcomes import BASE
from temoin.api.urls import OPERATIONS
from temoin.formats.fhir import codes
from temoin.journal.act import record_looks
from temoin.journal.events import EventKind
from temoin.journal.listings import NIR, NUMBER, record_listing
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope
from temoin.oversight.reading import patients_seen
from temoin.oversight.reading_settings import ReadingPace
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import SCOPE_RIGHTS, Scope, take_program_seat
from temoin.site.headers import CONTENT_SECURITY_POLICY
from temoin.web.routes import ROUTES

GUARDED = [one for one in OPERATIONS if one.asks is not Open.NOTHING]
PLACES = {"record_id": UUID(int=7), "patient_id": UUID(int=8), "kind": "covid19-ag", "number": 0}
SCOPELESS = {"whoami", "kinds"}


def path_of(operation) -> str:
    places = {name: place for name, place in PLACES.items() if f":{name}>" in operation.path}
    return reverse(operation.name, urlconf="temoin.api.urls", kwargs=places)


def call(operation, token: str | None):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return Client().generic(operation.method, path_of(operation), headers=headers)


def methods_of(path: str) -> list[str]:
    return [one.method for one in OPERATIONS if one.path == path]


def told(answer) -> tuple[int, str, str]:
    """Return status, code and media type of a refusal; what FHIR says of it is told as that of the others."""
    problem, media = answer.json(), answer["Content-Type"]
    if not answer.wsgi_request.path.startswith(BASE):
        return answer.status_code, problem["error"], media
    assert (problem["resourceType"], media) == ("OperationOutcome", "application/fhir+json")
    return answer.status_code, problem["issue"][0]["details"]["coding"][0]["code"], "application/problem+json"


def test_no_address_exists_outside_the_table():
    assert {entry.name for entry in get_resolver("temoin.api.urls").url_patterns} == {one.name for one in OPERATIONS}
    assert all(one.path.startswith("api/") for one in OPERATIONS)
    assert (
        len({one.name for one in OPERATIONS}) == len({(one.path, one.method) for one in OPERATIONS}) == len(OPERATIONS)
    )
    assert not [route.name for route in ROUTES if route.path.startswith("api")]


def test_only_the_token_and_what_the_site_takes_are_asked_for_without_one():
    assert [one.name for one in OPERATIONS if one.asks is Open.NOTHING] == ["token", "openapi", "fhir_metadata"]
    assert {one.name for one in GUARDED if one.asks is Open.TOKEN} == SCOPELESS


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "é", "A" * 64, "Bearer", "a b"])
@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.name)
def test_without_a_right_token_nothing_is_reached(operation, token: str):
    answers = [call(operation, token), call(operation, None)]
    headers = {"Authorization": f"Basic {token}"}
    answers.append(Client().generic(operation.method, path_of(operation), headers=headers))

    for answer in answers:
        assert told(answer) == (401, "invalid_token", "application/problem+json")
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_without_the_scope_reaches_nothing(house: House):
    bare = ask_token(assertion(register(house.owner, scopes=()))).json()["access_token"]
    asking = [one for one in GUARDED if isinstance(one.asks, Right)]

    for operation in asking:
        assert told(call(operation, bare)) == (403, "insufficient_scope", "application/problem+json")

    with tenant_scope(house.here.id):
        denied = Event.objects.filter(kind=EventKind.ACCESS_DENIED.value)
        assert {event.origin for event in denied} == {"api"}
        assert {event.reason for event in denied} == {one.asks.value for one in asking}


def test_another_pharmacys_result_is_an_unknown_one(house: House, token: str):
    record_id = make_signed(house.stranger, make_patient(house.stranger), make_lot(house.stranger))

    foreign = get(f"/api/v1/tests/{record_id}/parcels", token)
    unknown = get(f"/api/v1/tests/{uuid4()}/parcels", token)
    malformed = get("/api/v1/tests/x/parcels", token)

    assert {one.status_code for one in (foreign, unknown, malformed)} == {404}
    assert foreign.content == unknown.content == malformed.content


def test_ones_own_result_has_its_parcels_states_and_nothing_else(house: House, token: str):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    answer = get(f"/api/v1/tests/{record_id}/parcels", token)

    assert sorted(answer.json()["parcels"], key=lambda one: one["destination"]) == [
        {"destination": "email", "version": 1, "state": "waiting"},
        {"destination": "fhir", "version": 1, "state": "waiting"},
    ]


def test_a_program_learns_who_it_is(house: House, token: str):
    assert get("/api/v1/whoami", token).json() == {
        "program": "Logiciel d'officine",
        "pharmacy": {"finess": house.here.finess, "name": house.here.name},
        "scopes": ["tests:read"],
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
@pytest.mark.django_db
def test_a_method_that_is_not_meant_is_405(operation, method: str):
    answer = Client().generic(method, path_of(operation))

    assert (answer.status_code == 405) is (method not in methods_of(operation.path))
    assert answer.status_code != 405 or answer["Allow"] == ", ".join(methods_of(operation.path))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/", "/api/token/", "/api/v1/", "/api/v1/whoami/", "/api/../team/", "/api/é"])
def test_any_other_address_is_one_404_in_json(path: str):
    assert told(Client().get(path)) == (404, "not_found", "application/problem+json")


@pytest.mark.django_db
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_answer_bears_the_headers_and_no_cookie(operation):
    answer = call(operation, None)

    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] in {"application/json", "application/problem+json", "application/fhir+json"}
    assert not answer.cookies


def test_a_defect_shows_a_number_and_nothing_else(token: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("temoin.api.views.pharmacy_of", lambda _seat: 1 / 0)
    client = Client(raise_request_exception=False)

    answer = client.get("/api/v1/whoami", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, set(answer.json())) == (500, {"title", "status", "error", "incident"})


def test_no_scope_lets_a_program_sign():
    assert set(SCOPE_RIGHTS) == set(Scope)
    held = frozenset().union(*SCOPE_RIGHTS.values())
    assert held == {
        *(Right.READ_TEST, Right.REGISTER_TEST, Right.TAKE_SAMPLE),
        *(Right.READ_PATIENT, Right.REGISTER_PATIENT, Right.PROPOSE_RESULT, Right.MANAGE_WEBHOOKS),
    }
    assert not held & {Right.SIGN_RESULT, Right.CORRECT_RESULT, Right.MANAGE_MEMBERS, Right.IMPORT_RESULTS}


def test_a_program_that_saw_too_many_patients_is_told_to_wait_and_told_of(house: House, token: str):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    seat = take_program_seat(token=token, certificate=b"")
    many = ReadingPace().opened_per_hour
    record_looks(by=seat, kind=EventKind.TEST_READ, subject_kind="record", subject_ids=[uuid4() for _ in range(many)])

    answer = get(f"/api/v1/tests/{record_id}/parcels", token)

    assert told(answer) == (429, "reads_too_much", "application/problem+json")
    assert answer["Retry-After"] == "600"
    with tenant_scope(house.here.id):
        event = Event.objects.get(kind=EventKind.READING_MUCH.value)
    assert (event.subject_kind, event.subject_id) == ("program", seat.actor_id)


def test_a_program_that_asks_for_hundreds_of_people_in_vain_is_told_to_wait(house: House):
    token = ask_token(assertion(register(house.owner, scopes=(Scope.PATIENTS_READ,)))).json()["access_token"]
    seat = take_program_seat(token=token, certificate=b"")
    for _ in range(ReadingPace().vain_searches_per_hour - 1):
        kind = EventKind.PATIENT_SEARCHED
        record_listing(by=seat, kind=kind, subject_kind="patient", shown=[], detail=NIR)
    asked = {"nir": "279035121518989"}

    last, over = (post("/api/v1/patients/search", token, asked) for _ in range(2))

    assert (last.status_code, last.json()) == (200, {"patients": []})
    assert told(over)[:2] == (429, "reads_too_much")


def test_a_program_that_asks_for_hundreds_of_results_by_numbers_in_vain_is_told_to_wait(house: House):
    token = ask_token(assertion(register(house.owner, scopes=(Scope.TESTS_READ,)))).json()["access_token"]
    seat = take_program_seat(token=token, certificate=b"")
    place, head = f"{BASE}/DiagnosticReport", {"Authorization": f"Bearer {token}"}
    for _ in range(ReadingPace().vain_searches_per_hour - 2):
        kind = EventKind.TEST_LIST_READ
        record_listing(by=seat, kind=kind, subject_kind="record", shown=[], detail=NUMBER)

    # A list of what was signed lately is no search by a number: it may be empty as often as it is asked for.
    asked = [
        {"identifier": "A-1"},
        {"_count": "1"},
        {"identifier": f"{codes.RECORD_SYSTEM}|{uuid4()}"},
        {"identifier": "A-2"},
    ]
    answers = [Client().post(f"{place}/_search", urlencode(one), content_type=FORM[0], headers=head) for one in asked]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert patients_seen(by=seat).in_vain == ReadingPace().vain_searches_per_hour
