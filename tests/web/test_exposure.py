"""What the site gives away: every address by every method, in every state of a person; headers; cookies."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.staticfiles import finders
from django.db import transaction
from django.test import Client
from django.urls import reverse
from people import House, make_seat, person_of, sign_in
from test_access import address

from temoin.pharmacies.professions import Profession
from temoin.site.headers import HEADERS
from temoin.web.access import Access
from temoin.web.routes import ROUTES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
BEFORE = {"signed out": {Access.PUBLIC}, "password only": {Access.PUBLIC, Access.PASSWORD}}
BEFORE["signed in"] = {*BEFORE["password only"], Access.SIGNED_IN}


@pytest.fixture
def states(house: House) -> dict[str, Callable[[], Client]]:
    """How to come as each kind of person."""
    make_seat(house.elsewhere, Profession.ADJOINT, person=person_of(house.owner))

    def in_no_pharmacy() -> Client:
        client = sign_in(Client(), house.owner)
        session = client.session
        del session["pharmacy_id"]
        session.save()
        return client

    return {
        "signed out": Client,
        "password only": lambda: sign_in(Client(), house.student, second_factor=False),
        "signed in": in_no_pharmacy,
        "seated": lambda: sign_in(Client(), house.owner),
    }


@pytest.mark.parametrize(
    ("state", "led_to"),
    [
        ("signed out", "account_login"),
        ("password only", "mfa_index"),
        ("signed in", "choose_pharmacy"),
        ("seated", None),
    ],
)
def test_every_address_by_every_method(states: dict[str, Callable[[], Client]], state: str, led_to: str | None):
    cookies = states[state]().cookies
    for route in ROUTES:
        client = Client()
        client.cookies.update(cookies)
        before = transaction.savepoint()
        for method in METHODS:
            answer = client.generic(method, address(route))
            case = (state, route.name, method, answer.status_code)
            assert answer.status_code < 500, case
            assert {name: answer[name] for name in HEADERS} == HEADERS, case
            assert answer["Cache-Control"] == "no-store", case
            if method.replace("HEAD", "GET") not in route.methods:
                assert (answer.status_code, answer["Allow"]) == (405, ", ".join(route.methods)), case
            elif led_to and route.access not in BEFORE[state]:
                assert answer.status_code == 302, case
                assert answer["Location"].startswith(reverse(led_to)), case
        transaction.savepoint_rollback(before)  # one address may sign out


def test_a_method_is_judged_before_the_form_token(house: House):
    client = sign_in(Client(enforce_csrf_checks=True), house.owner)

    assert client.delete("/").status_code == 405


@pytest.mark.django_db
def test_a_static_file_bears_the_headers_too(client: Client):
    assert finders.find("web/site.js")

    answer = client.get("/static/web/site.js")

    assert b"".join(answer.streaming_content)
    answer.close()
    assert {name: answer[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/x", "/static/web/none.js", "/static/../x", f"/tests/{UUID(int=1)}/none/", "/%ff"])
@pytest.mark.django_db
def test_an_unknown_address_bears_the_headers_and_names_nothing(client: Client, path: str):
    answer = client.get(path)

    assert answer.status_code == 404
    assert {name: answer[name] for name in HEADERS} == HEADERS
    assert answer["Cache-Control"] == "no-store"
    assert b"Traceback" not in answer.content


def test_a_host_of_another_name_is_refused_with_the_headers(client: Client):
    answer = client.get("/", headers={"host": "elsewhere.example"})

    assert answer.status_code == 400
    assert {name: answer[name] for name in HEADERS} == HEADERS
    assert b"elsewhere" not in answer.content


def test_no_page_may_turn_text_into_markup():
    policy = HEADERS["Content-Security-Policy"]

    for words in ("require-trusted-types-for 'script'", "trusted-types 'none'", "script-src 'self'", "base-uri 'none'"):
        assert words in policy
    assert "unsafe" not in policy
