"""How much a program may write: told in every answer, and beyond it nothing is done and nobody else is held up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from api_programs import ask_token, assertion, get, post, register
from people import House, make_lot, make_patient
from test_work_of_programs import patient_body, test_body, whole

from temoin.api.analysers import take_astm
from temoin.api.hl7_taken import road_with_notice
from temoin.api.listening import LineProgram, take_frame
from temoin.api.settings import Api
from temoin.formats.handed.astm_frames import NAK
from temoin.lib.clock import shifted_by
from temoin.patients.notice import CURRENT_NOTICE
from temoin.pharmacies.scopes import Scope

test_body.__test__ = False


@pytest.fixture
def slow(settings: Any) -> None:
    """Sixty in a minute."""
    settings.TEMOIN = replace(settings.TEMOIN, api=Api(writes_per_minute=60))


def token_of(house: House) -> str:
    return ask_token(assertion(register(house.owner, scopes=tuple(Scope)))).json()["access_token"]


def spend_all(token: str, size: int = 2_048 * 59) -> Any:
    """Send a body that is worth a minute, or more."""
    return post("/api/v1/results", token, {"results": [], "padding": "x" * size})


def standing(answer: Any) -> tuple[str, str]:
    return answer["RateLimit-Policy"], answer["RateLimit"]


@pytest.mark.usefixtures("slow")
def test_each_answer_tells_what_is_left(house: House):
    token, patient = token_of(house), make_patient(house.owner)

    taken = post("/api/v1/tests", token, test_body(patient))
    refused = post("/api/v1/tests", token, {"kind": 1})

    assert standing(taken) == ('"writes";q=60;w=60', '"writes";r=59;t=1')
    assert (refused.status_code, standing(refused)[1]) == (400, '"writes";r=58;t=2')
    assert "Retry-After" not in taken


@pytest.mark.usefixtures("slow")
def test_beyond_it_nothing_is_done_and_the_key_stays_free(house: House):
    token, patient = token_of(house), make_patient(house.owner)
    spend_all(token)

    stopped = post("/api/v1/tests", token, test_body(patient), key="k" * 16)
    read = get("/api/v1/tests", token)

    assert (stopped.status_code, stopped["Content-Type"], stopped.json()["error"]) == (
        429,
        "application/problem+json",
        "writes_too_much",
    )
    assert 1 <= int(stopped["Retry-After"]) <= 2
    assert (read.status_code, read.json()["tests"], "RateLimit" in read) == (200, [], False)
    with shifted_by(timedelta(seconds=int(stopped["Retry-After"]))):
        assert post("/api/v1/tests", token, test_body(patient), key="k" * 16).status_code == 201


@pytest.mark.usefixtures("slow")
def test_a_program_that_writes_too_much_holds_no_other_up(house: House):
    loud, quiet = token_of(house), token_of(house)
    spend_all(loud)

    assert post("/api/v1/tests", loud, "{}").status_code == 429
    assert post("/api/v1/patients", quiet, patient_body()).status_code == 201


@pytest.mark.usefixtures("slow")
def test_a_large_body_counts_for_more_and_one_larger_than_the_budget_may_go_alone(house: House):
    token = token_of(house)
    lot = make_lot(house.owner)
    many = {"results": [whole(lot, number=f"A-{number}") for number in range(20)]}

    taken = post("/api/v1/results", token, many)
    with shifted_by(timedelta(minutes=2)):
        alone = spend_all(token, 200_000)
        stopped = post("/api/v1/tests", token, {})
    with shifted_by(timedelta(minutes=4)):
        most = spend_all(token, 900_000)

    assert taken.status_code == 200
    assert int(standing(taken)[1].split("r=")[1].split(";")[0]) < 56
    assert (alone.status_code, standing(alone)[1]) == (400, '"writes";r=0;t=98')
    assert (stopped.status_code, 38 <= int(stopped["Retry-After"]) <= 39) == (429, True)
    assert (most.status_code, standing(most)[1]) == (400, '"writes";r=0;t=120')


@pytest.mark.usefixtures("slow")
def test_a_search_is_a_look_and_counts_as_one(house: House):
    answer = post("/api/v1/patients/search", token_of(house), {"family_name": "X", "birth_date": "1979-03-28"})

    assert (answer.status_code, "RateLimit" in answer) == (200, False)


def test_whoever_may_not_write_spends_nothing(house: House):
    token = ask_token(assertion(register(house.owner))).json()["access_token"]

    answer = post("/api/v1/tests", token, "{}")

    assert (answer.status_code, "RateLimit" in answer) == (403, False)


@pytest.mark.usefixtures("slow")
def test_an_open_line_spends_the_same_budget_and_what_is_beyond_it_is_kept_by_its_sender(house: House):
    program = register(house.owner, scopes=tuple(Scope))
    line, road = LineProgram(program, None), road_with_notice(CURRENT_NOTICE)
    spend_all(ask_token(assertion(program)).json()["access_token"])

    message = take_frame(line, b"MSH|^~\\&|A|B|C|D|2026||ORU^R01|77|P|2.5.1\r", road=road)
    frame = take_astm(line, b"H|\\^&\rL|1\r", codes={})

    assert (message.is_later, message.ends, b"\rMSA|AR|77" in message.answer) == (True, False, True)
    assert (frame.is_later, frame.answer) == (True, NAK)
    with shifted_by(timedelta(minutes=1)):
        assert not take_frame(line, b"MSH|^~\\&|A|B|C|D|2026||ORU^R01|77|P|2.5.1\r", road=road).is_later
