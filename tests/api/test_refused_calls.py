"""Refused calls of programs: in the journal and on the page of their pharmacy, a line for each power of ten."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from api_programs import KEYS, ask_token, assertion, get, register
from django.test import Client
from django.urls import reverse
from people import House, sign_in

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.programs import list_programs, revoke_program
from temoin.pharmacies.refused_calls import RefusedFor


def events(house: House, kind: EventKind = EventKind.PROGRAM_REFUSED) -> list[tuple[str, str]]:
    with tenant_scope(house.here.id):
        found = Event.objects.filter(kind=kind.value).order_by("at", "id")
        return [(str(subject_id), detail) for subject_id, detail in found.values_list("subject_id", "detail")]


def id_of(program: str) -> str:
    return program.partition(".")[2]


def test_a_wrong_proof_of_a_program_s_key_is_an_event_of_its_pharmacy(house: House, program: str):
    ask_token(assertion(program, key=KEYS["Ed25519"], alg="Ed25519"))

    assert events(house) == [(id_of(program), "assertion 1")]


def test_an_assertion_shown_again_is_an_event(house: House, program: str):
    signed = assertion(program)
    assert [ask_token(signed).status_code for _ in range(2)] == [200, 401]

    assert events(house) == [(id_of(program), "assertion 1")]


def test_a_refused_scope_is_an_event_and_does_not_count_as_a_failure_of_the_proof(house: House, program: str):
    assert ask_token(assertion(program), scope="tests:write").status_code == 400

    assert events(house) == [(id_of(program), "scope 1")]


def test_a_token_that_was_never_given_or_that_was_revoked_is_an_event(house: House, program: str, token: str):
    made_up = token[:24] + "A" * (len(token) - 24)
    get("/api/v1/whoami", made_up)
    revoke_program(by=house.owner, program_id=id_of(program))
    get("/api/v1/whoami", token)

    assert events(house) == [("None", "token 1"), (id_of(program), "token 1")]


def test_a_token_at_its_end_is_no_event(house: House, token: str):
    with shifted_by(timedelta(minutes=6)):
        assert get("/api/v1/whoami", token).status_code == 401

    assert events(house) == []


@pytest.mark.parametrize("name", ["", "x", "a.b", f"{UUID(int=1)}.{UUID(int=2)}"])
def test_a_name_that_is_nobody_s_is_written_nowhere(house: House, name: str):
    ask_token(assertion(name))

    assert events(house) == []


def test_a_flood_writes_a_line_for_each_power_of_ten(house: House, program: str):
    for _ in range(25):
        ask_token(assertion(program, key=KEYS["Ed25519"], alg="Ed25519"))

    assert [detail for _, detail in events(house)] == ["assertion 1", "assertion 10"]


def test_denials_of_a_program_are_counted_likewise(house: House):
    bare = ask_token(assertion(register(house.owner, scopes=()))).json()["access_token"]

    answers = {get(f"/api/v1/tests/{uuid4()}/parcels", bare).status_code for _ in range(12)}

    assert answers == {403}
    assert len(events(house, EventKind.ACCESS_DENIED)) == 2


def test_whoever_manages_programs_sees_what_was_refused_and_a_stranger_does_not(house: House, program: str):
    ask_token(assertion(program), scope="tests:write")
    ask_token(assertion(program, key=KEYS["Ed25519"], alg="Ed25519"))

    (view,) = list_programs(by=house.owner)
    assert [(one.why, one.count) for one in view.refusals] == [(RefusedFor.ASSERTION, 1), (RefusedFor.SCOPE, 1)]
    assert list_programs(by=house.stranger) == []
    page = sign_in(Client(), house.owner).get(reverse("programs")).content.decode()
    assert "sa clé n’a pas été prouvée" in page
