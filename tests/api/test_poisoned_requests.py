"""Every text that a program may send: what nobody can read, is too long or too deep is refused and kept nowhere."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from api_programs import KEY, ask_token, assertion
from django.test import Client
from joserfc.jws import JWSRegistry
from kept_texts import texts_of
from people import House

from temoin.api.guard import Open
from temoin.api.openapi import address_of
from temoin.api.urls import OPERATIONS
from temoin.api.views import FORM_FIELDS
from temoin.lib.lengths import LONGEST
from temoin.lib.text import is_clean

GUARDED = [one for one in OPERATIONS if one.asks is not Open.NOTHING]
POISON = "Zo\u202e\u0451\0\ufffd\u00c3\u00a9"
BAD = {"unreadable": POISON, "long": "a" * 9000, "half a letter": "a\ud800bcdefgh"}
CLAIMS = ("iss", "sub", "aud", "jti", "iat", "nbf", "exp")
HEAD = ("alg", "typ", "kid", "jwk", "crit")
DEEP = '{"a":' + "[" * 2400 + "]" * 2400 + "}"
CLOSED = {"invalid_client", "invalid_request", "invalid_scope", "unsupported_grant_type", "invalid_token"}
# What a program may leave out or say as it likes: it is read by nobody, and proves nothing.
UNREAD = {("form", "client_id"), ("head", "typ"), ("head", "kid")}


def is_refused(answer) -> bool:
    told = answer.json()
    if told.get("resourceType") == "OperationOutcome":
        told["error"] = told["issue"][0]["details"]["coding"][0]["code"]
    return answer.status_code in {400, 401} and told["error"] in CLOSED


def parts_of(signed: str) -> list[str]:
    return [urlsafe_b64encode(part.encode("utf-8", "surrogatepass")).decode().rstrip("=") for part in signed]


def signed(head: str, claims: str) -> str:
    """Any text as an assertion, signed by the program's own key."""
    body = ".".join(parts_of([head, claims]))
    signature = JWSRegistry.algorithms["ES256"].sign(body.encode(), KEY)
    return f"{body}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def with_head(program: str, name: str, text: str) -> str:
    claims = assertion(program).split(".")[1]
    head = json.dumps({"alg": "ES256", name: text})
    return signed(head, decoded(claims))


def decoded(part: str) -> str:
    return urlsafe_b64decode(part + "==").decode()


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", FORM_FIELDS)
def test_no_text_in_the_form_of_a_token_breaks_it(house: House, program: str, name: str, kind: str):
    text = BAD[kind].encode("utf-8", "replace").decode()

    answer = ask_token(assertion(program), **{name: text})

    assert answer.status_code == 200 if ("form", name) in UNREAD else is_refused(answer)
    assert unclean(house) == []


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", CLAIMS)
def test_no_text_in_a_claim_breaks_a_token_even_when_it_is_signed(house: House, program: str, name: str, kind: str):
    claims = json.loads(decoded(assertion(program).split(".")[1])) | {name: BAD[kind]}

    assert is_refused(ask_token(signed('{"alg":"ES256"}', json.dumps(claims))))
    assert unclean(house) == []


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", HEAD)
def test_no_text_in_the_head_of_an_assertion_breaks_it(house: House, program: str, name: str, kind: str):
    answer = ask_token(with_head(program, name, BAD[kind]))

    assert is_refused(answer) or (answer.status_code == 200 and ("head", name) in UNREAD and len(BAD[kind]) < 9000)
    assert unclean(house) == []


@pytest.mark.parametrize("parts", [(DEEP, "{}"), ('{"alg":"ES256"}', DEEP), ("[]", "[]"), ('{"alg":"ES256"}', "7")])
def test_what_is_too_deep_or_no_table_is_refused(program: str, parts: tuple[str, str]):
    named = program and signed(*parts)
    assert len(named) < LONGEST["Program.public_key"]
    assert is_refused(ask_token(named))


@pytest.mark.parametrize(
    "resource", [one for one in OPERATIONS if one.asks is not Open.NOTHING], ids=lambda one: one.name
)
@pytest.mark.parametrize("text", ["a" * 9000, "Zo\u0451", "%00", "\x00", "\ufffd"])
def test_no_text_as_a_token_breaks_a_resource(house: House, resource, text: str):
    ids = {"record_id": house.here.id, "patient_id": house.here.id, "number": 1}
    path = address_of(resource).format(**ids, kind="covid19-ag")
    headers = {"Authorization": f"Bearer {text}"}

    assert is_refused(Client().generic(resource.method, path, headers=headers))


def test_the_fields_tried_here_are_those_that_the_address_reads(program: str):
    read = Client().post("/api/token", {"grant_type": ["client_credentials"] * 2})

    assert (read.status_code, program.count(".")) == (400, 1)
    assert set(FORM_FIELDS) == {"grant_type", "client_assertion_type", "client_assertion", "scope", "client_id"}


def unclean(house: House) -> list[str]:
    """Return where a text of the pharmacy's rows stands that nobody could read."""
    return [place for place, text in texts_of(house.here.id) if not (is_clean(text) and len(text) < 8000)]
