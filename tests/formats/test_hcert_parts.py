"""The parts of certificates against others' implementations: CBOR, COSE, base 45, keys and times."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hcert_makers import NOW, claims_of, cose, signer
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from temoin.crypto.certificate_key import CertificateKey, CertificateKeyError, read_certificate_key
from temoin.crypto.signatures import (
    PublicKeyError,
    SignatureName,
    public_jwk,
    read_certified_key,
    read_public_jwk,
    thumbprint,
)
from temoin.formats.hcert.base45 import decode_base45, encode_base45
from temoin.formats.hcert.cbor import Tagged, plain, read_cbor, write_cbor
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.hc1 import write_hc1
from temoin.formats.hcert.judging import take_apart
from temoin.formats.hcert.smart import encode_base64url, read_json
from temoin.formats.hcert.trusted import certified
from temoin.formats.hcert.uses import Use

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it names an exchange of keys that `cryptography` will drop
    from cwt import COSE, COSEKey

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.integers(-(2**64), 2**64 - 1), st.text(), st.binary(), st.booleans()),
    lambda inner: st.lists(inner) | st.dictionaries(st.integers(-300, 300) | st.text(), inner),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_another_reader_reads(value: Any):
    assert cbor2.loads(write_cbor(value)) == value
    assert read_cbor(write_cbor(value)) == value


@given(VALUES | st.floats(allow_nan=False) | st.none())
def test_what_another_writer_wrote_is_read(value: Any):
    assert read_cbor(cbor2.dumps(value)) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("9f0102ff", [1, 2]),
        ("bf6161f5ff", {"a": True}),
        ("7f61616162ff", "ab"),
        ("5f4101ff", b"\x01"),
        ("f93e00", 1.5),
        ("fa3fc00000", 1.5),
        ("f7", None),
        ("c11a60903a20", Tagged(1, 1620064800)),
        ("1800", 0),  # longer than it need be: foreign writers do
    ],
)
def test_other_forms_of_values_are_read(raw: str, value: Any):
    assert read_cbor(bytes.fromhex(raw)) == value


@pytest.mark.parametrize(
    "raw",
    [
        "", "01" * 2, "18", "1c", "1f", "dfff", "ff", "81ff", "a1ff", "a101ff", "bf01ff", "c1ff", "5f01ff", "5f5fff",
        "7f4161ff", "61ff", "f8ff", "fc", "5bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff",
        "a201020103", "a14101", "a1f501", "a18001", "81" * 40 + "01", "9f" * 40, "c1" * 40 + "01", "4201",
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(raw: str):
    with pytest.raises(NotACertificateError):
        read_cbor(bytes.fromhex(raw))


@given(st.binary())
def test_reading_any_bytes_raises_nothing_else(raw: bytes):
    try:
        read_cbor(raw)
    except NotACertificateError:
        return


def test_a_value_without_its_tags_is_plain():
    assert plain({1: [Tagged(0, "today"), Tagged(61, Tagged(18, b""))]}) == {1: ["today", b""]}


def test_only_what_certificates_hold_is_written():
    with pytest.raises(TypeError):
        write_cbor(1.5)


@pytest.mark.parametrize(
    ("raw", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"", "")]
)
def test_base45_is_that_of_its_rfc(raw: bytes, text: str):
    assert encode_base45(raw) == text
    assert decode_base45(text) == raw


@given(st.binary())
def test_base45_comes_back(raw: bytes):
    assert decode_base45(encode_base45(raw)) == raw


@pytest.mark.parametrize("text", ["A", "GGW", ":::", "::", "BB8a", "BB8É"])
def test_what_is_no_base45_is_refused(text: str):
    with pytest.raises(NotACertificateError):
        decode_base45(text)


def test_another_library_verifies_our_message():
    by = signer()
    payload = write_cbor(claims_of())
    pem = by.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    found = COSE.new().decode(cose(by, payload, key_id=b"eu"), COSEKey.from_pem(pem, kid=b"eu"))

    assert found == payload


def test_keys_are_read_and_named_as_another_library_does():
    theirs = ECKey.generate_key("P-256", private=False)
    key = read_public_jwk(theirs.as_dict())
    rsa = RSAKey.generate_key(2048, private=False)

    assert {**public_jwk(key), "kid": ""} == {**theirs.as_dict(), "kid": ""}
    assert encode_base64url(thumbprint(key)) == theirs.thumbprint()
    assert not read_public_jwk(rsa.as_dict()).verifies(SignatureName.ES256, b"", b"")


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"kty": "oct"},
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-384"},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-256", "x": 7, "y": "AQ"},
        {"kty": "RSA", "n": "AQ", "e": "AQAB"},
        {"kty": "RSA", "n": "é", "e": "AQAB"},
    ],
)
def test_what_is_no_key_is_refused(parts: dict[str, object]):
    with pytest.raises(PublicKeyError):
        read_public_jwk(parts)


@pytest.mark.parametrize("kind", ["EC-384", "RSA-1024"])
def test_other_keys_are_refused(kind: str):
    with pytest.raises(PublicKeyError):
        certified(signer(kind).certificate)


def test_what_is_no_certificate_of_a_key_is_refused():
    with pytest.raises(PublicKeyError):
        read_certified_key(b"\x30\x03\x02\x01\x01")


def test_a_certificate_of_a_version_that_nobody_knows_is_refused():
    version, unknown = bytes.fromhex("a003020102"), bytes.fromhex("a00302015a")

    with pytest.raises(PublicKeyError):
        read_certified_key(signer().certificate.replace(version, unknown, 1))


def test_a_key_of_rsa_has_no_coordinates():
    with pytest.raises(PublicKeyError):
        public_jwk(signer("RSA").public)


def test_a_certificate_names_what_its_key_is_for():
    found = read_certified_key(signer("EC", "test").certificate)

    assert certified(signer("EC", "test").certificate).uses == {Use.TEST}
    assert certified(signer().certificate).uses == set(Use)
    assert found.not_before == datetime.fromtimestamp(NOW, UTC)


def test_a_written_code_is_read_back():
    key = CertificateKey(bytes(31) + b"\x07")
    code = write_hc1(key_id=b"eu", payload=b"\xa0", sign=key.sign_digest)

    signed = take_apart(code)

    assert (signed.key_id, signed.payload) == (b"eu", b"\xa0")
    assert key.public.verifies(SignatureName.ES256, signed.message, signed.signature)


def test_what_is_not_json_is_refused():
    with pytest.raises(NotACertificateError):
        read_json(b"{")


def test_the_key_is_a_file_of_thirty_two_bytes_that_nobody_else_may_read(tmp_path):
    path = tmp_path / "certificates.key"
    refused = []
    for content, mode in ((b"", 0o600), (bytes(31), 0o600), (bytes(32), 0o640)):
        path.write_bytes(content)
        path.chmod(mode)
        with pytest.raises(CertificateKeyError) as told:
            read_certificate_key(path)
        refused.append(str(told.value))
    path.unlink()
    with pytest.raises(CertificateKeyError, match="missing"):
        read_certificate_key(path)

    assert ["32 bytes" in words for words in refused] == [True, True, False]


def test_any_thirty_two_bytes_are_a_key(tmp_path):
    path = tmp_path / "certificates.key"
    path.write_bytes(b"\xff" * 32)
    path.chmod(0o600)

    assert len(read_certificate_key(path).sign_digest(bytes(32))) == 64
