"""Tokens for assertions: what is taken, and every reason to refuse, all with one answer."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

import pytest
from api_programs import KEY, KEYS, ask_token, assertion, get, pem_of, register
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey
from people import House, at_once, open_house, sign_in, suspend
from strategies import examples

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import frozen_at, now, shifted_by
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import ProgramToken
from temoin.pharmacies.programs import add_program, list_programs, revoke_program

MINUTE = 60


def refused(answer) -> bool:
    return (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize("alg", KEYS)
def test_each_kind_of_key_gets_a_token(house: House, alg: str):
    program = register(house.owner, key=KEYS[alg])

    answer = ask_token(assertion(program, key=KEYS[alg], alg=alg))

    given = answer.json()
    assert (answer.status_code, given["token_type"], given["expires_in"]) == (200, "Bearer", 300)
    assert given["scope"] == "tests:read"
    assert answer["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert get("/api/v1/whoami", given["access_token"]).status_code == 200


def test_the_older_name_of_ed25519_is_read_too(house: House):
    program = register(house.owner, key=KEYS["Ed25519"])
    head, body, _ = assertion(program, key=KEYS["Ed25519"], alg="Ed25519").split(".")
    head = urlsafe_b64encode(json.dumps({"alg": "EdDSA", "typ": "JWT"}).encode()).decode().rstrip("=")
    signature = KEYS["Ed25519"].private_key.sign(f"{head}.{body}".encode())

    assert ask_token(f"{head}.{body}.{urlsafe_b64encode(signature).decode().rstrip('=')}").status_code == 200


def test_a_token_is_an_event_and_is_kept_as_a_hash(house: House, program: str, token: str):
    with tenant_scope(house.here.id):
        (event,) = Event.objects.filter(kind=EventKind.TOKEN_ISSUED.value)
        (row,) = ProgramToken.objects.all()

    assert (f"{event.pharmacy_id}.{event.actor_id}", event.profession, event.origin) == (program, "program", "api")
    assert urlsafe_b64decode(token) not in bytes(row.token_hash)
    assert len(row.token_hash) == 32


def test_on_ones_own_machine_either_name_of_the_address_is_the_audience(program: str):
    for address in ("http://localhost:8600/api/token", "http://127.0.0.1:8600/api/token"):
        assert ask_token(assertion(program, aud=address)).status_code == 200
        assert ask_token(assertion(program, aud=[address])).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "x"},
        {"iss": f"{UUID(int=1)}.{UUID(int=2)}"},
        {"sub": None},
        {"sub": "somebody"},
        {"aud": None},
        {"aud": "https://elsewhere.example/api/token"},
        {"aud": []},
        {"aud": "http://localhost:8601/api/token"},
        {"aud": ["http://localhost:8600/api/token", "http://127.0.0.1:8600/api/token"]},
        {"aud": ["http://127.0.0.1:8600/api/token", "https://elsewhere.example"]},
        {"jti": None},
        {"jti": ""},
        {"jti": "short"},
        {"jti": 12345678},
        {"jti": "x" * 129},
        {"jti": "with a space"},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e300},
        {"exp": True},
    ],
    ids=str,
)
def test_a_claim_that_is_not_as_it_must_be_is_refused(program: str, changes: dict):
    assert refused(ask_token(assertion(program, **changes)))


@pytest.mark.parametrize(
    ("claim", "seconds", "is_taken"),
    [
        ("exp", -1, False),
        ("exp", 0, False),
        ("exp", 1, True),
        ("exp", 5 * MINUTE, True),
        ("exp", 6 * MINUTE, False),
        ("exp", 3600, False),
        ("iat", 20, True),
        ("iat", 60, False),
        ("nbf", 20, True),
        ("nbf", 60, False),
        ("nbf", -3600, True),
    ],
)
def test_times_are_those_of_now(program: str, claim: str, seconds: int, is_taken: bool):
    with frozen_at(now()):
        answer = ask_token(assertion(program, **{claim: int(now().timestamp()) + seconds}))

    assert (answer.status_code == 200) is is_taken


def test_an_assertion_serves_once(house: House, program: str):
    signed = assertion(program)

    first, second = ask_token(signed), ask_token(signed)

    assert first.status_code == 200
    assert refused(second)
    assert get("/api/v1/whoami", first.json()["access_token"]).status_code == 200
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.TOKEN_ISSUED.value).count() == 1


def test_the_number_of_an_assertion_serves_once_whatever_else_it_says(program: str):
    ask_token(assertion(program, jti="numero-0001"))

    assert refused(ask_token(assertion(program, jti="numero-0001", iat=None)))


@pytest.mark.django_db(transaction=True)
def test_an_assertion_shown_twice_at_once_serves_once():
    signed = assertion(register(open_house().owner))

    found = at_once(*[lambda: ask_token(signed).status_code] * 4)

    assert sorted(found) == [200, 401, 401, 401]


def test_two_programs_may_use_the_same_number(house: House, program: str):
    other = register(house.stranger)

    assert [ask_token(assertion(one, jti="numero-0001")).status_code for one in (program, other)] == [200, 200]


def test_a_replay_is_known_for_longer_than_an_assertion_lives(house: House, program: str):
    ask_token(assertion(program, jti="numero-0001", exp=int(now().timestamp()) + 320))

    with shifted_by(timedelta(seconds=319)):
        ask_token(assertion(program))
        assert refused(ask_token(assertion(program, jti="numero-0001")))
    with shifted_by(timedelta(minutes=30)):
        ask_token(assertion(program))
        with tenant_scope(house.here.id):
            assert ProgramToken.objects.count() == 1  # the old ones were cleared away


def test_no_signature_but_the_keys_own_is_taken(program: str):
    assert refused(ask_token(assertion(program, key=ECKey.generate_key("P-256"))))
    assert refused(ask_token(assertion(program, key=KEYS["PS256"], alg="PS256")))
    assert refused(ask_token(assertion(program, key=KEYS["PS256"], alg="RS256")))


def test_a_public_key_is_no_shared_secret(program: str):
    secret = OctKey.import_key(KEY.as_dict(private=False)["x"].encode() * 2)
    for alg in ("HS256", "HS512"):
        assert refused(ask_token(assertion(program, key=secret, alg=alg)))


def test_an_unsigned_assertion_is_refused(program: str):
    body = assertion(program).split(".")[1]
    for alg in ("none", "None", "NONE", ""):
        head = urlsafe_b64encode(json.dumps({"alg": alg}).encode()).decode().rstrip("=")
        assert refused(ask_token(f"{head}.{body}."))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": KEY.as_dict(private=False)},
        {"jku": "https://mal.example/keys"},
        {"x5u": "https://mal.example/cert"},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"cty": "JWT"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_header_that_says_more_than_it_may_is_refused(program: str, header: dict):
    assert refused(ask_token(assertion(program, header=header)))


def test_a_kid_is_harmless(program: str):
    assert ask_token(assertion(program, header={"kid": "2026-11"})).status_code == 200


def test_another_pharmacys_program_has_not_this_key(house: House, program: str):
    elsewhere = register(house.stranger, key=KEYS["Ed25519"])

    assert refused(ask_token(assertion(elsewhere)))
    mixed = f"{elsewhere.split('.')[0]}.{program.split('.')[1]}"
    assert refused(ask_token(assertion(mixed)))


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=60), st.from_regex(r"[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]*")))
@pytest.mark.django_db
def test_whatever_is_no_assertion_is_refused(text: str):
    cache.clear()  # the failures of the examples before

    assert refused(ask_token(text))


def test_a_very_long_assertion_is_refused_unread(program: str):
    assert refused(ask_token(assertion(program, note="x" * 9000)))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"client_assertion_type": "secret"}, "invalid_request"),
        ({"scope": "tests:read results:sign"}, "invalid_scope"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
    ],
)
def test_a_request_that_is_none_is_told_its_code(program: str, changes: dict, code: str):
    answer = ask_token(assertion(program), **changes)

    assert (answer.status_code, answer.json()) == (400, {"error": code})


def test_less_than_all_scopes_may_be_asked(house: House):
    bare = register(house.owner, scopes=())
    full = register(house.owner)

    assert ask_token(assertion(bare)).json()["scope"] == ""
    assert ask_token(assertion(bare), scope="tests:read").json() == {"error": "invalid_scope"}
    assert ask_token(assertion(full), scope="tests:read").json()["scope"] == "tests:read"


def test_a_token_ends_after_five_minutes(token: str):
    with shifted_by(timedelta(minutes=5, seconds=1)):
        assert get("/api/v1/whoami", token).status_code == 401


def test_a_revocation_bites_at_the_next_request(house: House, program: str, token: str):
    assert get("/api/v1/whoami", token).status_code == 200

    revoke_program(by=house.owner, program_id=list_programs(by=house.owner)[0].id)

    assert get("/api/v1/whoami", token).status_code == 401
    assert refused(ask_token(assertion(program)))


def test_a_token_bound_to_a_certificate_opens_with_that_certificate_only(program: str, mutual_tls):
    assert refused(ask_token(assertion(program)))
    assert refused(ask_token(assertion(program), headers={"X-Client-Certificate": "not base64!"}))
    token = ask_token(assertion(program), headers=mutual_tls()).json()["access_token"]

    assert get("/api/v1/whoami", token, **mutual_tls()).status_code == 200
    assert get("/api/v1/whoami", token, **mutual_tls("MIIC")).status_code == 401
    assert get("/api/v1/whoami", token).status_code == 401


def test_a_certificate_is_the_same_in_both_ways_to_write_it(program: str, mutual_tls):
    token = ask_token(assertion(program), headers=mutual_tls("MIIB")).json()["access_token"]
    escaped = "-----BEGIN%20CERTIFICATE-----%0AMIIB%0A-----END%20CERTIFICATE-----%0A"

    assert get("/api/v1/whoami", token, **{"X-Client-Certificate": escaped}).status_code == 200


def test_nobody_but_the_proxy_vouches_for_a_certificate(program: str, mutual_tls):
    client = Client(REMOTE_ADDR="192.0.2.7")

    assert refused(ask_token(assertion(program), client, headers=mutual_tls()))


def test_a_token_from_before_certificates_is_worth_nothing(token: str, request: pytest.FixtureRequest):
    request.getfixturevalue("mutual_tls")  # after the token
    assert get("/api/v1/whoami", token, **{"X-Client-Certificate": ":MIIB:"}).status_code == 401


def test_without_the_setting_a_certificate_header_says_nothing(program: str):
    token = ask_token(assertion(program), headers={"X-Client-Certificate": ":MIIB:"}).json()["access_token"]

    assert get("/api/v1/whoami", token).status_code == 200


def test_a_persons_session_opens_nothing_here_and_a_token_no_page(house: House, token: str):
    person = sign_in(Client(), house.owner)

    assert person.get("/api/v1/whoami").status_code == 401
    assert Client().get("/team/", headers={"Authorization": f"Bearer {token}"}).status_code == 302


def test_a_program_name_and_scopes_are_needed_to_add_one(house: House):
    from temoin.lib.errors import InvalidError

    with pytest.raises(InvalidError, match="name:required"):
        add_program(by=house.owner, name="  ", public_key=pem_of(KEY), scopes=())


def test_a_program_whose_voucher_left_is_told_so_once_it_has_proved_its_key(house: House, program: str, token: str):
    suspend(house.owner)

    proved, unproved = ask_token(assertion(program)), ask_token(assertion(program, key=ECKey.generate_key("P-256")))
    used = get("/api/v1/whoami", token)

    assert (proved.status_code, proved.json()["error"]) == (400, "unauthorized_client")
    assert "vouch for it" in proved.json()["error_description"]
    assert refused(unproved)
    assert (used.status_code, used.json()["error"]) == (401, "invalid_token")
    assert used.json()["detail"] == proved.json()["error_description"]
    assert used["WWW-Authenticate"].startswith('Bearer error="invalid_token", error_description="')
