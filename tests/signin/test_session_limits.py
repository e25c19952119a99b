"""Sessions: idle a quarter of an hour, twelve hours in all, one write a minute at most."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from temoin.lib.clock import shifted_by
from temoin.signin.session_limits import SessionLimits
from temoin.signin.sessions import SessionStore


@pytest.fixture
def request_of_somebody(request: pytest.FixtureRequest):
    request.getfixturevalue("db")
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.user = get_user_model()(email="claire@example.fr")
    return request


def visit(request, **later):
    request.session.modified = False
    with shifted_by(timedelta(**later)):
        SessionLimits(lambda _request: HttpResponse())(request)


def test_a_first_visit_begins_the_count(request_of_somebody):
    visit(request_of_somebody)

    assert request_of_somebody.session.modified
    assert request_of_somebody.user.is_authenticated


def test_visits_within_a_minute_write_nothing(request_of_somebody):
    visit(request_of_somebody)

    visit(request_of_somebody, seconds=50)

    assert not request_of_somebody.session.modified


def test_a_visit_after_a_minute_moves_the_end_on(request_of_somebody):
    visit(request_of_somebody)

    visit(request_of_somebody, seconds=61)

    assert request_of_somebody.session.modified


def test_a_quarter_of_an_hour_without_a_visit_ends_the_session(request_of_somebody):
    visit(request_of_somebody)

    visit(request_of_somebody, minutes=15)

    assert isinstance(request_of_somebody.user, AnonymousUser)
    assert not request_of_somebody.session.keys()


def test_twelve_hours_of_visits_end_the_session(request_of_somebody):
    for minutes in range(0, 12 * 60, 10):
        visit(request_of_somebody, minutes=minutes)
    assert request_of_somebody.user.is_authenticated

    visit(request_of_somebody, hours=12)

    assert isinstance(request_of_somebody.user, AnonymousUser)


def test_nobody_has_no_limits(request_of_somebody):
    request_of_somebody.user = AnonymousUser()

    visit(request_of_somebody)

    assert not request_of_somebody.session.keys()
