"""Every list of the API comes page by page, under cursors that are good for one list of one program alone."""

from __future__ import annotations

import typing
from datetime import UTC, timedelta

import pytest
from api_programs import ask_token, assertion, get, register
from django.db import connection
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test

from temoin.api.fhir_bodies import FhirReports
from temoin.api.paging import MOST
from temoin.api.urls import OPERATIONS
from temoin.catalogue.lots import open_lot
from temoin.journal.models import Event
from temoin.lib.clock import coarse, now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.scopes import Scope

# Answers that hold a list and have no pages, each with what bounds it.
WHOLE = {
    "whoami": "the scopes that there are",
    "kinds": "the catalogue's kinds, which are part of the release",
    "search_patients": "the likeliest, as many as the page of the counter shows",
    "letters": "of one test: a person's act makes each",
    "parcels": "of one test: a person's act makes each",
    "webhooks": "its own, one for a program",
    "hand_in": "a verdict for each of at most 10,000 results sent",
    "fhir": "what is said of one message",
    "fhir_validate": "what is said of one message",
    "fhir_metadata": "what the server can do, which is part of the release",
    "fhir_search_patients": "who bears one number",
    **dict.fromkeys(["fhir_patient", "fhir_report", "fhir_observation"], "elements of one resource"),
}


@pytest.fixture
def worker(house: House) -> str:
    """The token of a program with every scope."""
    return ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]


def problems(answer) -> tuple[int, list[str]]:
    return answer.status_code, [one["field"] for one in answer.json()["problems"]]


def test_every_operation_that_answers_with_a_list_has_pages_or_a_bound():
    lists = {
        one.name
        for one in OPERATIONS
        if any(typing.get_origin(field.annotation) is list for field in one.answers.model_fields.values())
    }
    paged = {one.name for one in OPERATIONS if one.is_paged}
    linked = {one.name for one in OPERATIONS if one.answers is FhirReports}  # the links of a Bundle lead on

    assert lists - paged - linked == set(WHOLE)
    assert paged | linked <= lists
    assert all("next" in one.answers.model_fields for one in OPERATIONS if one.is_paged)


@pytest.mark.django_db
def test_a_walk_meets_each_test_once_whatever_comes_meanwhile(house: House, worker: str):
    patient, lot = make_patient(house.owner), make_lot(house.owner)
    wanted = [str(make_sampled(house.owner, patient, lot)) for _ in range(3)] + [
        str(make_signed(house.owner, patient, lot)) for _ in range(2)
    ]

    met, address, links = [], "/api/v1/tests?limit=2", []
    while address:
        answer = get(address, worker)
        page = answer.json()
        met += [one["id"] for one in page["tests"]]
        links.append(answer.headers.get("Link", ""))
        assert links[-1] == (f'<{page["next"]}>; rel="next"' if page["next"] else "")
        address = page["next"]
        make_test(house.owner, patient)

    assert set(wanted) <= set(met)
    assert len(set(met)) == len(met)
    assert len(links) >= 3
    with tenant_scope(house.here.id):
        seen = Event.objects.filter(kind="test.list_read", origin="api").order_by("id").values_list("detail", flat=True)
        hour = f"{coarse(now()).astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        assert set(seen) <= {f"{hour}/{hour}", "0"}  # of the tests of each page: no other is counted


@pytest.mark.django_db
def test_a_list_is_of_one_state_and_of_one_patient(house: House, worker: str):
    known, other = make_patient(house.owner), make_patient(house.owner, nir="", birth_date="1950-01-01")
    lot = make_lot(house.owner)
    waits, done = make_sampled(house.owner, known, lot), make_signed(house.owner, other, lot)

    def ids(path: str) -> list[str]:
        return [one["id"] for one in get(path, worker).json()["tests"]]

    assert ids("/api/v1/tests?state=under_way") == [str(waits)]
    assert ids("/api/v1/tests?state=done") == [str(done)]
    assert ids(f"/api/v1/patients/{known}/tests") == [str(waits)]
    assert ids(f"/api/v1/patients/{known}/tests?state=done") == []
    assert get(f"/api/v1/patients/{make_patient(house.stranger)}/tests", worker).status_code == 404


@pytest.mark.django_db
def test_a_cursor_is_good_for_its_list_and_its_program_alone(house: House, worker: str):
    patient, lot = make_patient(house.owner), make_lot(house.owner)
    for _ in range(2):
        make_test(house.owner, patient)
    following = get("/api/v1/tests?limit=1&state=under_way", worker).json()["next"]
    cursor = following.rpartition("cursor=")[2]
    another = ask_token(assertion(register(house.owner))).json()["access_token"]
    stranger = ask_token(assertion(register(house.stranger))).json()["access_token"]

    assert get(following, worker).status_code == 200
    assert get(f"/api/v1/tests?state=under_way&limit=2&cursor={cursor}", worker).status_code == 200
    refused = [get(following, another), get(following, stranger)]
    refused += [
        get(f"/api/v1/{path}", worker)
        for path in (
            f"tests?cursor={cursor}",
            f"tests?state=done&cursor={cursor}",
            f"patients/{patient}/tests?state=under_way&cursor={cursor}",
            f"lots?cursor={cursor}",
            f"tests?state=under_way&cursor=A{cursor[1:]}",
            f"tests?state=under_way&cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}",
            "tests?cursor=",
            "tests?cursor=%00",
            f"tests?cursor={'x' * 5000}",
        )
    ]

    assert {(status, *fields) for status, fields in map(problems, refused)} == {(400, "cursor")}
    assert str(lot) not in following
    assert str(patient) not in following


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked", [f"limit={MOST + 1}", "limit=0", "limit=-1", "limit=x", "limit=", "limit=٣", "state=x"]
)
def test_a_limit_and_a_state_are_of_those_that_it_names(worker: str, asked: str):
    assert problems(get(f"/api/v1/tests?{asked}", worker)) == (400, [asked.partition("=")[0]])


@pytest.mark.django_db
def test_changes_are_told_once_settled_and_go_on_where_they_ended(house: House, worker: str):
    patient, lot = make_patient(house.owner), make_lot(house.owner)
    first = str(make_signed(house.owner, patient, lot))
    make_signed(house.stranger, make_patient(house.stranger), make_lot(house.stranger))

    def poll(address: str) -> tuple[list[str], str]:
        met = []
        while True:
            page = get(address, worker).json()
            met, address = met + page["tests"], page["next"]
            if not page["has_more"]:
                return met, address

    young, _ = poll("/api/v1/changes")
    with shifted_by(timedelta(minutes=2)):
        worker = ask_token(assertion(register(house.owner))).json()["access_token"]
        met, following = poll("/api/v1/changes?limit=2")
        second = str(make_sampled(house.owner, patient, lot))
        assert (young, {one["id"] for one in met}) == ([], {first})
        assert (met[-1]["state"], len(met[-1]["parcels"]) > 0) == ("signed", True)
        with tenant_scope(house.here.id):
            assert not Event.objects.filter(origin="api", kind__in=["test.read", "test.list_read"]).exists()
    with shifted_by(timedelta(minutes=4)):
        met, following = poll(following)
        assert {one["id"] for one in met} == {second}
        with tenant_scope(house.here.id), connection.cursor() as cursor:
            settled = "UPDATE outbox_parcel SET state = 'accepted', settled_at = %s WHERE chain_id = %s"
            cursor.execute(settled, [now(), first])
    with shifted_by(timedelta(minutes=6)):
        met, following = poll(following)
        assert [{parcel["state"] for parcel in one["parcels"]} for one in met] == [{"accepted"}]
        assert poll(following)[0] == []


@pytest.mark.django_db
def test_lots_come_in_their_order_page_by_page(house: House, worker: str):
    lots = {str(make_lot(house.owner, number=number)) for number in ("B2", "A1", "C3")}
    make_lot(house.stranger)

    whole = get("/api/v1/lots", worker).json()
    first = get("/api/v1/lots?limit=2", worker).json()
    second = get(first["next"], worker).json()

    assert {one["id"] for one in whole["lots"]} == lots
    assert first["lots"] + second["lots"] == whole["lots"]
    assert (whole["next"], second["next"]) == ("", "")
    assert [one["number"] for one in whole["lots"]] == ["A1", "B2", "C3"]
    assert get("/api/v1/kinds/covid19-ag/lots?limit=3", worker).json() == whole


@pytest.mark.django_db
def test_a_lot_that_is_opened_between_two_pages_is_not_missed(house: House, worker: str):
    lots = {number: make_lot(house.owner, number=number) for number in ("A1", "B2", "C3")}

    first = get("/api/v1/lots?limit=2", worker).json()
    open_lot(by=house.owner, lot_id=lots["C3"])
    second = get(first["next"], worker).json()

    assert [one["number"] for one in first["lots"] + second["lots"]] == ["A1", "B2", "C3"]
