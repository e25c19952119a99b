"""Our certificates of results: judged by ourselves, and read by libraries that know nothing of us."""

from __future__ import annotations

import json
import re
import warnings
import zlib
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cda_reports import amended, of_kind
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fhir.resources.R4B.bundle import Bundle
from hcert_makers import AT, ISSUER
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from strategies import covid_positive, examples, reports

from temoin.catalogue.kinds import load_kinds
from temoin.crypto.certificate_key import CertificateKey
from temoin.crypto.signatures import public_jwk, thumbprint
from temoin.formats.hcert.base45 import decode_base45
from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.dcc_writing import State, eu_certificate
from temoin.formats.hcert.icao import load_transliteration
from temoin.formats.hcert.issuing import Issuance
from temoin.formats.hcert.judging import CertificateVerdict, judge_certificate
from temoin.formats.hcert.own_writing import own_certificate
from temoin.formats.hcert.smart import encode_base64url, write_digits
from temoin.formats.hcert.smart_writing import card_bundle, smart_card
from temoin.formats.hcert.trusted import KEY_ID, TrustedKey, published
from temoin.formats.hcert.uses import Use
from temoin.testing.report import Report, ReportStatus

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it names an exchange of keys that `cryptography` will drop
    from cwt import COSE, COSEKey

KEY = CertificateKey(bytes(range(32)))
NAME = thumbprint(KEY.public)
NUMBER = "AAECAwQFBgcICQoLDA0ODw"
ISSUE = Issuance(ISSUER, NUMBER, AT, AT + timedelta(days=30))
STATE = State("FR", "Ministère de la Santé", b"national")
STATES_KEY = CertificateKey(bytes(range(1, 33)))
KEYS = [
    published(KEY.public, ISSUER),
    TrustedKey(STATES_KEY.public, frozenset([b"national"]), "FR", frozenset([Use.TEST])),
]


def own(report: Report) -> str:
    return own_certificate(report, ISSUE, key_id=NAME[:KEY_ID], sign=KEY.sign_digest)


def eu(report: Report) -> str | None:
    return eu_certificate(report, ISSUE, state=STATE, sign=STATES_KEY.sign_digest)


def card(report: Report) -> str:
    return write_digits(smart_card(report, ISSUE, key_id=encode_base64url(NAME), sign=KEY.sign_digest))


def read_by_another(code: str, key: CertificateKey, name: bytes) -> dict[Any, Any]:
    """Return the claims of a code that other libraries have verified and read."""
    pem = key.public.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    raw = zlib.decompress(decode_base45(code.removeprefix("HC1:")))
    return cbor2.loads(COSE.new().decode(raw, COSEKey.from_pem(pem, kid=name)))


@examples(10)
@given(reports().filter(lambda report: report.status is not ReportStatus.CANCELLED))
def test_certificates_of_any_result_are_verified_by_others_and_valid_until_revoked(report: Report):
    claims = read_by_another(own(report), KEY, NAME[:KEY_ID])

    assert (claims[1], claims[6], claims[4]) == (ISSUER, int(AT.timestamp()), int(ISSUE.expires_at.timestamp()))
    assert claims[7] == NUMBER.encode()
    assert claims[-65_537]["found"] == [[each.target, each.outcome] for each in report.findings]
    Bundle(**card_bundle(report))
    for text in (own(report), card(report)):
        assert judge_certificate(text, KEYS, at=AT).verdict is CertificateVerdict.VALID
        revoked = judge_certificate(text, KEYS, at=AT, revoked=[mark_of(NUMBER.encode())])
        assert revoked.verdict is CertificateVerdict.REVOKED


def test_our_certificate_says_kind_finding_times_and_place():
    report = covid_positive()

    said = read_by_another(own(report), KEY, NAME[:KEY_ID])[-65_537]

    assert said == {
        "v": 1,
        "name": {
            "fn": report.patient.birth_family_name,
            "gn": report.patient.birth_given_names,
            "fnt": load_transliteration().fold(report.patient.birth_family_name),
            "gnt": load_transliteration().fold(report.patient.birth_given_names),
        },
        "dob": report.patient.birth_date.isoformat(),
        "kind": "covid19-ag",
        "found": [["sars-cov-2", "positive"]],
        "sampled": report.sampled_at.isoformat(timespec="seconds"),
        "signed": report.signed_at.isoformat(timespec="seconds"),
        "place": [report.organisation.name, report.organisation.finess],
    }


@pytest.mark.parametrize("write", [own, eu, card])
def test_a_cancelled_result_gets_no_certificate(write: Any):
    with pytest.raises(ValueError, match="cancelled"):
        write(amended(ReportStatus.CANCELLED))


def test_a_demonstration_is_marked():
    said = read_by_another(own(covid_positive(is_demo=True)), KEY, NAME[:KEY_ID])[-65_537]

    assert said["demo"] is True


def test_a_state_signs_a_hash_and_its_certificate_is_verified_by_others():
    code = eu(covid_positive())
    assert code is not None

    content = read_by_another(code, STATES_KEY, b"national")[-260][1]

    assert judge_certificate(code, KEYS, at=AT).verdict is CertificateVerdict.VALID
    assert content["ver"] == "1.3.0"
    assert content["t"] == [
        {
            "tg": "840539006",
            "tt": "LP217198-3",
            "tr": "260373001",
            "sc": covid_positive().sampled_at.isoformat(timespec="seconds"),
            "tc": covid_positive().organisation.name,
            "co": "FR",
            "is": "Ministère de la Santé",
            "ci": "URN:UVCI:01:FR:" + NUMBER.encode().hex().upper(),
        }
    ]


def test_no_code_of_a_state_for_two_diseases_or_no_answer():
    combined = of_kind(next(kind for kind in load_kinds().values() if len(kind.targets) > 1))
    unclear = replace(covid_positive().findings[0], outcome="indeterminate")

    assert eu(combined) is None
    assert eu(covid_positive(findings=(unclear,))) is None


def test_another_library_verifies_our_card():
    digits = card(covid_positive()).removeprefix("shc:/")
    text = "".join(chr(int(pair) + 45) for pair in re.findall("..", digits))

    packed_too = JWSRegistry(algorithms=["ES256"], strict_check_header=False)  # "zip" is of SMART Health Cards
    found = jws.deserialize_compact(text, ECKey.import_key(public_jwk(KEY.public)), registry=packed_too)

    assert found.headers() == {"zip": "DEF", "alg": "ES256", "kid": encode_base64url(NAME)}
    claims = json.loads(zlib.decompress(found.payload, -15))
    assert (claims["iss"], claims["nbf"]) == (ISSUER, int(AT.timestamp()))
    assert claims["vc"]["type"] == [
        f"https://smarthealth.cards#{name}" for name in ("health-card", "laboratory", "covid19")
    ]
    assert b64decode(claims["vc"]["rid"] + "=", altchars=b"-_") == mark_of(NUMBER.encode())
    assert claims["vc"]["credentialSubject"] == {"fhirVersion": "4.0.1", "fhirBundle": card_bundle(covid_positive())}


def names_within(value: Any) -> set[str]:
    """Return the names of all elements at any depth."""
    if isinstance(value, list):
        return set().union(*map(names_within, value))
    return set(value).union(*map(names_within, value.values())) if isinstance(value, dict) else set()


@examples(10)
@given(reports().filter(lambda report: report.status is not ReportStatus.CANCELLED))
def test_a_card_of_any_result_holds_nothing_that_a_code_must_not(report: Report):
    bundle = card_bundle(report)

    assert names_within(bundle).isdisjoint({"id", "text"})
    assert [each["fullUrl"] for each in bundle["entry"]] == [f"resource:{at}" for at in range(len(bundle["entry"]))]
    for entry in bundle["entry"][1:]:
        told = entry["resource"]
        assert told["subject"] == {"reference": "resource:0"}
        assert "display" not in names_within([told["code"], told["valueCodeableConcept"]])
        assert set(told.get("meta", {})) <= {"security"}


def test_a_card_of_a_demonstration_is_marked():
    bundle = card_bundle(covid_positive(is_demo=True))

    assert [entry["resource"]["meta"]["security"][0]["code"] for entry in bundle["entry"]] == ["HTEST", "HTEST"]


def test_a_corrected_result_says_so_in_its_card():
    bundle = card_bundle(amended(ReportStatus.CORRECTED))

    assert [entry["resource"].get("status") for entry in bundle["entry"]] == [None, "corrected"]


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Lefèvre", "LEFEVRE"),
        ("Musterfrau-Gößinger", "MUSTERFRAU<GOESSINGER"),
        ("D’Arsøns - van Halen", "DARSOENS<VAN<HALEN"),
        ("François-Joan", "FRANCOIS<JOAN"),
        ("Ångström", "AANGSTROEM"),
        ("Łukasz Żółć", "LUKASZ<ZOLC"),
        ("Đặng Nhật", "DANG<NHAT"),
        ("Şenol ığdır", "SENOL<IGDIR"),
        ("Щербаков", "SHCHERBAKOV"),
        ("Юлія", "IULIIA"),
        ("Þór Æsir", "THOR<AESIR"),
        ("Mu\u0308ller", "MUELLER"),
        ("Œuvrard", "OEUVRARD"),
        ("--Jean--", "JEAN"),
        ("😀", ""),
        ("A" * 90, "A" * 80),
    ],
)
def test_names_are_spelt_as_in_passports(name: str, folded: str):
    assert load_transliteration().fold(name) == folded


@given(st.text())
def test_any_name_becomes_letters_and_fillers(name: str):
    assert re.fullmatch("([A-Z]+(<[A-Z]+)*)?", load_transliteration().fold(name))
