"""Sessions as rows: what a dump gives, and what ends one at the next request."""

import hashlib
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from people import make_lot, make_patient, make_signed, open_house, person_of, sign_in

from temoin.lib.clock import shifted_by
from temoin.signin.sessions import Backlog, SessionStore

HOME = "/"


@pytest.fixture
def house(request: pytest.FixtureRequest):
    request.getfixturevalue("db")
    return open_house()


@pytest.fixture
def owner(client, house):
    return sign_in(client, house.owner)


@pytest.fixture
def stranger(house):
    return sign_in(Client(), house.stranger)


def cookie_of(client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def rows(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_the_database_keeps_a_hash_of_the_cookie_and_whose_session_it_is(owner, house):
    found = rows("SELECT session_key, person_id, bound_to FROM signin_session")

    key = hashlib.sha256(cookie_of(owner).encode()).hexdigest()
    assert found == [(key, house.owner.person_id, house.here.id)]


@pytest.mark.usefixtures("owner")
def test_a_row_of_a_dump_is_no_cookie(client):
    (key,) = rows("SELECT session_key FROM signin_session")[0]
    client.cookies[settings.SESSION_COOKIE_NAME] = key

    assert client.get(HOME).status_code == 302


def test_one_question_answers_who_is_signed_in_and_where(owner, house, django_assert_num_queries):
    session = SessionStore(cookie_of(owner))

    with django_assert_num_queries(1):
        session.load()

    assert (session.person.id, session.member.id) == (house.owner.person_id, house.owner.member_id)


def test_the_same_question_tells_what_is_late(owner, house, stranger):
    with shifted_by(timedelta(minutes=-31)):
        make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    backlogs = []
    for client in (owner, stranger):
        session = SessionStore(cookie_of(client))
        session.load()
        backlogs.append((session.backlog.count, session.backlog.is_late))

    assert backlogs == [(2, True), (0, False)]


def test_a_long_backlog_is_counted_to_a_hundred():
    assert Backlog(99).count_words == "99"
    assert Backlog(100).count_words == "100+"


def test_the_question_leaves_no_pharmacy_in_scope(owner):
    SessionStore(cookie_of(owner)).load()

    assert rows("SELECT count(*) FROM pharmacies_member") == [(0,)]


def test_a_suspended_account_ends_the_session(owner, house):
    person = person_of(house.owner)
    person.is_active = False
    person.save()

    assert owner.get(HOME).status_code == 302
    assert rows("SELECT count(*) FROM signin_session WHERE person_id IS NOT NULL") == [(0,)]


def test_a_changed_password_ends_the_session(owner, house):
    person = person_of(house.owner)
    person.set_password("Un-autre-m0t-de-passe!")
    person.save()

    assert owner.get(HOME).status_code == 302


def test_an_old_session_is_nobodys(owner):
    with shifted_by(timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)):
        assert SessionStore(cookie_of(owner)).load() == {}


def test_signing_out_removes_the_row(owner):
    owner.post("/account/sign-out/")

    assert rows("SELECT count(*) FROM signin_session WHERE person_id IS NOT NULL") == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_between_two_requests_is_opened_again(client, embedded_server):
    owner = sign_in(client, open_house().owner)
    owner.get(HOME)
    (backend,) = rows("SELECT pg_backend_pid()")[0]

    _end_backend(embedded_server, backend)

    assert owner.get(HOME).status_code == 200


def _end_backend(server, backend: int) -> None:
    conninfo = server.conninfo("postgres", server.superuser_password(), "temoin")
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
