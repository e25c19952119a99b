"""Wrong tries cost time, more and more; known and unknown accounts are alike; a passkey is never made to wait."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from allauth.core.internal import ratelimit
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from django.urls import reverse
from people import PASSWORD, House, person_of, set_up_totp, totp_code

from temoin.lib.clock import now, shifted_by

WRONG = "Un-mot-de-passe-faux-1"


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library's windows follow the shifts of our clock alone: a slow machine earns no further try."""
    real = ratelimit.time.time
    began = real()
    monkeypatch.setattr(ratelimit.time, "time", lambda: began + now().timestamp() - real())


def attempt(email: str, password: str = WRONG, *, address: str = "192.0.2.1") -> str:
    """Try a password; tell what the page answered: in, wrong, or wait."""
    client = Client(REMOTE_ADDR=address)
    answer = client.post(reverse("account_login"), {"login": email, "password": password})
    if answer.status_code == 302:
        return "in"
    return "wait" if "Trop de tentatives" in answer.content.decode() else "wrong"


def tries(email: str, number: int, **more: str) -> list[str]:
    return [attempt(email, **more) for _ in range(number)]


@pytest.mark.django_db
def test_the_pause_grows(house: House):
    email = person_of(house.owner).email

    assert tries(email, 4) == ["wrong"] * 3 + ["wait"]
    with shifted_by(timedelta(seconds=61)):
        assert tries(email, 4) == ["wrong"] * 3 + ["wait"]
    with shifted_by(timedelta(seconds=122)):
        assert attempt(email, PASSWORD) == "wait"
    with shifted_by(timedelta(minutes=16)):
        assert attempt(email, PASSWORD) == "in"


@pytest.mark.django_db
def test_an_unknown_account_waits_like_a_known_one(house: House):
    known, unknown = person_of(house.owner).email, "nobody@officine.example"

    assert tries(known, 5) == tries(unknown, 5)


@pytest.mark.django_db
def test_the_pause_follows_the_account_to_another_address(house: House):
    email = person_of(house.owner).email
    tries(email, 3)

    assert attempt(email, address="198.51.100.1") == "wait"


@pytest.mark.django_db
def test_one_caller_does_not_try_many_accounts():
    answers = [attempt(f"person{number}@officine.example") for number in range(22)]

    assert answers == ["wrong"] * 20 + ["wait"] * 2


@pytest.mark.django_db
def test_a_right_password_is_no_try(house: House):
    email = person_of(house.owner).email

    assert tries(email, 5, password=PASSWORD) == ["in"] * 5


@pytest.mark.parametrize("case", ["known", "unknown", "without a password", "closed"])
def test_every_account_costs_the_same_work(house: House, case: str):
    person = person_of(house.owner)
    if case == "without a password":
        person.set_unusable_password()
    person.is_active = case != "closed"
    person.save()
    email = "nobody@officine.example" if case == "unknown" else person.email

    with (
        patch.object(Argon2PasswordHasher, "encode", autospec=True, side_effect=Argon2PasswordHasher.encode) as encode,
        patch.object(Argon2PasswordHasher, "verify", autospec=True, side_effect=Argon2PasswordHasher.verify) as verify,
    ):
        attempt(email)

    assert encode.call_count + verify.call_count == 1


@pytest.mark.django_db
def test_the_answer_does_not_tell_whether_the_account_exists(house: House):
    answers = [
        Client().post(reverse("account_login"), {"login": email, "password": WRONG}).content.decode()
        for email in (person_of(house.owner).email, "nobody1@officine.example")
    ]

    told = [text.split('role="alert"')[1].split("</div>")[0] for text in answers]
    assert told[0] == told[1]


@pytest.mark.django_db
def test_a_wrong_code_is_a_try_too(house: House):
    person = person_of(house.owner)
    set_up_totp(person)
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})

    for _ in range(3):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert client.post(reverse("mfa_authenticate"), {"code": totp_code()}).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_a_code_opens_once(house: House):
    person = person_of(house.owner)
    set_up_totp(person)
    opened, code = [], totp_code()  # the same code, also when the half minute turns between the two
    for _ in range(2):
        client = Client()
        client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        client.post(reverse("mfa_authenticate"), {"code": code})
        opened.append("_auth_user_id" in client.session)

    assert opened == [True, False]


@pytest.mark.django_db
def test_a_locked_account_still_gets_the_question_for_its_passkey(house: House):
    tries(person_of(house.owner).email, 10)

    answer = Client(REMOTE_ADDR="192.0.2.1").get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})

    options = answer.json()["request_options"]["publicKey"]
    assert options["userVerification"] == "required"
    assert "allowCredentials" not in options or options["allowCredentials"] == []


@pytest.mark.django_db
def test_enrolment_codes_are_tried_slowly_too(house: House):
    form = {"email": person_of(house.owner).email, "code": "0000-0000-0000", "password": WRONG}

    answers = [Client().post(reverse("enrol"), form).status_code for _ in range(22)]

    assert answers == [400] * 20 + [429] * 2


@pytest.mark.django_db
def test_invitation_codes_are_tried_slowly_too(house: House):
    form = {"code": f"{house.here.finess}-0000-0000-0000-0000"}

    answers = [Client().post(reverse("invitation"), form).status_code for _ in range(22)]

    assert answers == [400] * 20 + [429] * 2


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["motdepasse", "Password1234", "aaaaaaaaaaaaaaaaaaaaaaaa", "123456789012"])
def test_a_weak_or_common_password_is_refused(owner: Client, password: str):
    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}

    assert owner.post(reverse("account_change_password"), form).status_code == 200
    assert owner.get("/").status_code == 200
