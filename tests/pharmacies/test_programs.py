"""Adding and revoking programs, and which keys are taken."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import DatabaseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from people import House
from test_team import events

from temoin.crypto.assertion import KeyRefusedError, read_public_key
from temoin.journal.events import EventKind
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.pharmacies.actions import close_pharmacy, move_clock, reopen_pharmacy
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.programs import Scope, add_program, list_programs, revoke_program

KEY = ECKey.generate_key("P-256")
PEM = KEY.as_pem(private=False).decode()
READ = (Scope.TESTS_READ,)


def add(by, **changes) -> object:
    return add_program(by=by, **{"name": "LGO", "public_key": PEM, "scopes": READ, **changes})


def test_an_owner_adds_a_program_with_its_event(house: House):
    program_id = add(house.owner)

    (program,) = list_programs(by=house.owner)
    assert (program.id, program.name, program.scopes, program.is_active) == (program_id, "LGO", READ, True)
    assert program.client_id == f"{house.here.id}.{program_id}"
    assert list_programs(by=house.stranger) == []
    assert events(house.here.id, EventKind.PROGRAM_ADDED) == [(house.owner.member_id, program_id, "page", "tests:read")]


def test_nobody_hands_a_program_a_right_they_do_not_hold(house: House):
    for by in (house.colleague, house.administrator, Operator(house.here.id)):
        with pytest.raises(DeniedError):
            add(by)

    assert add(house.administrator, scopes=())


def test_a_program_is_revoked_once_by_its_own_managers(house: House):
    program_id = add(house.owner)

    with pytest.raises(DeniedError):
        revoke_program(by=house.colleague, program_id=program_id)
    for by, one in ((house.stranger, program_id), (house.owner, uuid4())):
        with pytest.raises(NotFoundError):
            revoke_program(by=by, program_id=one)
    revoke_program(by=house.administrator, program_id=program_id)
    with pytest.raises(ConflictError):
        revoke_program(by=house.owner, program_id=program_id)

    assert [one.is_active for one in list_programs(by=house.owner)] == [False]


def test_a_failure_in_the_middle_adds_and_revokes_nothing(house: House, stick: Callable[..., object]):
    program_id = add(house.owner)
    stick("INSERT", "journal_event", "true")

    with pytest.raises(DatabaseError, match="stuck"):
        add(house.owner, name="Autre")
    with pytest.raises(DatabaseError, match="stuck"):
        revoke_program(by=house.owner, program_id=program_id)

    assert [(one.name, one.is_active) for one in list_programs(by=house.owner)] == [("LGO", True)]


def test_a_closed_pharmacy_has_no_program(house: House):
    add(house.owner)

    close_pharmacy(by=Operator(house.here.id))

    assert [one.is_active for one in list_programs(by=Operator(house.here.id))] == [False]


@pytest.mark.parametrize(
    "whole", [close_pharmacy, reopen_pharmacy, lambda by: move_clock(by=by, time_zone="Asia/Tokyo")]
)
def test_only_the_operator_acts_on_a_whole_pharmacy(house: House, whole):
    with pytest.raises(DeniedError):
        whole(by=house.owner)


@pytest.mark.parametrize(("made", "kind"), [(ECKey, "P-256"), (OKPKey, "Ed25519"), (RSAKey, 2048), (RSAKey, 3072)])
def test_pem_and_jwk_give_the_same_key(made, kind):
    key = made.generate_key(kind)
    public = orjson.dumps(key.as_dict(private=False)).decode()

    assert read_public_key(public) == read_public_key(key.as_pem(private=False).decode())
    assert "kid" not in read_public_key(public)


@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-384"),
        ECKey.generate_key("secp256k1"),
        OKPKey.generate_key("X25519"),
        OKPKey.generate_key("Ed448"),
    ],
    ids=lambda key: key.curve_name,
)
def test_a_key_of_another_curve_is_refused(key):
    for text in (key.as_pem(private=False).decode(), orjson.dumps(key.as_dict(private=False)).decode()):
        with pytest.raises(KeyRefusedError):
            read_public_key(text)


@pytest.mark.parametrize("key", [KEY, OKPKey.generate_key("Ed25519"), OctKey.generate_key(256)])
def test_a_private_key_is_refused_and_said_so(house: House, key):
    texts = [orjson.dumps(key.as_dict(private=True)).decode()]
    texts += [] if isinstance(key, OctKey) else [key.as_pem(private=True).decode()]

    for text in texts:
        with pytest.raises(InvalidError, match="public_key:private"):
            add(house.owner, public_key=text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{",
        "{}",
        "[]",
        '{"kty": "EC"}',
        '{"kty": 1}',
        '{"kty": "RSA", "n": "AQ", "e": "AQAB"}',
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}',
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "é" * 20,
        "A" * 9000,
    ],
)
def test_what_is_no_key_is_refused(house: House, text: str):
    with pytest.raises(InvalidError, match="public_key:malformed"):
        add(house.owner, public_key=text)


def test_a_key_of_another_kind_is_refused():
    other = dsa.generate_private_key(key_size=1024).public_key()  # noqa: S505 it is refused for its kind

    with pytest.raises(KeyRefusedError):
        read_public_key(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


@pytest.mark.filterwarnings("ignore:Key size")  # the library warns; we refuse
def test_a_short_rsa_key_is_refused():
    short = {"kty": "RSA", "e": "AQAB", "n": RSAKey.generate_key(2048).as_dict(private=False)["n"][:171] + "w"}

    with pytest.raises(KeyRefusedError):
        read_public_key(orjson.dumps(short).decode())
