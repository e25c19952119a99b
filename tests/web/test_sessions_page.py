"""My sessions, and how a session ends from elsewhere: at its next request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from people import PASSWORD, House, make_seat, person_of, set_up_totp, totp_code

from temoin.lib.clock import shifted_by
from temoin.pharmacies.professions import Profession
from temoin.signin.enrolment import reset_factors
from temoin.signin.open_sessions import device_of, network_of, open_sessions, session_id
from temoin.signin.sessions import SessionStore

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"


def enter(house: House, *, agent: str = WINDOWS, address: str = "192.0.2.10") -> Client:
    """Sign in with password and code, through the pages."""
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    person = person_of(house.owner)
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    answer = client.post(reverse("mfa_authenticate"), {"code": totp_code()})
    assert client.get(answer["Location"]).status_code == 200
    return client


@pytest.fixture
def two(house: House, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, Client]:
    # One code opens once; two devices within half a minute are for a test to allow.
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.TOTP._mark_code_used", lambda *_: True)
    set_up_totp(person_of(house.owner))
    return enter(house), enter(house, agent=IPHONE, address="198.51.100.7")


def reset_owner(house: House) -> str:
    """Let another owner reset the owner's factors."""
    other = make_seat(house.here, Profession.TITULAIRE)
    return reset_factors(by=other, member_id=house.owner.member_id, password_too=False)


def is_open(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_a_sign_in_changes_the_id_of_the_session(house: House):
    set_up_totp(person_of(house.owner))
    client = Client()
    client.post(reverse("account_login"), {"login": person_of(house.owner).email, "password": PASSWORD})
    before = client.session.session_key

    client.post(reverse("mfa_authenticate"), {"code": totp_code()})

    assert client.session.session_key != before
    assert not SessionStore().exists(before)


def test_the_list_says_where_in_coarse_words(two: tuple[Client, Client]):
    page = two[0].get(reverse("sessions")).content.decode()

    assert page.index("Ordinateur Windows") < page.index("iPhone")
    assert page.count("cette session") == 1
    assert "autre connexion internet" in page
    assert "192.0.2" not in page
    assert "AppleWebKit" not in page


def test_one_session_is_ended_from_another(two: tuple[Client, Client]):
    here, there = two

    here.post(reverse("end_session", args=[session_id(there.session.session_key)]))

    assert (is_open(here), is_open(there)) == (True, False)


def test_all_the_others_are_ended_at_once(two: tuple[Client, Client]):
    here, there = two

    there.post(reverse("end_other_sessions"))

    assert (is_open(here), is_open(there)) == (False, True)


def test_another_persons_session_is_an_unknown_one(two: tuple[Client, Client], stranger: Client):
    for other in (session_id(two[0].session.session_key), "0" * 16):
        assert stranger.post(reverse("end_session", args=[other])).status_code == 404
    assert all(is_open(client) for client in two)


def test_a_password_change_ends_every_session(two: tuple[Client, Client]):
    here, there = two
    new = "Une-Autre-phrase-de-passe-42"

    answer = here.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )

    assert answer.status_code == 302
    assert (is_open(here), is_open(there)) == (False, False)


def test_a_reset_of_the_factors_ends_every_session(house: House, two: tuple[Client, Client]):
    reset_owner(house)

    assert [is_open(client) for client in two] == [False, False]


def test_an_account_that_is_closed_ends_every_session(house: House, two: tuple[Client, Client]):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE signin_person SET is_active = false WHERE id = %s", [house.owner.person_id])

    assert [is_open(client) for client in two] == [False, False]


def test_a_step_up_changes_the_id_and_keeps_the_line_in_the_list(house: House, two: tuple[Client, Client]):
    here, _there = two
    before = here.session.session_key

    here.post(reverse("mfa_reauthenticate"), {"code": totp_code()})

    assert here.session.session_key != before
    assert not SessionStore().exists(before)
    assert is_open(here)
    assert len(open_sessions(person_of(house.owner))) == 2


def test_after_a_reset_the_password_alone_opens_nothing(house: House):
    set_up_totp(person_of(house.owner))
    reset_owner(house)
    client = Client()
    client.post(reverse("account_login"), {"login": person_of(house.owner).email, "password": PASSWORD})

    answer = client.get(reverse("mfa_index"))

    assert answer["Location"] == reverse("enrol")
    assert "_auth_user_id" not in client.session


def test_the_code_of_a_colleague_leads_to_a_new_factor_and_no_further(house: House):
    code = reset_owner(house)
    client = Client()
    form = {"email": person_of(house.owner).email, "code": code, "password": PASSWORD}

    client.post(reverse("enrol"), form)

    assert client.get("/")["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200


def test_a_wrong_code_says_no_more_than_that(house: House):
    reset_owner(house)
    answers = [
        Client().post(reverse("enrol"), {"email": email, "code": "0000-0000-0000", "password": PASSWORD})
        for email in (person_of(house.owner).email, "nobody@officine.example")
    ]

    first, second = (answer.content.decode().split("<main", 1)[1] for answer in answers)
    assert answers[0].status_code == answers[1].status_code == 400
    assert first.replace(person_of(house.owner).email, "").split("csrf")[0] == second.split("csrf")[0]


def test_the_code_is_shown_once_after_a_fresh_factor(house: House, owner: Client):
    place = reverse("reset_member", args=[house.colleague.member_id])
    assert "Lucas PETIT" in owner.get(place).content.decode()

    with shifted_by(timedelta(minutes=6)):
        stale = owner.post(place)
    shown = owner.post(place)

    assert stale["Location"].startswith(reverse("confirm"))
    assert "Lucas PETIT" in shown.content.decode()
    assert 'class="code"' in shown.content.decode()


def test_the_application_is_removed_only_beside_a_passkey(house: House, two: tuple[Client, Client]):
    here, there = two
    person = person_of(house.owner)
    refused = here.post(reverse("mfa_deactivate_totp"))
    Authenticator.objects.create(user=person, type="webauthn", data={"name": "x", "credential": {}})

    here.post(reverse("mfa_deactivate_totp"))

    assert refused.status_code == 200
    assert not Authenticator.objects.filter(user=person, type="totp").exists()
    assert (is_open(here), is_open(there)) == (True, False)


def test_a_first_password_keeps_the_session_under_a_new_id(house: House):
    code = reset_factors(by=house.owner, member_id=house.colleague.member_id, password_too=True)
    client = Client()
    client.post(reverse("enrol"), {"email": person_of(house.colleague).email, "code": code, "password": ""})
    before = client.session.session_key
    new = "Une-Autre-phrase-de-passe-42"

    led = client.get(reverse("mfa_activate_totp"))["Location"]
    answer = client.post(led, {"password1": new, "password2": new})

    assert (led, answer["Location"]) == (reverse("account_set_password"), reverse("mfa_activate_totp"))
    assert client.get(answer["Location"]).status_code == 200
    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("192.0.2.10", "192.0.2.99", True),
        ("192.0.2.10", "192.0.3.10", False),
        ("2001:db8:1:2::3", "2001:db8:1:9::9", True),
        ("2001:db8:1::1", "192.0.2.10", False),
        ("nowhere", "192.0.2.10", False),
    ],
)
def test_near_is_the_same_connection(one: str, other: str, near: bool):
    assert (network_of(one) == network_of(other)) is near


def test_a_device_nobody_knows_is_said_so():
    assert (device_of("curl/8"), device_of(IPHONE), device_of(WINDOWS)) == ("", "iPhone", "Windows")


def test_no_page_asks_the_database_for_the_second_factor(owner: Client):
    with CaptureQueriesContext(connection) as captured:
        owner.get("/help/")

    asked = " ".join(query["sql"] for query in captured.captured_queries)
    assert "signin_read_session" in asked
    assert not [name for name in ("mfa_authenticator", "signin_memo") if name in asked]
