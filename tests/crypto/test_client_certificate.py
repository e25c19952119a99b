"""Whom a program's certificate names: one pharmacy and one program of its subject, or nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from temoin.crypto.assertion import KeyRefusedError, read_public_key
from temoin.crypto.client_certificate import read_shown_certificate

PHARMACY, PROGRAM = "69cc9d2a-498d-401b-84b3-6afd63b287b6", "ec1f4762-224d-4019-a3db-1857e51f704d"
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(*names: tuple[x509.ObjectIdentifier, str], key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), 1, BEGIN, BEGIN + timedelta(days=9))
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


def test_the_subject_names_the_program_and_the_key_is_the_one_that_is_registered():
    der = certificate((NameOID.ORGANIZATION_NAME, PHARMACY), (NameOID.COMMON_NAME, PROGRAM))

    shown = read_shown_certificate(der)

    registered = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert (shown.client_id, shown.public_key) == (f"{PHARMACY}.{PROGRAM}", read_public_key(registered))
    assert shown.fingerprint == sha256(der).hexdigest()


@pytest.mark.parametrize(
    "names",
    [
        (),
        ((NameOID.COMMON_NAME, PROGRAM),),
        ((NameOID.ORGANIZATION_NAME, "Pharmacie"), (NameOID.COMMON_NAME, PROGRAM)),
        ((NameOID.ORGANIZATION_NAME, PHARMACY), (NameOID.COMMON_NAME, PROGRAM), (NameOID.COMMON_NAME, PHARMACY)),
    ],
    ids=range(4),
)
def test_a_subject_that_names_none_or_two_names_nobody(names: tuple[tuple[x509.ObjectIdentifier, str], ...]):
    assert read_shown_certificate(certificate(*names)).client_id == ""


def test_a_key_that_no_program_can_have_and_what_is_no_certificate_are_refused():
    of_no_version = certificate().replace(bytes.fromhex("a003020102"), bytes.fromhex("a00302015a"), 1)
    for der in (certificate(key=ec.generate_private_key(ec.SECP384R1())), of_no_version, b"junk"):
        with pytest.raises(KeyRefusedError):
            read_shown_certificate(der)
