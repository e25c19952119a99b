"""Every page of the staff site while its database is away: told as an outage, in two languages, not as a defect."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from test_access import address

from temoin.journal import sealer
from temoin.lib.away import OUTAGE
from temoin.site.headers import HEADERS
from temoin.web.routes import ROUTES

SESSION = "a" * 32
FRENCH = {"accept-language": "fr"}
# What needs no session and no row: an empty form is refused, a language is remembered in a cookie.
WITHOUT_DATABASE = {"set_language"}


@pytest.fixture
def away(django_db_blocker: pytest.FixtureDef, tmp_path: Path) -> Iterator[None]:
    """Django's connection leads to a folder in which no server listens."""
    before = dict(connection.settings_dict)
    OUTAGE.__init__()
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(HOST=str(tmp_path), PORT="5432")
        yield
        connection.close()
    connection.settings_dict.clear()
    connection.settings_dict.update(before)
    OUTAGE.__init__()


@pytest.fixture
def visitor(away: None) -> Client:  # noqa: ARG001
    """Somebody whose browser holds the cookie of a session."""
    from django.conf import settings

    client = Client(raise_request_exception=False, headers=FRENCH)
    client.cookies[settings.SESSION_COOKIE_NAME] = SESSION
    return client


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_page_says_that_it_is_an_outage(visitor: Client, caplog: pytest.LogCaptureFixture, route):
    for method in route.methods:
        caplog.clear()
        answer = visitor.generic(method, address(route))
        case = (method, answer.status_code)

        assert answer.status_code == 503 or route.name in WITHOUT_DATABASE, case
        assert {name: answer[name] for name in HEADERS} == HEADERS, case
        assert [record for record in caplog.records if record.name != "temoin.database"] == [], case
        if answer.status_code == 503:
            assert (answer["Retry-After"], answer["Cache-Control"]) == ("5", "no-store"), case


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "indisponible un instant"), ("en", "away for a moment")],
)
def test_the_page_says_what_is_kept_and_tries_again(visitor: Client, language: str, words: str):
    page = visitor.get("/", headers={"accept-language": language}).content.decode()

    assert f'lang="{language}"' in page
    assert words in page
    assert 'data-again="read"' in page
    assert "incident" not in page
    assert re.search(r"<(style|script(?! src))|style=|\son\w+=", page) is None


def test_a_form_that_was_sent_is_not_sent_again_by_itself(visitor: Client):
    page = visitor.post("/account/sign-in/", {"login": "claire"}).content.decode()

    assert "n’est enregistré deux fois" in page
    assert 'http-equiv="refresh"' not in page
    assert 'data-again="sent"' in page


def test_a_program_gets_problem_details(visitor: Client):
    answer = visitor.get("/api/v1/whoami", headers={"authorization": f"Bearer {'A' * 64}"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["error"]) == (503, "away")


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 503), ("/healthz", 503)])
def test_the_signs_of_life_tell_a_site_that_lives_from_one_that_serves(visitor: Client, path: str, status: int):
    answers = [visitor.generic(method, path, headers={"host": "10.0.0.7:8600"}) for method in ("GET", "HEAD")]

    assert {answer.status_code for answer in answers} == {status}
    assert visitor.post(path).status_code == 405
    assert answers[0].content in {b"ok", b"database away"}


def test_a_hundred_requests_in_one_second_are_one_line(visitor: Client, caplog: pytest.LogCaptureFixture):
    OUTAGE.EVERY = 3600.0
    try:
        for _ in range(20):
            visitor.get("/")
    finally:
        del OUTAGE.EVERY

    assert len(caplog.records) == 1


@pytest.mark.usefixtures("away")
def test_the_sealer_waits_as_the_pages_do(caplog: pytest.LogCaptureFixture):
    stop = threading.Event()
    sealing = threading.Thread(target=sealer._seal_on, args=[stop, None])
    sealing.start()
    while not caplog.records:
        stop.wait(0.01)
    stop.set()
    sealing.join()

    assert {record.name for record in caplog.records} == {"temoin.database"}
