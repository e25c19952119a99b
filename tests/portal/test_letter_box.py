"""The letter box over HTTP: who gets the letter, what is counted, and what every refusal hides."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.template import Context, Engine
from letters import any_link, keys_of, sealed_bytes, sealed_under
from patience import PATIENCE
from psycopg import sql
from site_under_test import Site, portal_environment

from temoin import portal
from temoin.crypto.letter import ALPHABET, link_fragment, open_letter
from temoin.portal.headers import HEADERS
from temoin.portal.words import page_words
from temoin_demo.postgresql.roles import DATABASE, password_file
from temoin_demo.postgresql.server import EmbeddedServer

CODE = "7K2QF-XM04C"
WRONG = "7K2QF-XM04D"
JSON = {"Content-Type": "application/json"}


class Client:
    """A browser's place before the letter box, without the browser."""

    def __init__(self, site: Site, proxy_headers: dict[str, str]):
        self._address = urlsplit(site.url)
        self._headers = proxy_headers

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, Any]:
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {**self._headers, **named})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, answer.headers

    def try_code(self, secret: bytes, code: str) -> tuple[int, bytes, Any]:
        keys = keys_of(secret, code)
        halves = {"lookup": _text(keys.lookup), "auth": _text(keys.auth)}
        return self.ask("POST", "/letter", json.dumps(halves).encode(), **JSON)


def _text(half: bytes) -> str:
    return urlsafe_b64encode(half).rstrip(b"=").decode()


@pytest.fixture
def client(site, proxy_headers):
    return Client(site, proxy_headers)


@pytest.fixture
def portal_role(embedded_server: EmbeddedServer) -> Iterator[psycopg.Connection[Any]]:
    """The database as the patient site itself may see it."""
    password = password_file(embedded_server.folder / "keys", "portal").read_text().strip()
    with psycopg.connect(embedded_server.conninfo("temoin_portal", password, DATABASE)) as connection:
        yield connection


def _wrong(number: int) -> str:
    """One of several wrong codes: the same one twice uses up one try."""
    return f"{WRONG[:-1]}{ALPHABET[number]}" if number != ALPHABET.index(CODE[-1]) else "00000-12345"


def _posted(site: Site, **how: Any):
    secret = any_link()
    return secret, site.post(sealed_under(secret, CODE, sealed_bytes()), **how)


def test_both_halves_get_the_letter(site, client):
    secret, letter_id = _posted(site)

    status, content, _ = client.try_code(secret, CODE)

    assert status == 200
    ciphertext = urlsafe_b64decode(json.loads(content)["ciphertext"])
    assert open_letter(secret, CODE, ciphertext) == sealed_bytes()
    assert site.counts(letter_id) == (5, 1)


def test_a_letter_may_be_opened_again_and_each_look_is_recorded(site, client):
    secret, letter_id = _posted(site)

    assert [client.try_code(secret, CODE)[0] for _ in range(2)] == [200, 200]

    assert site.counts(letter_id) == (5, 2)
    assert site.events(letter_id) == [("letter.opened", "portal", "letter")] * 2


def test_a_wrong_code_is_counted_and_recorded(site, client):
    secret, letter_id = _posted(site)

    status, content, _ = client.try_code(secret, WRONG)

    assert (status, json.loads(content)) == (403, {"answer": "wrong", "tries_left": 4})
    assert site.counts(letter_id) == (4, 0)
    assert site.events(letter_id) == [("letter.refused", "portal", "letter")]


def test_the_fifth_wrong_try_locks_the_letter_for_the_right_code_too(site, client):
    secret, letter_id = _posted(site)

    assert [client.try_code(secret, _wrong(n))[0] for n in range(5)] == [403] * 4 + [423]
    assert client.try_code(secret, CODE)[:2] == (423, b'{"answer": "locked"}')

    assert site.counts(letter_id) == (0, 0)
    assert len(site.events(letter_id)) == 5


def test_the_right_code_gives_the_tries_back(site, client):
    secret, letter_id = _posted(site)

    for code in (WRONG, WRONG, CODE, WRONG):
        client.try_code(secret, code)

    assert site.counts(letter_id) == (4, 1)


def test_tries_at_the_same_moment_are_all_counted(site, client):
    secret, letter_id = _posted(site)

    with ThreadPoolExecutor(12) as crowd:
        statuses = list(crowd.map(lambda n: client.try_code(secret, _wrong(n))[0], range(12)))

    assert sorted(statuses) == [403] * 4 + [423] * 8
    assert site.counts(letter_id) == (0, 0)
    assert len(site.events(letter_id)) == 5


def test_whoever_holds_the_link_is_told_where_it_stands(site, client):
    expired, _ = _posted(site, lasting=timedelta(seconds=-1))

    assert client.try_code(expired, CODE)[:2] == (410, b'{"answer": "expired"}')
    assert client.try_code(any_link(), CODE)[:2] == (404, b'{"answer": "none"}')


def test_a_replaced_letter_says_so_to_the_right_code_alone_and_hands_nothing_out(site, client):
    link, letter_id = _posted(site, state="withdrawn")

    assert json.loads(client.try_code(link, WRONG)[1]) == {"answer": "wrong", "tries_left": 4}
    assert client.try_code(link, CODE)[:2] == (410, b'{"answer": "replaced"}')
    assert site.counts(letter_id) == (5, 0)
    assert site.events(letter_id) == [(f"letter.{kind}", "portal", "letter") for kind in ("refused", "opened")]


def test_an_invented_link_gets_one_answer_whatever_the_code(client):
    answers = [client.try_code(any_link(), code) for code in (CODE, WRONG)]

    assert answers[0][:2] == answers[1][:2]


def test_every_refusal_takes_at_least_the_common_time(site, client):
    wrong, _ = _posted(site)

    for secret, status in ((any_link(), 404), (wrong, 403)):
        start = perf_counter()
        assert client.try_code(secret, WRONG)[0] == status
        assert perf_counter() - start >= 0.1


def test_an_expired_letter_records_nothing(site, client):
    expired, letter_id = _posted(site, lasting=timedelta(seconds=-1))

    client.try_code(expired, CODE)

    assert site.events(letter_id) == []
    assert site.counts(letter_id) == (5, 0)


def test_no_log_no_look(site, client):
    secret, letter_id = _posted(site)
    site.database.execute("ALTER TABLE journal_event ADD CONSTRAINT full_journal CHECK (false) NOT VALID")
    try:
        status, content, _ = client.try_code(secret, CODE)
    finally:
        site.database.execute("ALTER TABLE journal_event DROP CONSTRAINT full_journal")

    assert (status, content) == (500, b"unavailable")
    assert site.counts(letter_id) == (5, 0)


def test_the_same_wrong_code_uses_up_one_try(site, client):
    secret, letter_id = _posted(site)

    for code in (WRONG, WRONG, _wrong(1), WRONG, _wrong(1)):
        client.try_code(secret, code)

    assert site.counts(letter_id) == (3, 0)
    assert site.events(letter_id) == [("letter.refused", "portal", "letter")] * 5


def test_a_right_code_forgets_the_wrong_ones(site, client):
    secret, letter_id = _posted(site)

    for code in (WRONG, CODE, WRONG):
        client.try_code(secret, code)

    assert site.counts(letter_id) == (4, 1)


def _flood(client, count: int) -> list[int]:
    with ThreadPoolExecutor(8) as crowd:
        return list(crowd.map(lambda _: client.ask("POST", "/letter", _halves(any_link()), **JSON)[0], range(count)))


def _use_up(site) -> None:
    """Leave nothing in any bucket, for an hour: on a slow machine a caller earns tries while the test makes them."""
    site.database.execute("UPDATE delivery_pace SET tokens = 0, at = now() + interval '1 hour'")


@pytest.fixture(autouse=True)
def _fresh_pace(site) -> Iterator[None]:
    yield
    site.database.execute("DELETE FROM delivery_pace")


def test_whoever_tries_wrongly_too_often_waits_in_all_processes_together(site, client):
    tried, _ = _posted(site)
    client.try_code(tried, WRONG)

    began = perf_counter()
    statuses = _flood(client, 150)
    earned = perf_counter() - began  # one try each second, whatever the machine
    _use_up(site)
    answers = [client.try_code(secret, CODE)[:2] for secret in (tried, any_link())]

    assert 58 <= statuses.count(404) <= 60 + earned + 8  # 60 a minute, and those under way at once
    assert statuses.count(404) + statuses.count(429) == 150
    assert answers == [(429, b"too many requests")] * 2


def test_a_crowd_behind_one_address_keeps_nobody_from_the_first_try(site, client):
    fresh, _ = _posted(site)
    _flood(client, 10)

    _use_up(site)
    assert [client.try_code(fresh, CODE)[0] for _ in range(3)] == [200] * 3
    assert client.try_code(fresh, WRONG)[0] == 403
    _use_up(site)
    assert client.try_code(fresh, CODE)[0] == 429


def test_strangers_do_not_drain_what_all_share(site, client):
    _flood(client, 70)

    names = site.database.execute("SELECT count(*), min(length(name)), max(length(name)) FROM delivery_pace").fetchone()
    assert names[1:] == (12, 12)
    assert site.database.execute("SELECT relpersistence FROM pg_class WHERE relname = 'delivery_pace'").fetchone() == (
        "u",
    )


def test_only_the_last_hop_says_who_asks(site, client, proxy_headers):
    """A caller's own X-Forwarded-For stands before what the proxy adds, and changes nothing."""
    own = proxy_headers["X-Forwarded-For"]
    client.ask("POST", "/letter", _halves(any_link()), **JSON)

    statuses = {}
    _use_up(site)
    for caller in (f"203.0.113.7, {own}", f"203.0.113.8, {own}", "192.0.2.99"):
        proxy_headers["X-Forwarded-For"] = caller
        statuses[caller] = client.ask("POST", "/letter", _halves(any_link()), **JSON)[0]

    assert list(statuses.values()) == [429, 429, 404]


def _halves(link: bytes) -> bytes:
    return json.dumps({"lookup": _text(link), "auth": _text(link)}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"lookup"',
        b"{}",
        b'{"lookup": 1, "auth": 2}',
        b'{"lookup": "AAAA", "auth": "AAAA"}',
        '{"lookup": "é", "auth": "é"}'.encode(),
        b"\xff\xfe",
        b'{"lookup": "' + b"=" * 43 + b'", "auth": ""}',
        b"[" * 1000,
    ],
)
def test_anything_but_two_halves_is_a_bad_request(client, body):
    assert client.ask("POST", "/letter", body, **JSON)[0] == 400


def test_a_body_over_the_limit_is_refused(client):
    assert client.ask("POST", "/letter", b" " * 1025, **JSON)[0] == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_a_form_of_another_site_could_send_is_refused(client, kind):
    assert client.ask("POST", "/letter", _halves(any_link()), Content_Type=kind)[0] == 415


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_reaches_the_letter_box(client, method):
    assert client.ask(method, "/letter")[0] == 405


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_page_is_only_read(client, method):
    assert client.ask(method, "/")[0] == 405


@pytest.mark.parametrize("path", ["/", "/letter", "/healthz", "/unknown", "/static/portal/unknown.js"])
def test_every_answer_carries_the_headers_and_sets_no_cookie(client, path):
    _, _, headers = client.ask("GET", path, Accept_Language="en")

    for name, value in HEADERS.items():
        assert headers[name] == value
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers


def test_the_page_is_the_same_bytes_whatever_the_visitor_says(client):
    pages = {
        client.ask("GET", path, Accept_Language=language)[1]
        for path in ("/", "/?lookup=x")
        for language in ("fr", "en", "de")
    }

    assert len(pages) == 1


def test_every_other_address_is_answered_by_the_page_itself(client):
    page = client.ask("GET", "/")[1]

    for path in ("/unknown", "/static/portal/no.js", "/letter/1", "/admin/", f"/%23{link_fragment(any_link())}"):
        assert client.ask("GET", path)[:2] == (404, page)


def test_a_sign_of_life_says_nothing_else(client):
    assert client.ask("GET", "/healthz")[:2] == (200, b"ok")


def test_script_and_style_have_hashed_names_and_last(client):
    page = client.ask("GET", "/")[1].decode()

    links = [word.split('"')[1] for word in page.replace('src="', 'href="').split("href=")[1:]]
    assert len([link for link in links if link.startswith("/static/portal/")]) >= 3
    for link in links:
        status, _, headers = client.ask("GET", link)
        assert status == 200
        assert "immutable" in headers["Cache-Control"]


def test_the_patient_site_loads_no_cryptography(settings_file):
    program = (
        "import django, sys; django.setup(); import temoin.portal.urls;"
        "print([name for name in sys.modules if name.split('.')[:2] == ['temoin', 'crypto']"
        " or name.partition('.')[0] in {'cryptography', 'tink'}])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=portal_environment(settings_file),
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout == "[]\n"


@pytest.mark.parametrize(("is_demo", "times"), [(True, 1), (False, 0)])
def test_a_demonstration_is_marked_on_the_page_of_everyone(is_demo, times, settings):
    # This process has the manifest of the staff site.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    folder = Path(portal.__file__).parent / "templates"
    engine = Engine(dirs=[folder], libraries={"static": "django.templatetags.static"})

    page = engine.get_template("portal/page.html").render(
        Context({"is_demo": is_demo, "w": page_words(), "advice": ()})
    )

    assert page.count("toutes les personnes sont fictives") == times
    assert page.count("all persons are fictitious") == times


def test_the_portal_role_sees_no_letter_that_it_does_not_name(site, portal_role):
    secret, _ = _posted(site)
    _posted(site)

    assert portal_role.execute("SELECT count(*) FROM delivery_letter").fetchone() == (0,)
    named = sealed_under(secret, CODE, b"").lookup_hash.hex()
    portal_role.execute("SELECT set_config('temoin.letter', %s, true)", [named])
    assert portal_role.execute("SELECT count(*) FROM delivery_letter").fetchone() == (1,)


@pytest.mark.parametrize("table", ["crypto_data_key", "patients_patient", "testing_record", "outbox_parcel"])
def test_the_portal_role_reads_no_other_room(site, portal_role, table):
    known = site.database.execute("SELECT to_regclass(%s)", [table]).fetchone()

    assert known != (None,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal_role.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))


@pytest.mark.parametrize("statement", ["DELETE FROM delivery_letter", "UPDATE delivery_letter SET expires_at = now()"])
def test_the_portal_role_neither_removes_nor_prolongs_a_letter(portal_role, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal_role.execute(statement)


@pytest.mark.parametrize("sent", [b"POST", b"POST /letter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{"])
def test_slow_callers_keep_no_patient_waiting(site, client, sent):
    secret, _ = _posted(site)
    port = urlsplit(site.url).port
    slow = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(40)]
    for connection in slow:
        connection.sendall(sent)

    began = perf_counter()
    assert client.try_code(secret, CODE)[0] == 200

    assert perf_counter() - began < 3
    for connection in slow:
        connection.close()


def test_a_body_is_refused_before_it_is_read(client):
    status, content, headers = client.ask("POST", "/letter", b"x" * 1025, **JSON)

    assert (status, content) == (413, b"too large")
    assert "Server" not in headers
