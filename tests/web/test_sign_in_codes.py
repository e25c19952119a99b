"""One-time codes: half a minute early or late is no mistake, and none opens twice, whatever shows it."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from django.urls import reverse
from people import PASSWORD, TOTP_SECRET, House, at_once, person_of, set_up_totp
from quick_hashing import AS_WRITTEN

from temoin.signin.own_secrets import open_own, seal_own

HALF_MINUTE = 30


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> int:
    """Hold the library's clock in the middle of a half minute."""
    held = int(time.time()) // HALF_MINUTE * HALF_MINUTE + 15
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: held)
    return held // HALF_MINUTE


def code_of(counter: int) -> str:
    return format_hotp_value(hotp_value(TOTP_SECRET, counter))


def after_password(house: House) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person_of(house.owner).email, "password": PASSWORD})
    return client


def opens(client: Client, code: str) -> bool:
    client.post(reverse("mfa_authenticate"), {"code": code})
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(("half_minutes", "opened"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_the_neighbouring_half_minutes_opens(house: House, still_clock: int, half_minutes: int, opened: bool):
    set_up_totp(person_of(house.owner))

    assert opens(after_password(house), code_of(still_clock + half_minutes)) is opened


@pytest.mark.parametrize("half_minutes", [-1, 0, 1])
def test_a_code_opens_once_in_any_session(house: House, still_clock: int, half_minutes: int):
    set_up_totp(person_of(house.owner))
    code = code_of(still_clock + half_minutes)

    assert [opens(after_password(house), code) for _ in range(2)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_a_code_shown_twice_at_the_same_moment_opens_once(house: House, still_clock: int):
    person = person_of(house.owner)
    set_up_totp(person)
    code = code_of(still_clock - 1)

    def show() -> bool:
        return Authenticator.objects.get(user=person).wrap().validate_code(code)

    assert sorted(at_once(show, show, show)) == [False, False, True]


def test_the_code_that_set_the_application_up_opens_nothing_more(house: House, still_clock: int, client: Client):
    client.post(reverse("account_login"), {"login": person_of(house.owner).email, "password": PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    code = format_hotp_value(hotp_value(client.session["mfa.totp.secret"], still_clock))

    client.post(reverse("mfa_activate_totp"), {"code": code})

    assert person_of(house.owner).authenticator_set.filter(type="totp").exists()
    assert not opens(after_password(house), code)


def test_a_refused_code_speaks_of_the_clock(house: House):
    set_up_totp(person_of(house.owner))

    answer = after_password(house).post(reverse("mfa_authenticate"), {"code": "000000"})

    told = answer.content.decode()
    assert "réglez le téléphone sur l’heure automatique" in told
    assert re.search(r"il est [0-9:]{8} \(UTC\+[12]\)", told)


def test_a_password_is_hashed_in_three_passes_over_100_mib():
    assert AS_WRITTEN == (3, 102_400)


def test_a_password_hashed_with_fewer_passes_is_hashed_anew_at_sign_in(house: House):
    person = person_of(house.owner)
    weak = Argon2PasswordHasher().encode(PASSWORD, "a-salt-of-the-test")  # Django's own: two passes
    person.password = seal_own("password", person.id, weak)
    person.save()

    after_password(house)

    assert "t=3" in open_own("password", person.id, person_of(house.owner).password, table="")
