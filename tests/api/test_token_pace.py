"""How fast tokens may be asked for: strangers wait, and never in the place of a program that proves its key."""

from __future__ import annotations

import pytest
from api_programs import KEYS, ask_token, assertion, register
from django.test import Client
from people import House

from temoin.pharmacies.token_pace import FAILURES, TOKENS

STRANGER = "198.51.100.7"


def ask(signed: str, address: str = "192.0.2.1") -> int:
    return ask_token(signed, Client(REMOTE_ADDR=address)).status_code


@pytest.mark.django_db
def test_who_fails_too_often_waits():
    answers = [ask("x.y.z", STRANGER) for _ in range(FAILURES + 2)]

    assert answers == [401] * FAILURES + [429] * 2
    assert ask_token("x.y.z", Client(REMOTE_ADDR=STRANGER))["Retry-After"] == "60"


@pytest.mark.django_db
def test_one_subscriber_of_ipv6_is_one_caller_and_ipv4_is_not():
    answers = [ask("x.y.z", f"2001:db8:1:2::{number:x}") for number in range(FAILURES + 2)]

    assert answers == [401] * FAILURES + [429] * 2
    assert ask("x.y.z", "2001:db8:1:3::1") == 401
    assert [ask("x.y.z", f"::ffff:192.0.2.{number}") for number in range(FAILURES + 2)] == [401] * (FAILURES + 2)


def test_a_stranger_who_names_the_program_does_not_shut_it_out(house: House):
    program = register(house.owner)
    for _ in range(FAILURES + 5):
        ask(assertion(program, key=KEYS["PS256"], alg="PS256"), STRANGER)

    assert ask(assertion(program)) == 200


def test_a_stranger_behind_the_same_address_does_not_shut_it_out_either(house: House):
    program = register(house.owner)
    ask(assertion(program))
    for _ in range(FAILURES + 5):
        ask("x.y.z")

    assert (ask("x.y.z"), ask(assertion(program))) == (429, 200)


def test_a_program_gets_so_many_tokens_a_minute(house: House):
    program, other = register(house.owner), register(house.owner)

    answers = [ask(assertion(program)) for _ in range(TOKENS + 1)]

    assert answers == [200] * TOKENS + [429]
    assert ask(assertion(other)) == 200
