"""What a program changes is what it saw: tags of versions, and the calls that need one."""

from __future__ import annotations

from uuid import uuid4

import pytest
from api_programs import ask_token, assertion, get, post, register
from people import TRAITS, House, change_patient, make_lot, make_patient, make_sampled, make_signed

from temoin.api.urls import OPERATIONS, TEST
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope
from temoin.patients.traits import check_traits
from temoin.pharmacies.scopes import Scope

NEGATIVE = {"outcomes": {"sars-cov-2": "negative"}}


@pytest.fixture
def worker(house: House) -> str:
    """The token of a program with every scope."""
    return ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]


def looks(house: House) -> int:
    with tenant_scope(house.here.id):
        return Event.objects.filter(origin="api").count()


def test_whatever_is_one_thing_that_can_change_has_a_version():
    one_thing = {one.name for one in OPERATIONS if one.path.endswith("_id>")} | {"fhir_observation"}  # and its place
    changes = {one.name for one in OPERATIONS if one.method != "GET" and one.path.startswith(TEST)}

    assert {one.name for one in OPERATIONS if one.version} == one_thing | changes
    of_signed = {"propose_correction", "propose_cancellation", "withdraw_amendment"}
    assert {one.name for one in OPERATIONS if one.replaces} == {"propose", "withdraw"} | of_signed
    assert all(one.version for one in OPERATIONS if one.replaces or one.method in {"PUT", "PATCH", "DELETE"})


@pytest.mark.django_db
def test_a_version_that_the_program_has_is_not_told_again_and_is_no_look(house: House, worker: str):
    patient = make_patient(house.owner)
    record = make_signed(house.owner, patient, make_lot(house.owner))

    for path in (f"/api/v1/tests/{record}", f"/api/v1/patients/{patient}"):
        tag = get(path, worker).headers["ETag"]
        before = looks(house)
        for told in (tag, f'"x", W/{tag}', "*"):
            again = get(path, worker, **{"If-None-Match": told})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert looks(house) == before
        assert get(path, worker, **{"If-None-Match": f'"x", {tag[1:]}'}).status_code == 200

    change_patient(by=house.owner, patient_id=patient, traits=check_traits({**TRAITS, "birth_given_names": "ANNE"}))
    assert get(path, worker, **{"If-None-Match": tag}).status_code == 200
    bare = ask_token(assertion(register(house.owner, scopes=()))).json()["access_token"]
    assert get(path, bare, **{"If-None-Match": "*"}).status_code == 403
    assert get(f"/api/v1/tests/{uuid4()}", worker, **{"If-None-Match": "*"}).status_code == 404


@pytest.mark.django_db
def test_a_proposal_is_replaced_and_taken_back_as_it_was_seen_alone(house: House, worker: str):
    place = f"/api/v1/tests/{make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))}"
    key = uuid4().hex
    first = post(f"{place}/proposal", worker, NEGATIVE)
    tag = first.headers["ETag"]

    def refused(path: str, **headers: str) -> tuple[int, str]:
        answer = post(f"{place}/{path}", worker, NEGATIVE if path == "proposal" else None, **headers)
        return answer.status_code, answer.json()["error"]

    assert tag == get(place, worker).headers["ETag"]
    assert refused("proposal") == refused("proposal/withdraw") == (428, "if_match_required")
    second = post(f"{place}/proposal", worker, NEGATIVE, key=key, **{"If-Match": tag})
    assert (second.status_code, second.headers["ETag"] != tag) == (200, True)
    for stale in (tag, f"W/{second.headers['ETag']}", "junk", ""):
        for path in ("proposal", "proposal/withdraw", "abandon"):
            assert refused(path, **{"If-Match": stale}) == (412, "changed")
    again = post(f"{place}/proposal", worker, NEGATIVE, key=key, **{"If-Match": tag})
    assert (again.status_code, again.headers["ETag"], again.json()) == (200, second.headers["ETag"], {})
    last = post(f"{place}/proposal/withdraw", worker, **{"If-Match": again.headers["ETag"]})
    assert (last.status_code, last.headers["ETag"]) == (200, get(place, worker).headers["ETag"])
    assert get(place, worker).json()["is_proposed"] is False
