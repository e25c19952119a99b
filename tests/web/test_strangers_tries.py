"""Counters that strangers can fill: which exist and whom they make wait, never a person in their own browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account import app_settings
from allauth.core.internal import ratelimit
from allauth.mfa import app_settings as mfa_settings
from django.conf import settings
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from people import PASSWORD, House, person_of, set_up_totp, sign_in, totp_code

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import StaffNotice
from temoin.signin.devices import MOST
from temoin.signin.models import FailedTry
from temoin.signin.tries import record_tries

WRONG = "Un-mot-de-passe-faux-1"
# Every limit of the sign-in, and whom a stranger who fills it makes wait.
LIMITS = {
    "login_failed": "who signs in from a browser that is not known, and has no passkey",
    "known_login_failed": "nobody: only the browser of the person counts there, or who is signed in",
    "enrolment": "who enrols from the stranger's own network, for an hour at most",
    "invitation": "who takes up an invitation from the stranger's own network, for an hour at most",
    "reauthenticate": "nobody: it counts for who is signed in",
    "login": "nobody: it is off",
}
NO_PAGE = {
    "change_password",
    "change_phone",
    "manage_email",
    "reset_password",
    "reset_password_from_key",
    "signup",
    "request_login_code",
    "confirm_email",
    "verify_phone",
}


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library's windows follow our clock."""
    monkeypatch.setattr(ratelimit.time, "time", lambda: now().timestamp())


def attempt(client: Client, email: str, password: str = WRONG) -> str:
    answer = client.post(reverse("account_login"), {"login": email, "password": password})
    if answer.status_code == 302:
        return "in"
    return "wait" if "Trop de tentatives" in answer.content.decode() else "wrong"


def strangers_try(email: str, number: int = 12) -> None:
    for one in range(number):
        attempt(Client(REMOTE_ADDR=f"198.51.100.{one}"), email)


def known_browser(house: House) -> Client:
    """Return a browser in which the owner signed in before."""
    browser = sign_in(Client(), house.owner)
    browser.get("/")
    browser.post(reverse("account_logout"))
    return browser


def test_every_limit_of_the_sign_in_says_whom_a_stranger_makes_wait():
    assert {*LIMITS, *NO_PAGE} == set(app_settings.RATE_LIMITS)
    assert set(mfa_settings.RATE_LIMITS) == {"webauthn_login"}
    assert "key" not in mfa_settings.RATE_LIMITS["webauthn_login"]


def test_a_browser_that_is_known_is_not_made_to_wait_by_strangers(house: House):
    email, browser = person_of(house.owner).email, known_browser(house)

    strangers_try(email)

    assert attempt(Client(), email, PASSWORD) == "wait"
    assert attempt(browser, email, PASSWORD) == "in"


def test_strangers_of_the_same_network_make_no_known_browser_wait(house: House):
    email, browser = person_of(house.owner).email, known_browser(house)
    for number in range(25):
        attempt(Client(), f"nobody{number}@officine.example")

    assert attempt(browser, email, PASSWORD) == "in"


def test_a_known_browser_has_few_tries_of_its_own(house: House):
    email, browser = person_of(house.owner).email, known_browser(house)

    assert [attempt(browser, email) for _ in range(4)] == ["wrong"] * 3 + ["wait"]


def test_a_browser_is_known_for_its_own_person_only(house: House):
    browser, other = known_browser(house), person_of(house.colleague).email

    strangers_try(other)

    assert attempt(browser, other, PASSWORD) == "wait"


def test_a_browser_is_known_for_half_a_year(house: House):
    email, browser = person_of(house.owner).email, known_browser(house)
    with shifted_by(timedelta(days=181)):
        strangers_try(email)

        assert attempt(browser, email, PASSWORD) == "wait"


@pytest.mark.parametrize("cookie", ["", "00", "zz", "é", "ab" * 300])
def test_a_forged_cookie_is_no_known_browser(house: House, cookie: str):
    email, browser = person_of(house.owner).email, Client()
    browser.cookies[settings.DEVICE_COOKIE_NAME] = cookie
    strangers_try(email)

    assert attempt(browser, email, PASSWORD) == "wait"


def test_a_shared_post_knows_its_last_people(house: House):
    browser = Client()
    for _ in range(MOST + 2):
        for seat in (house.owner, house.colleague):
            sign_in(browser, seat).get("/")
            browser.post(reverse("account_logout"))

    strangers_try(person_of(house.owner).email)

    assert attempt(browser, person_of(house.owner).email, PASSWORD) == "in"
    assert len(browser.cookies[settings.DEVICE_COOKIE_NAME].value) < 3500


def test_a_password_alone_makes_no_browser_known(house: House):
    set_up_totp(person_of(house.owner))
    browser = Client()
    attempt(browser, person_of(house.owner).email, PASSWORD)

    assert settings.DEVICE_COOKIE_NAME not in browser.cookies


def test_a_stranger_with_the_password_makes_no_known_browser_wait_for_its_code(house: House):
    email, browser = person_of(house.owner).email, known_browser(house)
    set_up_totp(person_of(house.owner))
    thief = Client(REMOTE_ADDR="198.51.100.9")
    attempt(thief, email, PASSWORD)
    for _ in range(6):
        thief.post(reverse("mfa_authenticate"), {"code": "000000"})

    attempt(browser, email, PASSWORD)
    browser.post(reverse("mfa_authenticate"), {"code": totp_code()})

    assert "_auth_user_id" in browser.session


def test_the_person_is_told_at_the_next_sign_in_once(house: House):
    strangers_try(person_of(house.owner).email, 3)
    browser = sign_in(Client(), house.owner)
    session = browser.session
    del session["pharmacy_id"]
    session.save()

    first, second = (browser.get("/").content.decode() for _ in range(2))

    assert "3 connexions à votre adresse ont échoué" in first
    assert "ont échoué" not in second


def test_failed_sign_ins_are_events_of_the_persons_pharmacies_only(house: House, as_role):
    strangers_try(person_of(house.owner).email, 3)
    strangers_try("nobody@officine.example", 3)

    for _ in range(2):
        with as_role("temoin_worker"):
            record_tries()

    for pharmacy, told in ((house.here, [(house.owner.member_id, None, "password 3")]), (house.elsewhere, [])):
        with tenant_scope(pharmacy.id):
            found = Event.objects.filter(kind=EventKind.SIGN_IN_FAILED.value)
            assert list(found.values_list("subject_id", "actor_id", "detail")) == told
    assert FailedTry.objects.filter(person_id__isnull=True).count() == 0


@pytest.mark.parametrize("poisoned", ["owner", "colleague"])  # whichever comes first
def test_tries_that_cannot_be_written_down_hold_no_others(house: House, as_role, stick, poisoned: str):
    for seat in (house.owner, house.colleague):
        strangers_try(person_of(seat).email, 2)
    stick("INSERT", "journal_event", f"new.subject_id = '{getattr(house, poisoned).member_id}'")

    with as_role("temoin_worker"), pytest.raises(DatabaseError, match="stuck"):
        record_tries()

    left = set(FailedTry.objects.filter(is_noted=False).values_list("person_id", flat=True))
    assert left == {getattr(house, poisoned).person_id}


def test_who_has_many_failures_is_written_to(house: House, as_role):
    for minutes in (0, 2):  # three a minute are judged, the others wait
        with shifted_by(timedelta(minutes=minutes)):
            strangers_try(person_of(house.owner).email, 6)

    with as_role("temoin_worker"):
        record_tries()

        assert list(StaffNotice.objects.values_list("person_id", "kind")) == [(house.owner.person_id, "failed_tries")]


def test_many_failures_are_written_about_once_a_day(house: House, as_role):
    email = person_of(house.owner).email
    for minutes in (0, 5, 130):
        with shifted_by(timedelta(minutes=minutes)):
            strangers_try(email, 6)
            with as_role("temoin_worker"):
                record_tries()

    with as_role("temoin_worker"):
        assert StaffNotice.objects.count() == 1


def test_wrong_codes_are_told_too(house: House):
    set_up_totp(person_of(house.owner))
    browser = Client()
    attempt(browser, person_of(house.owner).email, PASSWORD)
    browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    Client().post(reverse("enrol"), {"email": person_of(house.owner).email, "code": "0000", "password": ""})

    assert sorted(FailedTry.objects.values_list("way", flat=True)) == ["code", "enrolment"]
