"""Whoever writes in the database signs in as nobody: passwords, codes, factors, sessions are bound to their person."""

# ruff: noqa: S608 identifiers of the test

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.urls import reverse
from people import PASSWORD, House, open_house, person_of, set_up_totp, sign_in, totp_code

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.alerts import note_broken_seal
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope
from temoin.signin.enrolment import enrol, reset_factors
from temoin.signin.models import Session
from temoin.signin.sessions import SessionStore, row_key

MINE = "k" * 32  # a cookie of one's own
Tamper = Callable[[str], None]


@pytest.fixture
def house(db) -> House:  # noqa: ARG001
    """The owner, of another pharmacy the stranger; both have a password, an application and recovery codes."""
    house = open_house()
    for seat in (house.owner, house.stranger):
        set_up_totp(person_of(seat))
        RecoveryCodes.activate(person_of(seat))
    return house


def told(house: House) -> list[tuple[str, object]]:
    with tenant_scope(house.here.id):
        found = Event.objects.filter(kind=EventKind.SEAL_BROKEN.value)
        return list(found.values_list("detail", "subject_id"))


def refused(house: House, table: str, meet: Callable[[], object]) -> None:
    """Check that the product refuses, and that the owner's pharmacy is told."""
    with pytest.raises(SealBrokenError) as met:
        meet()
    note_broken_seal(met.value, origin="page")
    assert told(house) == [(table, house.owner.person_id)]


PASSWORDS = {
    "another person's": "(SELECT password FROM signin_person WHERE id = '{stranger}')",
    "a hash of one's own": "'{mine}'",
    "one's own, in the clothes of a seal": "encode('{mine}', 'hex')",
}


@pytest.mark.parametrize("change", PASSWORDS)
def test_a_password_put_there_by_hand_opens_nothing(house: House, tamper: Tamper, change: str):
    values = {"stranger": house.stranger.person_id, "mine": make_password("mine")}
    tamper(
        f"UPDATE signin_person SET password = {PASSWORDS[change].format(**values)} WHERE id = '{house.owner.person_id}'"
    )

    refused(house, "signin_person", lambda: person_of(house.owner).check_password(PASSWORD))


def test_a_persons_own_password_opens_and_its_seal_shows_no_hash(house: House):
    person = person_of(house.owner)

    assert (person.check_password(PASSWORD), person.check_password("mine")) == (True, False)
    assert "argon2" not in person.password + bytes.fromhex(person.password).decode("latin-1")


def test_an_enrolment_code_of_another_person_opens_nothing(house: House, tamper: Tamper):
    code = reset_factors(by=house.owner, member_id=house.colleague.member_id, password_too=False)
    student = house.student.person_id
    tamper(
        "UPDATE signin_person SET (enrolment, enrolment_until) = (SELECT enrolment, enrolment_until "
        f"FROM signin_person WHERE id = '{house.colleague.person_id}') WHERE id = '{student}'"
    )

    with pytest.raises(SealBrokenError):
        enrol(email=person_of(house.student).email, code=code, password=PASSWORD)


FACTORS = {
    "another person's application": "UPDATE mfa_authenticator SET data = (SELECT data FROM mfa_authenticator "
    "WHERE user_id = '{stranger}' AND type = 'totp') WHERE user_id = '{owner}' AND type = 'totp'",
    "another person's recovery codes": "UPDATE mfa_authenticator SET data = (SELECT data FROM mfa_authenticator "
    "WHERE user_id = '{stranger}' AND type = 'recovery_codes') WHERE user_id = '{owner}' AND type = 'recovery_codes'",
    "an application of one's own": 'UPDATE mfa_authenticator SET data = \'{{"secret": "JBSWY3DPEHPK3PXP"}}\' '
    "WHERE user_id = '{owner}' AND type = 'totp'",
    "a passkey of one's own": "INSERT INTO mfa_authenticator (user_id, type, data, created_at) "
    "VALUES ('{owner}', 'webauthn', '{{\"name\": \"x\", \"credential\": {{}}}}', now())",
    "one kind passed off as another": "UPDATE mfa_authenticator SET type = 'webauthn' "
    "WHERE user_id = '{owner}' AND type = 'totp'",
    "a factor given to another person": "UPDATE mfa_authenticator SET user_id = '{owner}', type = 'webauthn' "
    "WHERE user_id = '{stranger}' AND type = 'totp'",
}


@pytest.mark.parametrize("change", FACTORS)
def test_a_factor_put_there_by_hand_opens_nothing(house: House, tamper: Tamper, change: str):
    tamper(FACTORS[change].format(owner=house.owner.person_id, stranger=house.stranger.person_id))

    refused(house, "mfa_authenticator", lambda: list(Authenticator.objects.filter(user_id=house.owner.person_id)))


def test_a_colleague_ends_factors_that_were_tampered_with(house: House, tamper: Tamper):
    set_up_totp(person_of(house.student))
    tamper(f"UPDATE mfa_authenticator SET data = '{{}}' WHERE user_id = '{house.student.person_id}'")

    reset_factors(by=house.owner, member_id=house.student.member_id, password_too=False)

    assert not Authenticator.objects.filter(user_id=house.student.person_id).exists()


def test_nothing_of_a_factor_stands_in_clear_and_its_use_changes_the_rest(house: House):
    factor = Authenticator.objects.get(user_id=house.owner.person_id, type="totp")
    assert factor.wrap().validate_code(totp_code())
    factor.record_usage()
    codes = Authenticator.objects.get(user_id=house.owner.person_id, type="recovery_codes").wrap()
    assert codes.validate_code(codes.get_unused_codes()[0])

    with connection.cursor() as cursor:
        cursor.execute("SELECT type, data::text, last_used_at IS NULL FROM mfa_authenticator")
        rows = cursor.fetchall()
    assert all('"sealed"' in data and "se" + "cret" not in data and "seed" not in data for _type, data, _used in rows)
    again = Authenticator.objects.get(user_id=house.owner.person_id, type="recovery_codes").wrap()
    assert len(again.get_unused_codes()) == len(codes.get_unused_codes())


SESSIONS = {
    "copied to a cookie of one's own": "INSERT INTO signin_session (session_key, session_data, expire_date, "
    "person_id, bound_to) SELECT '{mine}', session_data, expire_date, person_id, bound_to "
    "FROM signin_session WHERE session_key = '{theirs}'",
    "moved to a cookie of one's own": "UPDATE signin_session SET session_key = '{mine}' WHERE session_key = '{theirs}'",
    "given another's content": "UPDATE signin_session SET (session_data, person_id, bound_to) = "
    "(SELECT session_data, person_id, bound_to FROM signin_session WHERE session_key = '{theirs}') "
    "WHERE session_key = '{students}'",
}


@pytest.mark.parametrize("change", SESSIONS)
def test_a_copied_session_row_opens_nothing_and_is_told(house: House, tamper: Tamper, change: str):
    owner, student = sign_in(Client(), house.owner), sign_in(Client(), house.student)
    cookies = [client.cookies[settings.SESSION_COOKIE_NAME].value for client in (owner, student)]
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = MINE if "mine" in SESSIONS[change] else cookies[1]
    rows = {"mine": row_key(MINE), "theirs": row_key(cookies[0]), "students": row_key(cookies[1])}

    tamper(SESSIONS[change].format(**rows))

    assert thief.get(reverse("home")).status_code == 302
    assert told(house) == [("signin_session", house.owner.person_id)]


@pytest.mark.parametrize("change", ["person_id = '{stranger}'", "bound_to = '{elsewhere}', person_id = '{stranger}'"])
def test_a_session_pointed_at_another_person_or_pharmacy_is_nobodys(house: House, tamper: Tamper, change: str):
    client = sign_in(Client(), house.owner)
    values = {"stranger": house.stranger.person_id, "elsewhere": house.elsewhere.id}
    tamper(f"UPDATE signin_session SET {change.format(**values)} WHERE person_id IS NOT NULL")

    assert client.get(reverse("home")).status_code == 302


def test_a_session_keeps_its_binding_when_its_cookie_changes(house: House):
    session = SessionStore(sign_in(Client(), house.owner).cookies[settings.SESSION_COOKIE_NAME].value)
    session.cycle_key()

    again = SessionStore(session.session_key)
    assert dict(again.items()) == dict(session.items())
    assert Session.objects.get(session_key=row_key(session.session_key)).person_id == house.owner.person_id
