"""Programs under test: their keys, and the assertions that they sign for real."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from temoin.api.views import ASSERTION_TYPE, token_address
from temoin.lib.clock import now
from temoin.pharmacies.programs import Scope, add_program
from temoin.pharmacies.seat import Seat

KEYS = {
    "ES256": ECKey.generate_key("P-256"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
    "PS256": RSAKey.generate_key(2048),
}
KEY = KEYS["ES256"]


def pem_of(key: Any) -> str:
    return key.as_pem(private=False).decode()


def client_id(by: Seat, program_id: UUID) -> str:
    return f"{by.pharmacy_id}.{program_id}"


def register(by: Seat, *, key: Any = KEY, scopes: tuple[Scope, ...] = (Scope.TESTS_READ,)) -> str:
    """Give a program access; return its client id."""
    program_id = add_program(by=by, name="Logiciel d'officine", public_key=pem_of(key), scopes=scopes)
    return client_id(by, program_id)


def assertion(issuer: str, *, key: Any = KEY, alg: str = "ES256", header: Any = None, **changes: Any) -> str:
    """Sign an assertion; `changes` replace claims, and None takes one away."""
    moment = int(now().timestamp())
    claims = {"iss": issuer, "sub": issuer, "aud": token_address(), "jti": str(uuid4()), "iat": moment}
    claims = {**claims, "exp": moment + 120, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": alg, **(header or {})}
    return jwt.encode(head, claims, key, registry=_Anything(head))


class _Anything(jwt.JWSRegistry):
    """Signs whatever a test asks for, forbidden things included."""

    def __init__(self, header: dict[str, Any]) -> None:
        super().__init__(algorithms=[header["alg"]], strict_check_header=False)

    def check_header(self, header: Any) -> None: ...


def ask_token(signed: str, client: Client | None = None, headers: dict[str, str] | None = None, **changes: str):
    """Post an assertion as a program does: no cookie, no form token."""
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    client = client or Client(enforce_csrf_checks=True)
    return client.post("/api/token", {**form, **changes}, headers=headers or {})


def post(path: str, token: str, body: Any = None, *, key: str | None = None, **headers: str):
    """Post JSON as a program does, under a key of its own where none is given."""
    head = {"Authorization": f"Bearer {token}", "Idempotency-Key": key if key is not None else uuid4().hex, **headers}
    text = body if isinstance(body, (str, bytes)) else json.dumps(body if body is not None else {})
    return Client().post(path, text, content_type="application/json", headers=head)


def get(path: str, token: str, **headers: str):
    return Client().get(path, headers={"Authorization": f"Bearer {token}", **headers})
