"""Results handed in by the thousand: few are held at once, each is judged alone, and a call that broke off goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from api_programs import ask_token, assertion, post, register
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from people import House, make_lot, make_patient
from strategies import examples
from test_work_of_programs import patient_body, whole, worker

from temoin.api import urls, whole_results
from temoin.api.parts import NoArrayError, parts_of
from temoin.cli.serve import LARGE_AT
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.scopes import Scope
from temoin.settings.file import Process
from temoin.testing.models import Record, Ticket
from temoin.testing.numbers import number_on_label
from temoin.testing.proposals import proposed_tests, sign_proposal

__all__ = ["worker"]
MANY = 7
# The server refuses whatever brings two records by one statement.
ONE_A_COMMIT = """
CREATE FUNCTION pg_temp.one_a_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT count(*) FROM added) > 1 THEN RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = 'one at a time'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER one_a_commit AFTER INSERT ON testing_record REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.one_a_commit();
"""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three results are many, and all that one commit takes."""
    monkeypatch.setattr(whole_results, "TOGETHER", 3)


def person(number: int) -> dict[str, Any]:
    name = "".join(chr(ord("A") + int(digit)) * 3 for digit in f"{number:02}")
    return patient_body(birth_family_name=f"FOULE{name}", birth_date=f"19{40 + number}-06-07", nir="")


def many(lot_id: UUID, count: int = MANY) -> list[dict[str, Any]]:
    return [whole(lot_id, f"N-{number}", patient=person(number)) for number in range(count)]


def verdicts_in(answer: Any) -> list[dict[str, Any]]:
    return json.loads(answer.getvalue())["results"]


def hand_in(token: str, results: list[Any]) -> list[dict[str, Any]]:
    return verdicts_in(post("/api/v1/results", token, {"results": results}))


def stored(house: House) -> tuple[int, int, int]:
    with tenant_scope(house.here.id):
        return Record.objects.count(), Patient.objects.count(), Ticket.objects.count()


@pytest.mark.usefixtures("small_runs")
def test_many_are_answered_in_their_order_while_they_are_taken(house: House, worker: str):
    results = many(make_lot(house.owner))

    answer = post("/api/v1/results", worker, {"results": results})

    assert (answer.status_code, answer.streaming, answer["Content-Type"]) == (200, True, "application/json")
    assert "RateLimit" in answer
    verdicts = verdicts_in(answer)
    assert [(one["number"], one["taken"]) for one in verdicts] == [(f"N-{number}", True) for number in range(MANY)]
    assert stored(house) == (MANY, MANY, MANY)
    tests = {one["test_id"]: one["test_number"] for one in verdicts}
    assert len(set(tests.values()) - {""}) == MANY
    for test_id, number in tests.items():
        assert number_on_label(by=house.owner, record_id=UUID(test_id)) == number


@pytest.mark.usefixtures("small_runs")
def test_what_was_taken_together_is_signed_as_any_other(house: House, worker: str):
    lot, known = make_lot(house.owner), make_patient(house.owner)
    started = many(lot)[2]
    started["sample"]["started_at"] = started["sample"]["sampled_at"]
    results = [*many(lot, 2), started, whole(lot, "N-8", patient=None, patient_id=str(known))]

    assert all(one["taken"] for one in hand_in(worker, results))

    waiting = proposed_tests(by=house.owner).tests
    assert {one.opened.patient_id for one in waiting} >= {known}
    assert sum(one.opened.steps.started_at is not None for one in waiting) == 1
    for one in waiting:
        sign_proposal(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)


def test_one_that_is_no_result_keeps_no_other_from_being_taken(house: House, worker: str):
    fine, other = many(make_lot(house.owner), 2)
    twice = json.dumps(other).replace('"kind"', '"kind": "covid19-ag", "kind"')
    bad = ["{}", '{"number": "B-1", "kind": 4}', "null", "", "[1,2", twice, '{"number": "B-2", "patient": "]}"}']
    parts = ",".join([json.dumps(fine), *bad[:4], *bad[5:], json.dumps({**other, "number": "N-9"})])

    verdicts = verdicts_in(post("/api/v1/results", worker, '{"results": [' + parts + "]}"))
    broken = post("/api/v1/results", worker, '{"results": [' + bad[4] + "]}")

    assert [one["taken"] for one in verdicts] == [True, *[False] * 6, True]
    assert [one["number"] for one in verdicts] == ["N-0", "", "B-1", "", "", "N-1", "B-2", "N-9"]
    assert [one["error"] for one in verdicts[1:-1]] == ["invalid"] * 6
    assert ("kind", "malformed") in [(one["field"], one["code"]) for one in verdicts[2]["problems"]]
    assert (broken.status_code, broken.json()["problems"][0]["code"]) == (400, "malformed")


@pytest.mark.usefixtures("small_runs")
def test_a_call_that_broke_off_is_sent_again_and_nothing_is_done_twice(house: House, worker: str):
    results = many(make_lot(house.owner))
    answer = post("/api/v1/results", worker, {"results": results})
    parts = answer._iterator  # as whoever sends it does; the caller leaves
    heard = b"".join(next(parts) for _ in range(3))  # the beginning, and two runs
    parts.close()
    assert stored(house)[0] == 6

    first, again = hand_in(worker, results), hand_in(worker, results)

    assert first == again
    assert first[:6] == json.loads(heard + b"]}")["results"]
    assert stored(house) == (MANY, MANY, MANY)


def test_the_same_person_twice_in_one_call_is_asked_about_and_the_same_number_is_one_result(house: House, worker: str):
    one, other = many(make_lot(house.owner), 2)

    verdicts = hand_in(worker, [one, other, {**other, "number": "N-7"}, one, {**one, "reading": {"outcomes": {}}}])

    assert [verdict["error"] for verdict in verdicts] == ["", "", "likely_known", "", "invalid"]
    assert verdicts[2]["candidates"]
    assert verdicts[3] == verdicts[0]
    assert verdicts[4]["problems"][0]["code"] == "number_used"
    assert stored(house)[:2] == (2, 2)


def test_a_nir_that_another_of_the_call_bears_is_refused_even_where_they_were_put_aside(house: House, worker: str):
    lot, known = make_lot(house.owner), make_patient(house.owner)
    same = patient_body(put_aside=[str(known)])

    (verdict,) = hand_in(worker, [whole(lot, patient=same)])

    assert [(one["field"], one["code"]) for one in verdict["problems"]] == [("nir", "known")]
    assert verdict["candidates"] == [str(known)]


@pytest.mark.parametrize(("state", "is_logged"), [("P0001", True), ("40P01", True), ("23505", False)])
def test_where_one_commit_does_not_work_each_is_taken_by_itself(
    house: House, worker: str, as_superuser: Callable[[str], int], caplog: Any, state: str, is_logged: bool
):
    """A defect, or a deadlock, is logged; that somebody else was first with a number is ordinary."""
    as_superuser(ONE_A_COMMIT.format(state=state))

    verdicts = hand_in(worker, many(make_lot(house.owner), 3))

    assert [one["taken"] for one in verdicts] == [True] * 3
    assert stored(house) == (3, 3, 3)
    assert ("3 results of a call are taken one by one" in caplog.text) is is_logged


def test_one_that_cannot_be_stored_keeps_no_other_from_being_taken(house: House, worker: str, stick: Any):
    lot_id, known = make_lot(house.owner), make_patient(house.owner)
    stick("INSERT", "testing_record", f"new.patient_id = '{known}'")
    first, poison, last = many(lot_id, 3)
    del poison["patient"]

    verdicts = hand_in(worker, [first, poison | {"patient_id": str(known)}, last])

    assert [one["taken"] for one in verdicts] == [True, False, True]
    assert verdicts[1]["error"] == "server_error"


@pytest.mark.usefixtures("small_runs")
def test_a_database_that_goes_away_in_the_middle_is_told_to_each_that_is_left(
    lose_connection: Callable[[], None], house: House, worker: str
):
    results = many(make_lot(house.owner))
    parts = post("/api/v1/results", worker, {"results": results})._iterator
    heard = [next(parts), next(parts)]  # the beginning, and the first run
    lose_connection()

    verdicts = json.loads(b"".join([*heard, *parts]))["results"]

    assert [one["error"] for one in verdicts] == [""] * 3 + ["away"] * 4
    assert all(one["taken"] for one in hand_in(worker, results))
    assert stored(house)[0] == MANY


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"results": []}', ("results", "required")),
        ("{}", ("results", "required")),
        ('{"results": [1], "more": 2}', ("results.0", "malformed")),
        ('{"results": [{}', ("", "malformed")),
        ('{"results": ["', ("", "malformed")),
        ('{"results": [' + "0," * 10_000 + "0]}", ("results", "too_many")),
        (b'{"results": [' + b" " * 1_000_001 + b"0]", ("", "malformed")),
    ],
)
def test_what_is_no_list_of_results_is_refused_whole(worker: str, body: str | bytes, problem: tuple[str, str]):
    answer = post("/api/v1/results", worker, body)

    told = answer.json()["problems"][0]
    assert (answer.status_code, (told["field"], told["code"])) == (400, problem)


def ask_first(token: str, size: int = 5_000_000, **environ: Any) -> Any:
    head = {"HTTP_AUTHORIZATION": f"Bearer {token}", "CONTENT_LENGTH": str(size), "temoin.unread": True, **environ}
    return Client().post("/api/v1/results", b"", content_type="application/json", **head)


def test_a_large_body_is_admitted_of_who_may_hand_results_in_and_counted_once(house: House, worker: str):
    reader = ask_token(assertion(register(house.owner, scopes=(Scope.TESTS_READ,)))).json()["access_token"]

    assert [ask_first(token).status_code for token in ("x" * 20, reader)] == [401, 403]
    admitted = ask_first(worker)
    assert (admitted.status_code, admitted.content) == (204, b"")
    told = admitted.wsgi_request.META["temoin.writes"]
    assert (told.left, told.owed > 0) == (0, True)
    assert ask_first(worker).status_code == 429
    results = {"results": many(make_lot(house.owner), 1)}
    head = {"Authorization": f"Bearer {worker}", "Idempotency-Key": "k" * 16}
    counted = {"temoin.writes": told}  # as the server hands it on
    taken = Client().post("/api/v1/results", results, content_type="application/json", headers=head, **counted)
    assert (taken.status_code, taken["RateLimit"].startswith('"writes";r=0')) == (200, True)


def test_the_server_takes_what_the_address_takes():
    (operation,) = [one for one in urls.OPERATIONS if one.name == "hand_in"]

    assert LARGE_AT[Process.STAFF] == {f"/{operation.path}": operation.largest}
    assert operation.largest == whole_results.LARGEST_RESULTS


@examples(60)
@given(items=st.lists(VALUES, max_size=4), indent=st.sampled_from([None, 1]))
def test_the_parts_of_an_array_are_its_items(items: list[Any], indent: int | None):
    body = json.dumps({"results": items}, indent=indent).encode()

    assert [json.loads(body[slice(*part)]) for part in parts_of(body, "results")] == items


@examples(60)
@given(body=st.binary(max_size=40) | st.text('{}[],":\\ results1', max_size=60).map(str.encode))
def test_parts_are_found_or_the_whole_is_refused(body: bytes):
    for text in (body, b'{"results": [' + body, b'{"results": [' + body + b"]}"):
        try:
            parts = parts_of(text, "results")
        except NoArrayError:
            continue
        assert all(0 < start <= end < len(text) for start, end in parts)
