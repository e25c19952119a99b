"""The client on a network and a site that fail in the middle: what is asked for is done once, and nothing is told."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey
from ways import reading, somebody

from temoin_client import AsyncTemoin, ClientOptions, KeyFile, Temoin, problems
from temoin_client.models import NewTest

TESTS, RESULTS, WHOAMI = "/api/v1/tests", "/api/v1/results", "/api/v1/whoami"
BUSY = (503, {"Content-Type": "text/html"}, b"<h1>try later</h1>")


def count_tests(way, patient_id) -> int:
    return len(way(lambda temoin: temoin.patient_tests(patient_id)))


@pytest.fixture
def asked(way, world) -> NewTest:
    patient_id = way(lambda temoin: temoin.register_patient(somebody())).id
    return NewTest(patient_id=patient_id, kind="covid19-ag", notice_version=world.notice)


@pytest.mark.parametrize("steps", [["cut"], ["cut", "cut", "drop"], ["drop"], [BUSY, "cut", BUSY]])
def test_a_test_is_registered_once_however_the_answer_was_lost(way, between, asked, steps):
    between.then(TESTS, *steps)

    told = way(lambda temoin: temoin.register_test(asked), proxy=between.proxy)

    (line,) = way(lambda temoin: temoin.patient_tests(asked.patient_id))
    assert (line.id, line.number) == (told.id, told.number)
    keys = between.keys(TESTS)
    assert (len(keys), len(set(keys))) == (len(steps) + 1, 1)


def test_a_batch_that_broke_off_is_taken_once(way, between, world):
    results = [world.whole(uuid4().hex) for _ in range(3)]
    between.then(RESULTS, "cut")

    verdicts = way(lambda temoin: temoin.hand_in_all(results), proxy=between.proxy)

    assert [one.taken for one in verdicts] == [True] * 3
    assert len(set(between.keys(RESULTS))) == 1
    patients = {way(lambda temoin, one=one: temoin.test(one.test_id)).patient_id for one in verdicts}
    assert [count_tests(way, each) for each in patients] == [1, 1, 1]


def test_two_calls_have_two_keys_and_a_key_of_the_callers_is_kept(way, between, asked):
    key = uuid4().hex
    way(lambda temoin: temoin.register_test(asked), proxy=between.proxy)
    way(lambda temoin: temoin.register_test(asked, key=key), proxy=between.proxy)
    again = way(lambda temoin: temoin.register_test(asked, key=key), proxy=between.proxy)

    first, *own = between.keys(TESTS)
    assert first not in own
    assert len(first) >= 32
    assert own == [key] * 2
    assert again.id in [one.id for one in way(lambda temoin: temoin.patient_tests(asked.patient_id))]
    assert count_tests(way, asked.patient_id) == 2


def test_a_call_that_is_still_being_done_is_waited_for(way, between, asked):
    still = (409, {"Content-Type": "application/problem+json"}, b'{"status": 409, "error": "in_progress"}')
    between.then(TESTS, still)

    way(lambda temoin: temoin.register_test(asked), proxy=between.proxy)

    assert len(between.keys(TESTS)) == 2


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_the_pause_that_a_server_asks_for_is_kept(way, between, status):
    between.then(WHOAMI, (status, {"Retry-After": "2"}, b""))
    began = time.monotonic()

    way(lambda temoin: temoin.whoami(), proxy=between.proxy)

    assert time.monotonic() - began >= 2.0
    assert len(between.keys(WHOAMI)) == 2


def test_a_pause_may_be_a_date(way, between):
    between.then(WHOAMI, (503, {"Retry-After": formatdate(time.time() + 3, usegmt=True)}, b""))
    began = time.monotonic()

    way(lambda temoin: temoin.whoami(), proxy=between.proxy)

    assert time.monotonic() - began >= 1.5


def test_a_pause_longer_than_the_call_may_take_ends_it_at_once(way, between, asked):
    problem = b'{"status": 429, "error": "reads_too_much"}'
    between.then(TESTS, (429, {"Retry-After": "600"}, problem))
    began = time.monotonic()

    with pytest.raises(problems.TooMuchError) as ended:
        way(lambda temoin: temoin.register_test(asked), proxy=between.proxy)

    assert time.monotonic() - began < 5
    assert ended.value.retry_after == 600
    assert [ended.value.key] == between.keys(TESTS)


def test_the_deadline_ends_a_call_and_its_key_goes_on(way, between, asked):
    between.then(TESTS, *["cut"] * 50)
    began = time.monotonic()

    with pytest.raises(problems.UnansweredError) as ended:
        way(lambda temoin: temoin.register_test(asked), proxy=between.proxy, deadline=2)

    assert time.monotonic() - began < 4
    between.then(TESTS)
    way(lambda temoin: temoin.register_test(asked, key=ended.value.key))
    assert count_tests(way, asked.patient_id) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_a_refusal_and_a_defect_are_not_repeated(way, between, asked, status):
    between.then(TESTS, (status, {}, b"{}"))

    with pytest.raises(problems.ProblemError) as ended:
        way(lambda temoin: temoin.register_test(asked), proxy=between.proxy)

    assert (ended.value.status, len(between.keys(TESTS))) == (status, 1)


def test_a_token_that_is_refused_is_renewed_once(way, between):
    refused = (401, {"Content-Type": "application/problem+json"}, b'{"status": 401, "error": "invalid_token"}')
    between.then(WHOAMI, refused)

    way(lambda temoin: temoin.whoami(), proxy=between.proxy, fresh=True)

    assert len(between.keys("/api/token")) == 2
    between.then(WHOAMI, refused, refused)
    with pytest.raises(problems.TokenLostError):
        way(lambda temoin: temoin.whoami(), proxy=between.proxy, fresh=True)


def test_a_token_is_renewed_before_its_end_and_proved_anew_at_each_try(way, between):
    short = (200, {"Content-Type": "application/json"}, b'{"access_token": "t", "expires_in": 0}')
    between.then("/api/token", "cut", short)
    between.then(WHOAMI, (401, {}, b"{}"))

    assert way(lambda temoin: temoin.whoami(), proxy=between.proxy, fresh=True).scopes


def test_threads_share_one_token(place, between):
    options = ClientOptions(proxy=between.proxy)
    temoin = Temoin(place.address, client_id=place.client_id, sign=place.sign, options=options)
    with temoin, ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: temoin.whoami().program, range(24)))

    assert len(set(told)) == 1
    assert len(between.keys("/api/token")) == 1


def test_another_key_brings_no_token(place, tmp_path):
    (tmp_path / "other.pem").write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))

    temoin = Temoin(place.address, client_id=place.client_id, sign=KeyFile(tmp_path / "other.pem"))
    with temoin, pytest.raises(problems.TokenNotGivenError) as refused:
        temoin.whoami()

    assert (refused.value.status, refused.value.error) == (401, "invalid_client")


def test_nothing_of_the_environment_is_believed(way, monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    assert way(lambda temoin: temoin.whoami(), deadline=10).scopes


def test_neither_secrets_nor_people_are_shown(way, place, between, world, caplog):
    caplog.set_level(logging.DEBUG)
    result, person = world.whole(uuid4().hex), somebody()
    between.then(WHOAMI, (500, {}, b'{"error": "server_error", "incident": "abcd"}'))

    with pytest.raises(problems.ServerDefectError) as ended:
        way(lambda temoin: temoin.whoami(), proxy=between.proxy)
    (verdict,) = way(lambda temoin: temoin.hand_in_all([result]))
    read = way(lambda temoin: temoin.test(verdict.test_id))

    client = way.client
    shown = [repr(one) for one in (client, client._book, place.sign, result, person, reading("positive"), read)]
    shown += [str(read), repr(ended.value), str(ended.value), *(record.getMessage() for record in caplog.records)]
    hidden = (client._book._token, "PRIVATE", person.birth_family_name, result.patient.birth_family_name, "sitive")
    assert [(word, text) for text in shown for word in (*hidden, "eyJ") if word in text] == []


@pytest.mark.parametrize("face", [Temoin, AsyncTemoin])
@pytest.mark.parametrize(
    "address",
    ["http://staff.example.org", "ftp://localhost", "https://a:b@staff.example.org", "https://s.example/?x", ""],
)
def test_a_token_is_shown_to_no_network_in_clear(face, address, place):
    with pytest.raises(ValueError, match=r"https|staff site"):
        face(address, client_id=place.client_id, sign=place.sign)
